import { ConfigurationLayout, HazelcastLogLevelName } from './node-model';
import { FileEdits } from './plan';

/** log4j has no FINE and FINEST; these are the levels that Hazelcast's log4j logger maps them to. */
const LOG4J: Readonly<Record<HazelcastLogLevelName, string>> = { WARNING: 'WARN', INFO: 'INFO', FINE: 'DEBUG', FINEST: 'TRACE' };

/** The level of com.hazelcast, in every place that one of its loggers asks. */
export function hazelcastLogging(layout: ConfigurationLayout, level: HazelcastLogLevelName | undefined): FileEdits[] {
  if (level === undefined) return [];
  // Until log4j is up, and where hazelcast.properties is overridden, Hazelcast logs through java.util.logging.
  const bridge = { file: `${layout.folder}/etc/logging-bridge.properties`, edits: [{ property: 'com.hazelcast.level', value: level }] };
  return [log4j(layout, LOG4J[level]), bridge];
}

function log4j(layout: ConfigurationLayout, level: string): FileEdits {
  if (layout.log4j === 1) return { file: `${layout.folder}/log4j.properties`, edits: [{ property: 'log4j.logger.com.hazelcast', value: level }] };
  return {
    file: `${layout.folder}/log4j2.properties`,
    edits: [
      { property: 'logger.com-hazelcast.name', value: 'com.hazelcast' },
      { property: 'logger.com-hazelcast.level', value: level },
    ],
  };
}

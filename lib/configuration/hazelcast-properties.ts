import { ConfigurationLayout } from './node-model';
import { FileEdits } from './plan';

/** hazelcast.properties, which most products do not ship and every kernel reads. */
export function hazelcastProperties(layout: ConfigurationLayout, properties: Readonly<Record<string, string>> | undefined): FileEdits {
  return {
    file: `${layout.folder}/hazelcast.properties`,
    edits: Object.entries(properties ?? {}).map(([property, value]) => ({ property, value })),
  };
}

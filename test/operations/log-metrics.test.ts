/** The metric filters of a synthesized cluster, fed with what servers and boots really log. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { gateway, testStack } from '../gateway';
import { REHEARSAL_FOLDER } from '../places';
import { matcher } from './filter-pattern';

const stack = testStack();
gateway(stack);
const FILTERS = Object.fromEntries(Object.values(Template.fromStack(stack).findResources('AWS::Logs::MetricFilter'))
  .map(each => [each.Properties.MetricTransformations[0].MetricName, { matches: matcher(each.Properties.FilterPattern), group: each.Properties.LogGroupName.Ref }]));

function counted(name: string, lines: readonly string[]): number {
  return lines.filter(FILTERS[name].matches).length;
}

/** Layouts of log4j.properties of kernel 4.4, of Enterprise Integrator 6, and of log4j2.properties; see node_logs.py. */
const LAYOUTS: Readonly<Record<string, (level: string, logger: string, message: string) => string>> = {
  'kernel 4.4': (level, logger, message) => `TID: [-1234] [] [2026-11-26 00:53:58,112] ${level.padStart(5)} {${logger}} -  ${message} {${logger}}`,
  'Enterprise Integrator 6': (level, logger, message) => `[2026-11-26 00:53:58,112] [-1234] [] [main] ${level.padStart(5)} {${logger}} -  ${message}`,
  'kernel 4.5 and later': (level, logger, message) => `TID: [-1234] [api] [2026-11-26 00:53:58,112] [] ${level.padStart(5)} {${logger}} - ${message}`,
};

describe.each(Object.entries(LAYOUTS))('the layout of %s', (_, line) => {
  const AGENT = 'org.wso2.carbon.core.clustering.hazelcast.HazelcastClusteringAgent';
  const lines = [
    line('INFO', AGENT, 'Elected this member [72d863b9-76f2-4d65-93ab-3a3716ac1546] as the Coordinator node'),
    line('INFO', AGENT, 'Cluster initialization completed'),
    line('INFO', 'org.wso2.carbon.hazelcast.wka.WKABasedMembershipScheme', 'Member joined [0fa9fd7e-4692-413f-a475-0414541ec5e2]: /10.0.192.4:4000'),
    line('INFO', 'org.wso2.carbon.hazelcast.wka.WKABasedMembershipScheme', 'Member left [0fa9fd7e-4692-413f-a475-0414541ec5e2]: /10.0.192.4:4000'),
    line('ERROR', 'org.wso2.x.Y', 'java.lang.IllegalStateException\n\tat org.wso2.x.Y.z(Y.java:1)'),
    line('FATAL', 'org.wso2.x.Y', 'the end'),
    line('INFO', 'org.wso2.x.Y', 'the word ERROR, a Member that joined, and the Coordinator node'),
    line('WARN', 'org.wso2.x.Y', 'ERRORS {0}'),
  ];

  test.each([['MemberJoined', 1], ['MemberLeft', 1], ['CoordinatorElected', 1], ['Errors', 2]])('%s is counted %i times', (name, times) => {
    expect(counted(name, lines)).toBe(times);
  });
});

test('a boot that failed is counted once, one that did not is not', () => {
  const log = (message: string): string => `2026-11-26T00:56:52Z carbon-cluster ${message}`;
  expect(counted('FailedBoots', [
    log('phase databases begins'), log('phase databases failed: An error occurred (ResourceNotFoundException)'),
    log('signalled FAILURE as i-7311b6264a5c4621a:databases:ResourceNotFoundException'),
  ])).toBe(1);
  expect(counted('FailedBoots', [log('phase health ends after 0.1 s'), log('signalled SUCCESS as i-1'), log('the stack took no signal: no')])).toBe(0);
});

test('lines of servers and of boots are in groups of their own', () => {
  for (const name of ['MemberJoined', 'MemberLeft', 'CoordinatorElected', 'Errors']) expect(FILTERS[name].group).toMatch(/CarbonLog/);
  expect(FILTERS.FailedBoots.group).toMatch(/BootLog/);
});

test('patterns that are not quoted are none that this test understands', () => {
  for (const pattern of ['Member joined [', '?"a" "b"', '{ $.a = 1 }', '']) expect(() => matcher(pattern)).toThrow('is no pattern of quoted terms');
});

/** Of each rehearsal whose logs are still there; `rehearse:all` keeps them. */
const REHEARSALS = existsSync(REHEARSAL_FOLDER) ? readdirSync(REHEARSAL_FOLDER).filter(each => each.startsWith('logs')).sort() : [];
const CARBON = 'opt-wso2-carbon-repository-logs-wso2carbon.log';
const BOOT = 'var-log-carbon-cluster-boot.log';

function logsOf(rehearsal: string, file: string): string[][] {
  const folder = join(REHEARSAL_FOLDER, rehearsal);
  return readdirSync(folder).map(node => join(folder, node, file)).filter(existsSync).map(each => readFileSync(each, 'utf8').split('\n'));
}

(REHEARSALS.length > 0 ? describe : describe.skip)('the logs of rehearsals', () => {
  test.each(REHEARSALS.length > 0 ? REHEARSALS : ['none'])('%s: counts equal what happened', rehearsal => {
    const servers = logsOf(rehearsal, CARBON);
    for (const lines of servers) {
      const started = lines.filter(each => /HazelcastClusteringAgent\} - {1,2}Cluster initialization completed/.test(each)).length;
      const others = lines.filter(each => /MembershipScheme\} - {1,2}Member joined \[[0-9a-f-]+\]: \//.test(each)).length;
      const gone = lines.filter(each => /MembershipScheme\} - {1,2}Member left \[[0-9a-f-]+\]: \//.test(each)).length;
      expect([counted('MemberJoined', lines), counted('MemberLeft', lines)]).toEqual([others, gone]);
      expect(counted('CoordinatorElected', lines)).toBeLessThanOrEqual(started + gone);
    }
    for (const lines of logsOf(rehearsal, BOOT)) {
      expect(counted('FailedBoots', lines)).toBe(lines.some(each => /signalled FAILURE as /.test(each)) ? 1 : 0);
    }
  });
});

if (REHEARSALS.length === 0) console.warn('the metric filters are not fed with logs of a rehearsal: none is in .local/rehearsal');

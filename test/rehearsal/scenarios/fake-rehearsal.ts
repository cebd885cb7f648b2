/** A rehearsal that says what a test has it say, and a scenario's end without the minutes that it waits. */
import { Ledger } from '../authorization/ledger';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { Scenario, ScenarioContext } from './scenario';

export const GOOD_LOAD = { requests: 100, statuses: { 200: 100 }, failures: [], longestStallSeconds: 0.1, slowestSeconds: 0.1 };
export const BAD_LOAD = { ...GOOD_LOAD, statuses: { 200: 99, 503: 1 } };
export const THREE = ['S/Gateway/Manager', 'S/Gateway/Workers', 'S/Gateway/Workers'];

export type Answer = (options: Record<string, any>) => unknown;
export interface Given {
  readonly names: readonly string[];
  /** Addresses of nodes, by node. */
  readonly at?: Readonly<Record<string, string>>;
  /** Addresses that nodes keep, by node; the others are known by their own. */
  readonly keep?: Readonly<Record<string, string>>;
  readonly members?: (node: RehearsedNode, all: readonly RehearsedNode[]) => readonly RehearsedNode[];
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly phases?: (node: RehearsedNode, minutes: number) => RehearsedNode['phases'];
  readonly events?: readonly object[];
  readonly judged?: Partial<Ledger>;
  /** What a deployment makes of the nodes. */
  readonly update?: (nodes: Map<string, RehearsedNode>) => void;
}

const DONE = { pack: 1, databases: 2, configuration: 3, start: 4, join: 5, health: 6, 'in service': 7 };

export function fakeRehearsal(given: Given): Rehearsal {
  const nodes = new Map<string, RehearsedNode>();
  given.names.forEach((name, index) => nodes.set(`i-${index}`, {
    id: `i-${index}`, name, privateIp: given.at?.[`i-${index}`] ?? `10.0.0.${index + 1}`, memberIp: given.keep?.[`i-${index}`] ?? given.at?.[`i-${index}`] ?? `10.0.0.${index + 1}`, loadBalancer: name.endsWith('/LoadBalancer/Instances'), domain: name.split('/')[1], phases: DONE, lastLines: [], bootedAt: 1,
  }));
  const all = (): RehearsedNode[] => [...nodes.values()];
  const sameDomain = (node: RehearsedNode): RehearsedNode[] => all().filter(each => each.domain === node.domain);
  const answers: Record<string, Answer> = {
    'wait-healthy': () => [{ instance: 'i-0', state: 'healthy', targetGroup: 'arn:G/1' }],
    health: () => all().map(each => ({ instance: each.id, state: 'healthy' })),
    request: () => ({ status: 200, instance: 'i-1' }),
    summary: () => ({ awsCalls: [], blocked: [], strayed: [] }),
    exec: () => ({ code: 0, stdout: '0\n' }),
    read: () => 'phase prepare begins\nStarting WSO2 Carbon\nStarting WSO2 Carbon\n',
    load: ({ seconds }) => later(seconds, GOOD_LOAD),
    ...given.answers,
  };
  return {
    nodes, emulator: { region: 'us-east-1' }, standIn: true, internal: false, times: {}, targetGroups: [], update: async () => given.update?.(nodes), events: given.events ?? [],
    command: async (name: string, options: Record<string, any> = {}) => answers[name]?.(options),
    callPreparation: async () => ({ user: 'user' }),
    authorizations: async () => ({ principals: [], problems: [], checks: [], documents: {}, granted: [], ...given.judged }),
    memberships: async () => new Map(all().map(each => [each.id, (given.members?.(each, all()) ?? sameDomain(each)).map(one => `${one.memberIp}:5701`)])),
    settled: async () => { for (const each of all()) Object.assign(each.phases, DONE); },
    close: async () => {},
  } as unknown as Rehearsal;
}

/** How it ends, without waiting for the minutes it waits. */
export async function outcome(scenario: Scenario, rehearsal: Rehearsal): Promise<string> {
  jest.useFakeTimers();
  const context = new ScenarioContext(scenario.name, () => {}, 3);
  context.start = async () => rehearsal;
  const ended = scenario.run(context).then(() => 'passed', error => (error as Error).message);
  await jest.advanceTimersByTimeAsync(3_600_000);
  jest.useRealTimers();
  return ended;
}

/** Every node is another instance afterwards. */
export function replaceEach(nodes: Map<string, RehearsedNode>): void {
  for (const [id, node] of [...nodes]) {
    nodes.delete(id);
    nodes.set(`${id}-2`, { ...node, id: `${id}-2` });
  }
}

export function later<T>(seconds: number, value: T): Promise<T> {
  return new Promise(resolve => { setTimeout(() => resolve(value), seconds * 1000); });
}

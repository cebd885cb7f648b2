import { urlTo } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, askedFrom, carbonLog, count, nodesOf, oneCluster, workersOf } from './checks';
import { label, must, pause, Scenario, ScenarioContext, until } from './scenario';
import { loadText, underLoad } from './steady-load';

/** One for each line of Hazelcast, and what its properties call the logging that the scenario reads. */
const PRODUCTS: readonly (readonly [string, string, string])[] = [
  ['3.5', 'wso2as-5.3.0', 'log4j'], ['3.12', 'wso2is-5.11.0', 'log4j2'], ['4.2', 'wso2am-4.2.0', 'log4j2'], ['5.3', 'wso2is-7.1.0', 'log4j2'],
];
/**
 * The kernel sets 600 s without heartbeats, and looks for a cluster to merge with after 60 s and every 30 s (carbon-kernel, `setHazelcastProperties`). Lines of
 * hazelcast.properties replace that in the product as they do here.
 */
const SHORTENED: Readonly<Record<string, string>> = {
  'hazelcast.shutdownhook.enabled': 'false',
  'hazelcast.heartbeat.interval.seconds': '1', 'hazelcast.max.no.heartbeat.seconds': '8',
  'hazelcast.master.confirmation.interval.seconds': '2', 'hazelcast.max.no.master.confirmation.seconds': '12',
  'hazelcast.merge.first.run.delay.seconds': '5', 'hazelcast.merge.next.run.delay.seconds': '5',
};
const SPLIT_SECONDS = 90;
const MERGE_SECONDS = 150;
const MERGING_SECONDS = 20;
const STARTS = 'Starting WSO2 Carbon';

type Entries = Readonly<Record<string, string>>;

/** The network between the members fails for longer than heartbeats allow, and comes back. */
export const partitioned: Scenario = {
  name: 'partitioned', ci: false, about: 'members that are separated under load are two clusters, and one again afterwards; what a cache keeps is looked at',
  async run(context) {
    for (const [hazelcast, product, logging] of PRODUCTS) {
      const rehearsal = await context.start({
        app: 'test/rehearsal/scenarios/product.app.ts',
        context: { product, nodes: '3', hazelcast: JSON.stringify({ ...SHORTENED, 'hazelcast.logging.type': logging }) },
      });
      try {
        await allServing(rehearsal);
        await separated(context, rehearsal, hazelcast);
      } finally {
        await rehearsal.close();
      }
    }
  },
};

export async function separated(context: ScenarioContext, rehearsal: Rehearsal, hazelcast: string): Promise<void> {
  const workers = workersOf(rehearsal);
  const [manager] = nodesOf(rehearsal).filter(each => !workers.includes(each));
  const starts = await startsOf(rehearsal);
  await put(rehearsal, manager, 'before', 'everybody');
  must((await entries(rehearsal, workers[0])).before === 'everybody', 'what the manager puts into the cache is not seen by a worker, so nothing would be shown');
  const load = await underLoad(rehearsal, urlTo(rehearsal, workers[0].id), askedFrom(rehearsal, workers[0]), async () => {
    await rehearsal.command('separate', { sides: [[manager.id], workers.map(each => each.id)] });
    const split = await Promise.all([oneCluster(rehearsal, [manager], SPLIT_SECONDS), oneCluster(rehearsal, workers, SPLIT_SECONDS)]);
    await put(rehearsal, manager, 'of the manager', 'its own');
    await put(rehearsal, workers[0], 'of the workers', 'their own');
    await put(rehearsal, manager, 'of both', 'the manager\'s');
    await put(rehearsal, workers[0], 'of both', 'the workers\'');
    await rehearsal.command('separate', { sides: [] });
    const merged = await oneCluster(rehearsal, nodesOf(rehearsal), MERGE_SECONDS);
    context.show(`Hazelcast ${hazelcast}: two clusters ${Math.max(...split).toFixed(0)} s after members were separated, one again ${merged.toFixed(0)} s after they were joined`);
  });
  await keptTheSame(context, rehearsal, hazelcast);
  const restarted = (await startsOf(rehearsal)).filter((each, index) => each !== starts[index]).length;
  context.show(`Hazelcast ${hazelcast}: ${restarted} servers started anew; under load ${loadText(load)} ${JSON.stringify(load.statuses)}`);
  must(load.failed === 0, `${load.failed} of ${load.requests} requests failed, though no server had left its load balancer: ${JSON.stringify(load.statuses)}`);
}

/** All members have the same entries, and lost none of the larger side's. */
async function keptTheSame(context: ScenarioContext, rehearsal: Rehearsal, hazelcast: string): Promise<void> {
  // A member is back at once, and its entries are sent after it.
  await pause(MERGING_SECONDS);
  let seen: Entries[] = [];
  await until('the members do not have the same entries of the cache', 30, async () => {
    seen = await Promise.all(nodesOf(rehearsal).map(each => entries(rehearsal, each)));
    return new Set(seen.map(each => JSON.stringify(each))).size === 1;
  });
  const [kept] = seen;
  context.show(`Hazelcast ${hazelcast}: the cache has ${JSON.stringify(kept)}`);
  must(kept['of the workers'] === 'their own', `what the larger side put into the cache is gone: ${JSON.stringify(kept)}`);
  must(kept.before === 'everybody', `what was in the cache before is gone: ${JSON.stringify(kept)}`);
}

async function startsOf(rehearsal: Rehearsal): Promise<number[]> {
  return Promise.all(nodesOf(rehearsal).map(async each => count(await carbonLog(rehearsal, each), STARTS)));
}

function put(rehearsal: Rehearsal, node: RehearsedNode, key: string, value: string): Promise<Entries> {
  return entries(rehearsal, node, `?${new URLSearchParams({ key, value })}`);
}

/** Of the node itself, at the console's port: no load balancer chooses another one. */
async function entries(rehearsal: Rehearsal, node: RehearsedNode, query = ''): Promise<Entries> {
  const { stdout } = await rehearsal.command('exec', { node: node.id, argv: ['curl', '-sk', '--max-time', '20', `https://localhost:9443/stand-in/cache${query}`] });
  must(stdout.startsWith('{'), `${label(node)} does not tell what is in the cache: ${stdout.slice(0, 200)}`);
  return JSON.parse(stdout);
}

import { urlTo } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, carbonLog, count, nodesOf, oneCluster, reportPasses, targetState, workersOf } from './checks';
import { databaseOf } from './sql-client';
import { label, must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';
import { loadText, underLoad } from './steady-load';

const STARTS = 'Starting WSO2 Carbon';
const CRASH = 'pkill -KILL -u wso2carbon java';
/** Servers serve on from what they hold, before one of them crashes. */
const BEFORE_CRASH_SECONDS = 10;

/** A server that crashes while nothing of AWS answers starts again from what its node knew last. */
export const awsAway: Scenario = {
  name: 'aws-away', ci: false, about: 'no service of AWS answers and the name of the database does not resolve: servers serve on, and one that crashes is a member again',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/rolling.app.ts' });
    await allServing(rehearsal);
    const nodes = nodesOf(rehearsal);
    const [victim] = workersOf(rehearsal);
    const { endpoint } = await databaseOf(rehearsal);
    const before = await starts(rehearsal, nodes);

    await rehearsal.command('link', { aws: true, up: false });
    await rehearsal.command('resolve', { name: endpoint, known: false });
    const began = Date.now();
    const left = (): number => context.minutes * 60 - (Date.now() - began) / 1000;
    await isAway(rehearsal, victim, endpoint);
    context.step(`AWS is away for ${context.minutes} minutes`);
    let back = 0;
    const load = await underLoad(rehearsal, urlTo(rehearsal, victim.id), {}, async () => {
      await pause(BEFORE_CRASH_SECONDS);
      back = await crash(context.step.bind(context), rehearsal, victim, nodes, left());
      await pause(Math.max(0, left()));
    });
    context.show(`a server that crashed was a member and a healthy target again ${back.toFixed(0)} s later, while AWS was away for ${context.minutes} minutes; ${loadText(load)}`);

    await rehearsal.command('resolve', { name: endpoint, known: true });
    await rehearsal.command('link', { aws: true, up: true });
    const expected = before.map((each, index) => each + (nodes[index] === victim ? 1 : 0));
    must(String(await starts(rehearsal, nodes)) === String(expected), `servers were started ${await starts(rehearsal, nodes)} times instead of ${expected}`);
    await oneCluster(rehearsal, nodes);
    await reportPasses(rehearsal);
  },
};

/** Or nothing would be shown. */
async function isAway(rehearsal: Rehearsal, node: RehearsedNode, endpoint: string): Promise<void> {
  const asked = (script: string): Promise<{ code: number | null }> => rehearsal.command('exec', { node: node.id, script, timeout: 30 });
  must((await asked(`curl --silent --max-time 5 https://secretsmanager.${rehearsal.emulator.region}.amazonaws.com/`)).code !== 0, 'a service of AWS still answers');
  must((await asked(`getent ahosts ${endpoint}`)).code !== 0, `${endpoint} still resolves`);
}

/** Seconds until the server is a member and a target again. */
async function crash(step: (line: string) => void, rehearsal: Rehearsal, victim: RehearsedNode, nodes: readonly RehearsedNode[], seconds: number): Promise<number> {
  const before = count(await carbonLog(rehearsal, victim), STARTS);
  step(`the server of ${label(victim)} crashes`);
  const done = await rehearsal.command('exec', { node: victim.id, script: CRASH });
  must(done.code === 0, `no server of ${label(victim)} could be ended: ${done.stderr}`);
  const began = Date.now();
  const left = (): number => Math.min(SETTLE_SECONDS, Math.round(seconds - (Date.now() - began) / 1000));
  await until(`the server of ${label(victim)} did not start again while AWS was away`, left(), async () => count(await carbonLog(rehearsal, victim), STARTS) > before);
  await oneCluster(rehearsal, nodes, left());
  await until(`${label(victim)} did not become a healthy target again while AWS was away`, left(), async () => await targetState(rehearsal, victim.id) === 'healthy');
  return (Date.now() - began) / 1000;
}

async function starts(rehearsal: Rehearsal, nodes: readonly RehearsedNode[]): Promise<number[]> {
  return Promise.all(nodes.map(async each => count(await carbonLog(rehearsal, each), STARTS)));
}

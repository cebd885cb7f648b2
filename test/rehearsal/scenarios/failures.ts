import * as fs from 'node:fs';
import { createHash } from 'node:crypto';
import { Json } from '../cluster-document';
import { putAuthorities, rehearsalAuthority } from '../database-authorities';
import { urlTo } from '../host-paths';
import { Pack, uploadPack } from '../pack';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { askedFrom, forget, inService, nodesOf, oneCluster, targetState, workersOf } from './checks';
import { deleteDatabaseSecret, packOf, stackEvents, upload } from './emulated';
import { label, must, Scenario, ScenarioContext, SETTLE_SECONDS } from './scenario';

/** From the start of the machine to the signal; fetching a real pack takes longer than a stand-in. */
const FAST_SECONDS = 60;
/** The node's programs and logs fit, the unpacked product does not. */
const SMALL_DISK_MIB = 24;

interface Failure {
  readonly name: string;
  /** The end of the signal's unique id. */
  readonly cause: RegExp;
  readonly sabotage: (rehearsal: Rehearsal, node: RehearsedNode) => Promise<void>;
  readonly repair?: (rehearsal: Rehearsal, node: RehearsedNode, pack: Pack) => Promise<void>;
  readonly changes?: Json;
}

const restorePack = async (rehearsal: Rehearsal, node: RehearsedNode, pack: Pack): Promise<void> =>
  uploadPack(rehearsal.emulator, packOf(rehearsal, node), pack);

const FAILURES: readonly Failure[] = [
  {
    name: 'wrong-checksum', cause: /:pack:checksum$/, repair: restorePack,
    async sabotage(rehearsal, node) {
      const { bucket, key } = packOf(rehearsal, node);
      await upload(rehearsal, bucket, `${key}.sha256`, `${'0'.repeat(64)}  pack.zip\n`);
    },
  },
  {
    name: 'not-a-zip', cause: /:pack:not-a-zip$/, repair: restorePack,
    async sabotage(rehearsal, node) {
      const { bucket, key } = packOf(rehearsal, node);
      const page = '<html>404</html>\n';
      await upload(rehearsal, bucket, key, page);
      await upload(rehearsal, bucket, `${key}.sha256`, createHash('sha256').update(page).digest('hex'));
    },
  },
  {
    // What the app deployed: RDS's authorities, none of which has signed for the database of a rehearsal.
    name: 'foreign-certificate', cause: /:databases:certificate$/,
    async sabotage(rehearsal) {
      const objects = rehearsal.databaseAuthorities;
      must(objects.length > 0 && objects.every(each => each.deployed?.includes('-----BEGIN CERTIFICATE-----')), 'the app deployed no authorities of RDS');
      for (const each of objects) await putAuthorities(rehearsal.emulator, each, each.deployed!);
    },
    async repair(rehearsal) {
      for (const each of rehearsal.databaseAuthorities) await putAuthorities(rehearsal.emulator, each, rehearsalAuthority());
    },
  },
  { name: 'full-disk', cause: /:pack:disk-full$/, changes: { diskMiB: SMALL_DISK_MIB }, sabotage: async () => {} },
  // The last, because nothing brings a secret back under its old ARN.
  { name: 'missing-secret', cause: /:databases:ResourceNotFoundException$/, sabotage: deleteDatabaseSecret },
];

export const failures: Scenario = {
  name: 'failures', ci: true, about: `${FAILURES.map(each => each.name).join(', ')}: each fails fast and says why, the others unharmed`,
  async run(context) {
    let pack: Pack | undefined;
    const rehearsal = await context.start({
      boot: false,
      async upload(emulator, wanted, given) { pack = given; await uploadPack(emulator, wanted, given); },
    });
    const victim = workersOf(rehearsal)[0].id;
    const others = nodesOf(rehearsal).filter(each => each.id !== victim);
    await rehearsal.command('boot', { nodes: others.map(each => each.id) });
    await rehearsal.settled(SETTLE_SECONDS, others.map(each => each.id));
    await inService(others);
    await oneCluster(rehearsal, others);
    await rehearsal.command('wait-healthy', { nodes: others.map(each => each.id), timeout: 60 });
    must(fs.existsSync(pack!.file), 'the pack is gone');
    for (const each of FAILURES) await fail(context, rehearsal, rehearsal.nodes.get(victim)!, others, each, pack!);
  },
};

/** A fresh machine runs into it; the others serve on. */
async function fail(context: ScenarioContext, rehearsal: Rehearsal, before: RehearsedNode, others: readonly RehearsedNode[], failure: Failure, pack: Pack,
): Promise<void> {
  await failure.sabotage(rehearsal, before);
  const node = forget(rehearsal, before);
  context.step(`${failure.name}: ${label(node)} boots`);
  const began = Date.now();
  await rehearsal.command('replace', { node: node.id, changes: { diskMiB: 0, ...failure.changes } });
  await rehearsal.settled(SETTLE_SECONDS, [node.id]);
  const seconds = (Date.now() - began) / 1000;
  must(node.failure !== undefined, `${failure.name}: ${label(node)} came into service as if nothing were wrong`);
  must(failure.cause.test(node.failure!), `${failure.name}: the signal ${node.failure} does not name the cause: ${node.lastLines.slice(-3).join(' | ')}`);
  must(seconds < FAST_SECONDS, `${failure.name}: the signal took ${seconds.toFixed(0)} s`);
  const events = await stackEvents(rehearsal, node);
  must(events.includes(`Received FAILURE signal with UniqueId ${node.failure}`), `${failure.name}: the stack's events do not show ${node.failure}`);
  await unharmed(rehearsal, failure, others);
  context.show(`${failure.name}: the stack shows ${node.failure} ${seconds.toFixed(1)} s after the launch; ${others.length} others in service`);
  await failure.repair?.(rehearsal, node, pack);
}

async function unharmed(rehearsal: Rehearsal, failure: Failure, others: readonly RehearsedNode[]): Promise<void> {
  await oneCluster(rehearsal, others, 10);
  for (const each of others) {
    const state = await targetState(rehearsal, each.id);
    must(state === 'healthy', `${failure.name}: the target ${label(each)} became ${state}`);
    const answer = await rehearsal.command('request', { url: urlTo(rehearsal, each.id), timeout: 10, ...askedFrom(rehearsal, each) });
    must(answer.status === 200, `${failure.name}: a request to the others answered ${answer.status || answer.error}`);
  }
}

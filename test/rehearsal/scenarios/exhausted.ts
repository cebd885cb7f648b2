/** What runs out in service, on a node whose server then goes on, or comes back by itself. */
import { Json } from '../cluster-document';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, carbonLog, count, nodesOf, oneCluster, reportPasses, targetState } from './checks';
import { label, must, pause, Scenario, until } from './scenario';

const APP = 'examples/identity-server/app.ts';
const STARTS = 'Starting WSO2 Carbon';
const LOGS = '/opt/wso2/carbon/repository/logs';
/** The unpacked product and its server's files fit, and are all that does. */
const DISK_MIB = 400;
const FULL_SECONDS = 30;
const FILL = `dd if=/dev/zero of=${LOGS}/filler bs=1M 2> /dev/null; dd if=/dev/zero of=${LOGS}/rest bs=1k 2> /dev/null; df --output=avail ${LOGS} | tail -1`;
/** What its own log files may take, however long it runs. */
const LOGS_MIB = 100;

const diskFull: Scenario = {
  name: 'disk-full', ci: false, about: 'the disk of a node in service is full: it serves or leaves rotation, a crash does not end it, and it is itself again when there is space',
  async run(context) {
    const rehearsal = await context.start({ app: APP, prepare: document => { for (const each of document.nodes as Json[]) each.diskMiB = DISK_MIB; } });
    await allServing(rehearsal);
    const nodes = nodesOf(rehearsal);
    const [victim] = nodes;
    const filled = await rehearsal.command('exec', { node: victim.id, script: FILL });
    must(Number(filled.stdout.trim()) === 0, `the disk of ${label(victim)} has ${filled.stdout.trim()} KiB left, so nothing is shown`);
    context.step(`the disk of ${label(victim)} is full`);
    await pause(FULL_SECONDS);
    await servesOrIsOut(rehearsal, victim);
    await oneCluster(rehearsal, nodes);
    context.show(`${FULL_SECONDS} s after the disk was full the target is ${await targetState(rehearsal, victim.id)} and the server is a member`);

    const starts = await startsOf(rehearsal, victim);
    await rehearsal.command('exec', { node: victim.id, script: 'pkill -KILL -u wso2carbon java' });
    context.step('the server crashes while the disk is full');
    await pause(FULL_SECONDS);
    await servesOrIsOut(rehearsal, victim);
    await rehearsal.command('exec', { node: victim.id, script: `rm ${LOGS}/filler ${LOGS}/rest` });
    const began = Date.now();
    context.step('there is space again');
    await until(`the server of ${label(victim)} did not start again`, 120, async () => await isActive(rehearsal, victim));
    await oneCluster(rehearsal, nodes, 90);
    await until(`${label(victim)} did not become a healthy target again`, 90, async () => await targetState(rehearsal, victim.id) === 'healthy');
    context.show(`a server that crashed meanwhile is a member and a healthy target again ${((Date.now() - began) / 1000).toFixed(0)} s after there was space (${starts} starts before)`);
    const used = Number((await rehearsal.command('exec', { node: victim.id, script: `du --summarize --block-size=1M ${LOGS} | cut -f1` })).stdout);
    must(used < LOGS_MIB, `the logs of ${label(victim)} take ${used} MiB`);
    await reportPasses(rehearsal);
  },
};

const outOfMemory: Scenario = {
  name: 'out-of-memory', ci: false, about: 'the heap of a server in service is exhausted: its JVM ends, and its node starts it again',
  async run(context) {
    const rehearsal = await context.start({ app: APP });
    await allServing(rehearsal);
    const nodes = nodesOf(rehearsal);
    const [victim] = nodes;
    const before = await startsOf(rehearsal, victim);
    const asked = await rehearsal.command('exec', { node: victim.id, argv: ['curl', '--silent', '--insecure', '--max-time', '10', 'https://localhost:9443/stand-in/exhaust-memory'] });
    must(asked.stdout.includes('the heap is being filled'), `the server of ${label(victim)} cannot be asked to fill its heap: ${asked.stdout}${asked.stderr}`);
    const began = Date.now();
    const ended = await until('the server lived on after it had run out of memory', 60, async () => await startsOf(rehearsal, victim) > before);
    await until(`the server of ${label(victim)} did not start again`, 120, async () => await isActive(rehearsal, victim));
    await oneCluster(rehearsal, nodes, 90);
    await until(`${label(victim)} did not become a healthy target again`, 90, async () => await targetState(rehearsal, victim.id) === 'healthy');
    const dumps = await rehearsal.command('exec', { node: victim.id, script: "find / -xdev -name '*.hprof' -printf '%s\\n' | awk '{ n++; s += $1 } END { printf \"%d heap dumps, %d MiB\", n, s / 1048576 }'" });
    context.show(`the server started again ${ended.toFixed(0)} s after its heap was exhausted, and was a member and a healthy target after ${((Date.now() - began) / 1000).toFixed(0)} s; ${dumps.stdout}`);
    await reportPasses(rehearsal);
  },
};

export const exhausted: readonly Scenario[] = [diskFull, outOfMemory];

/** A node that answers nothing must get no requests. */
async function servesOrIsOut(rehearsal: Rehearsal, node: RehearsedNode): Promise<void> {
  const answer = await rehearsal.command('exec', { node: node.id, argv: ['curl', '--silent', '--insecure', '--max-time', '10', '--output', '/dev/null', '--write-out', '%{http_code}',
    'https://localhost:9443/api/health-check/v1.0/health'] });
  if (answer.stdout.trim() === '200') return;
  const state = await targetState(rehearsal, node.id);
  must(state !== 'healthy', `${label(node)} answers ${answer.stdout.trim() || 'nothing'} and is a healthy target`);
}

async function startsOf(rehearsal: Rehearsal, node: RehearsedNode): Promise<number> {
  return count(await carbonLog(rehearsal, node), STARTS);
}

async function isActive(rehearsal: Rehearsal, node: RehearsedNode): Promise<boolean> {
  const shown = await rehearsal.command('exec', { node: node.id, argv: ['systemctl', 'show', '--property', 'ActiveState', '--value', 'carbon.service'] });
  return shown.stdout.trim() === 'active';
}

import { Json } from '../cluster-document';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { carbonLog, count, inService, nodesOf, oneCluster } from './checks';
import { label, must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';

const REFUSED_SECONDS = 20;

/** Everything at once: what its servers do then is Hazelcast's; that it ends well or loudly is ours. */
export const ec2Refuses: Scenario = {
  name: 'ec2-refuses', ci: false, about: `the EC2 API refuses for ${REFUSED_SECONDS} s while the servers start`,
  async run(context) {
    const rehearsal = await context.start({ boot: false });
    const nodes = nodesOf(rehearsal);
    await rehearsal.command('refuse', { service: 'ec2', mode: 'throttle' });
    await rehearsal.command('boot');
    await until('no node asked the EC2 API while it refused', SETTLE_SECONDS, async () => refusals(rehearsal) > 0);
    context.step('the EC2 API refuses the first call');
    await pause(REFUSED_SECONDS);
    await rehearsal.command('refuse', { service: 'ec2', mode: null });
    context.step(`the EC2 API answers again, after ${refusals(rehearsal)} refused calls`);
    must(nodes.every(each => each.phases.start !== undefined), 'not every server had started while the EC2 API refused, so nothing is shown');
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodes);
    await oneCluster(rehearsal, nodes, 180);
    for (const each of nodes) context.step(`${label(each)}: ${await reaction(rehearsal, each)}`);
    context.show(`${refusals(rehearsal)} calls were refused; ${nodes.length} nodes are one cluster`);
    context.show(await reaction(rehearsal, nodes[0]));
  },
};

/** What the server said, and whether it took a restart by systemd to get over it. */
async function reaction(rehearsal: Rehearsal, node: RehearsedNode): Promise<string> {
  const log = await carbonLog(rehearsal, node);
  const said = log.split('\n').find(line => /RequestLimit|50[03]|AWS.*(fail|error|exception)|(fail|error|exception).*aws/i.test(line));
  const shown = await rehearsal.command('exec', { node: node.id, argv: ['systemctl', 'show', '--property', 'NRestarts', '--value', 'carbon.service'] });
  return `${shown.stdout.trim()} restarts by systemd, ${count(log, 'Starting WSO2 Carbon')} starts of the server; it said: ${said?.trim().slice(0, 200) ?? 'nothing'}`;
}

function refusals(rehearsal: Rehearsal): number {
  return rehearsal.events.filter((each: Json) => each.event === 'aws-call' && each.service === 'ec2' && each.status >= 400).length;
}

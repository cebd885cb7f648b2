import { Rehearsal, RehearsedNode } from '../rehearsal';
import { inService, nodesOf, oneCluster, targetState } from './checks';
import { label, must, Scenario, SETTLE_SECONDS, until } from './scenario';

const CLIENTS = 12;
const CONSOLE = 'https://ui.ei.example.com/stand-in';
const SERVICES = ['https://ei.example.com/services/Version', 'http://ei.example.com/services/Version'];
const CONFIGURATION = '/etc/carbon-nginx/nginx.conf';
/** Two refreshes are needed to leave out a node that does not answer, each half a minute after the end of the one before. */
const NOTICED_SECONDS = 120;

export const nginx: Scenario = {
  name: 'nginx', ci: false, about: 'clients keep to their nodes behind two NGINX, also when a node dies, the EC2 API refuses, or an NGINX dies',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/nginx.app.ts' });
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodesOf(rehearsal));
    const nodes = nodesOf(rehearsal).filter(each => !each.loadBalancer);
    const fronts = nodesOf(rehearsal).filter(each => each.loadBalancer);
    must(nodes.length === 2 && fronts.length === 2, `there are ${nodes.length} nodes behind ${fronts.length} NGINX instead of 2 behind 2`);
    await oneCluster(rehearsal, nodes);
    await rehearsal.command('wait-healthy', { timeout: 60 });
    for (const each of fronts) await passesOnTo(rehearsal, each, nodes);

    for (const url of SERVICES) must((await ask(rehearsal, url, nodes[0])).status === 200, `${url} does not answer`);
    const before = await visits(rehearsal, nodes[0], 3);
    const moved = before.filter(seen => new Set(seen).size > 1);
    must(moved.length === 0, `${moved.length} of ${CLIENTS} clients moved: ${JSON.stringify(moved)}`);
    const shares = nodes.map(node => before.filter(seen => seen[0].startsWith(`${node.privateIp}:`)).length);
    must(Math.min(...shares) > 0, `one node serves all clients: ${shares.join(' and ')}`);
    context.show(`${CLIENTS} clients keep to their nodes, ${shares.join(' and ')}, through ${fronts.length} NGINX; services answer by HTTPS and HTTP`);

    await rehearsal.command('refuse', { service: 'ec2', mode: 'throttle' });
    await rehearsal.command('kill', { node: fronts[0].id });
    await until('the network load balancer did not go round a dead NGINX', 60, async () => await targetState(rehearsal, fronts[0].id) === 'unhealthy');
    const between = await visits(rehearsal, nodes[0], 2);
    const lost = between.filter((seen, client) => seen.some(each => each !== before[client][0]));
    must(lost.length === 0, `${lost.length} clients lost their node with an NGINX: ${JSON.stringify(lost)}`);
    context.show('with one NGINX and a refusing EC2 API every client is where it was');
    await rehearsal.command('refuse', { service: 'ec2', mode: null });

    await rehearsal.command('kill', { node: nodes[1].id });
    const after = await visits(rehearsal, nodes[0], 2);
    const wrong = after.flat().filter(each => !each.startsWith(`${nodes[0].privateIp}:`));
    must(wrong.length === 0, `after ${label(nodes[1])} died clients got ${wrong.join(', ')}`);
    context.show(`a node died; its clients are served by ${label(nodes[0])}, none got an error`);
    const noticed = await until(`NGINX did not leave ${label(nodes[1])} out`, NOTICED_SECONDS,
      async () => !(await configurationOf(rehearsal, fronts[1])).includes(`server ${nodes[1].privateIp}:`));
    context.show(`NGINX left it out ${noticed.toFixed(0)} s later`);
  },
};

/** Of each client the node that served it, each time; every client has a cookie jar of its own. */
async function visits(rehearsal: Rehearsal, from: RehearsedNode, times: number): Promise<string[][]> {
  const seen: string[][] = Array.from({ length: CLIENTS }, () => []);
  for (let time = 0; time < times; time++) {
    for (let client = 0; client < CLIENTS; client++) {
      const answer = await ask(rehearsal, CONSOLE, from, `client-${client}`);
      seen[client].push(answer.status === 200 ? JSON.parse(answer.body).cluster.localMember : String(answer.status || answer.error));
    }
  }
  return seen;
}

async function ask(rehearsal: Rehearsal, url: string, from: RehearsedNode, jar?: string): Promise<{ status: number; body: string; error?: string }> {
  return rehearsal.command('request', { url, insecure: true, from: from.id, timeout: 15, ...jar ? { jar } : {} });
}

/** NGINX looks again every half minute, and the nodes came up after it. */
async function passesOnTo(rehearsal: Rehearsal, front: RehearsedNode, nodes: readonly RehearsedNode[]): Promise<void> {
  await until(`${label(front)} does not pass on to all nodes`, NOTICED_SECONDS, async () => {
    const text = await configurationOf(rehearsal, front);
    return nodes.every(each => text.includes(`server ${each.privateIp}:`));
  });
}

async function configurationOf(rehearsal: Rehearsal, front: RehearsedNode): Promise<string> {
  return rehearsal.command('read', { node: front.id, path: CONFIGURATION, bytes: 1 << 20 });
}

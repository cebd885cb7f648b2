import { Json } from '../cluster-document';
import { hostPaths } from '../host-paths';
import { inService, nodesOf } from './checks';
import { must, Scenario, SETTLE_SECONDS, until } from './scenario';

/** Everything that the fixture's server uses at boot is in its log, or its boot has failed. */
const KEPT_PORT = 4000;

export const surroundings: Scenario = {
  name: 'surroundings', ci: false, about: 'what the guides put around a cluster: NGINX, Classic, a zone, a kept address, EFS, SVN, a database from before',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/emulator/fixture/surroundings.ts' });
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodesOf(rehearsal));
    const [server] = nodesOf(rehearsal).filter(each => !each.loadBalancer);
    const fronts = nodesOf(rehearsal).filter(each => each.loadBalancer);
    must(fronts.length === 2, `${fronts.length} instances have the tag of a load balancer instead of 2`);
    await rehearsal.command('wait-healthy', { timeout: 60 });

    for (const each of hostPaths(rehearsal)) {
      const answer = await rehearsal.command('request', { url: each.url, insecure: each.insecure, from: server.id, timeout: 10 });
      must(answer.status === 200 && answer.body === 'served\n', `${each.url} answered ${answer.status || answer.error}: ${answer.body}`);
    }
    context.show(`${hostPaths(rehearsal).map(each => each.host).join(', ')} answer, through NGINX behind a network load balancer and a Classic one`);

    const events = rehearsal.events.filter(each => each.event === 'interface');
    must(events.length === 1 && events[0].node === server.id, `${events.length} interfaces were plugged instead of one`);
    const kept = `http://${events[0].address}:${KEPT_PORT}/services/Version`;
    const answer = await rehearsal.command('request', { url: kept, from: fronts[0].id, timeout: 10 });
    must(answer.status === 200, `the kept address ${kept} answered ${answer.status || answer.error}`);
    const { strayed, blocked }: Json = await rehearsal.command('summary');
    must(strayed.length === 0 && blocked.length === 0, `packets were dropped: ${JSON.stringify([...strayed, ...blocked])}`);
    context.show(`${events[0].address} is kept by an interface that the node attached itself; EFS, SVN and the database before it served`);

    await rehearsal.command('kill', { node: fronts[0].id });
    await until('the network load balancer did not go round a dead NGINX', 30, async () => {
      const [{ url }] = hostPaths(rehearsal).filter(each => each.insecure);
      return (await rehearsal.command('request', { url, insecure: true, from: server.id, timeout: 5 })).status === 200;
    });
  },
};

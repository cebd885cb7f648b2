import { urlTo } from '../host-paths';
import { RehearsedNode } from '../rehearsal';
import { allServing, askedFrom, carbonLog, count, inService, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { label, must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';
import { loadText, underLoad } from './steady-load';

export const wellKnownReplaced: Scenario = {
  name: 'well-known-replaced', ci: false, about: 'a well-known member dies, and another instance takes its address',
  async run(context) {
    const rehearsal = await context.start({ app: 'examples/application-server/app.ts', followGroups: true });
    await allServing(rehearsal);
    const victim = workersOf(rehearsal).find(each => each.memberIp !== each.privateIp)!;
    must(victim !== undefined, 'no worker keeps an address, so nothing is shown');
    const others = nodesOf(rehearsal).filter(each => each !== victim);
    const known = new Set(rehearsal.nodes.keys());
    const fresh = (): RehearsedNode | undefined => nodesOf(rehearsal).find(each => !known.has(each.id));

    context.step(`killing ${label(victim)}, known as ${victim.memberIp}`);
    const began = Date.now();
    const load = await underLoad(rehearsal, urlTo(rehearsal, others[1].id), askedFrom(rehearsal, others[0]), async () => {
      await pause(2);
      await rehearsal.command('kill', { node: victim.id });
      await until(`${label(victim)} was not replaced`, 120, async () => fresh() !== undefined);
      await rehearsal.settled(SETTLE_SECONDS, [fresh()!.id]);
    });
    const joined = fresh()!;
    await inService([joined]);
    const seconds = (Date.now() - began) / 1000;
    must(joined.memberIp === victim.memberIp, `the new instance is known as ${joined.memberIp} instead of ${victim.memberIp}`);
    must(!rehearsal.nodes.has(victim.id), `${label(victim)} is still there, so both have the address`);
    await oneCluster(rehearsal, nodesOf(rehearsal), 90);
    for (const each of others) must(count(await carbonLog(rehearsal, each), 'Starting WSO2 Carbon') === 1, `the server of ${label(each)} was started anew`);
    await reportPasses(rehearsal);
    context.show(`${joined.id} at ${joined.privateIp} took ${joined.memberIp} and was in service ${seconds.toFixed(0)} s after the kill; nobody else was started anew`);
    context.show(`meanwhile ${loadText(load)}`);
  },
};

import { Json } from '../cluster-document';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, carbonLog, count, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { label, must, pause, Scenario, until } from './scenario';

/** What an image does to its own network while a server runs. */
const DISTURBANCES: Readonly<Record<string, readonly string[]>> = {
  // The timer of amazon-ec2-net-utils starts this service every minute or so.
  'amazon-ec2-net-utils': [
    ...Array<string>(3).fill('systemctl start refresh-policy-routes@ens5.service refresh-policy-routes@ens6.service'),
    'networkctl reload', 'networkctl reconfigure ens5', 'systemctl restart systemd-networkd',
  ],
  // cloud-init runs it when a network interface is attached.
  netplan: ['netplan apply', 'systemctl restart systemd-networkd'],
};
const SETTLING_SECONDS = 5;

/** Nobody is there (RFC 5737). Its route is that of any address beyond the subnet. */
const ELSEWHERE = '192.0.2.1';

const STARTS = 'Starting WSO2 Carbon';

export const wellKnownKept: readonly Scenario[] = [
  scenario('well-known-kept', 'amazon-ec2-net-utils', 'Amazon Linux 2023'),
  scenario('well-known-kept-netplan', 'netplan', 'Ubuntu'),
];

function scenario(name: string, configuredBy: string, image: string): Scenario {
  return {
    name, ci: false, about: `a well-known member keeps its address whatever the network configuration of ${image} does`,
    async run(context) {
      const rehearsal = await context.start({
        app: 'examples/application-server/app.ts', prepare: document => { document.network.configuredBy = configuredBy; },
      });
      await allServing(rehearsal);
      const keeper = workersOf(rehearsal).find(each => each.memberIp !== each.privateIp)!;
      must(keeper !== undefined, 'no worker keeps an address, so nothing is shown');
      await keeps(rehearsal, keeper, 'after its boot');
      await reportPasses(rehearsal);

      for (const each of DISTURBANCES[configuredBy]) {
        context.step(`${label(keeper)}: ${each}`);
        await inNode(rehearsal, keeper, each);
        await pause(SETTLING_SECONDS);
        await keeps(rehearsal, keeper, `after ${each}`);
      }
      await oneCluster(rehearsal, nodesOf(rehearsal));
      must(count(await carbonLog(rehearsal, keeper), STARTS) === 1, `the server of ${label(keeper)} was started anew`);
      context.show(`${keeper.memberIp} stays after ${[...new Set(DISTURBANCES[configuredBy])].join(', ')}`);

      context.step(`rebooting ${label(keeper)}`);
      const began = Date.now();
      await rehearsal.command('reboot', { node: keeper.id });
      await until(`the service of ${label(keeper)} did not start again`, 120, async () => count(await carbonLog(rehearsal, keeper), STARTS) === 2);
      await oneCluster(rehearsal, nodesOf(rehearsal), 120);
      await keeps(rehearsal, keeper, 'after a reboot');
      context.show(`member again at ${keeper.memberIp} ${((Date.now() - began) / 1000).toFixed(0)} s after a reboot`);
    },
  };
}

/** The address is there once, what comes from it leaves by its own interface, and the other members reach it. */
async function keeps(rehearsal: Rehearsal, keeper: RehearsedNode, when: string): Promise<void> {
  const address = keeper.memberIp;
  const links: Json[] = JSON.parse(await inNode(rehearsal, keeper, 'ip -json -4 address show'));
  const holders = links.filter(link => link.addr_info.some((each: Json) => each.local === address));
  must(holders.length === 1, `${label(keeper)} has ${address} on ${holders.length} interfaces instead of one ${when}`);
  const [{ ifname, addr_info: held }] = holders;
  const listed = held.map((each: Json) => `${each.local}/${each.prefixlen}`).join(', ');
  must(held.length === 1, `${label(keeper)} has ${listed} on ${ifname} instead of ${address} only ${when}`);
  const [{ dev }]: Json[] = JSON.parse(await inNode(rehearsal, keeper, `ip -json -4 route get ${ELSEWHERE} from ${address}`));
  must(dev === ifname, `packets from ${address} leave ${label(keeper)} by ${dev} instead of ${ifname} ${when}`);
  const other = nodesOf(rehearsal).find(each => each !== keeper && !each.loadBalancer)!;
  const { code }: Json = await rehearsal.command('exec', { node: other.id, script: `timeout 5 bash -c '</dev/tcp/${address}/4200'` });
  must(code === 0, `${label(other)} does not reach ${address} ${when}`);
}

async function inNode(rehearsal: Rehearsal, node: RehearsedNode, script: string): Promise<string> {
  const { code, stdout, stderr }: Json = await rehearsal.command('exec', { node: node.id, script });
  must(code === 0, `${label(node)}: "${script}" ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

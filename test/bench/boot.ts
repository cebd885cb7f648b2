/** What of a boot is the node's own: the gateway example is rehearsed, and the boot logs of its servers say how long each phase took. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Figures, median, spread } from './figures';
import { LOGS } from '../rehearsal/rehearsal';

const ROOT = join(__dirname, '../..');
const BOOT_LOG = 'var-log-carbon-cluster-boot.log';
/** Up to the start of the server; what follows is the server's own time, and its turn. */
const OWN_PHASES = ['prepare', 'pack', 'artifacts', 'databases', 'configuration', 'start'];

interface Boot { readonly own: Readonly<Record<string, number>>; readonly pack: number; readonly server: number }

/** Seconds of one boot, out of its log. */
export function bootOf(log: string): Boot {
  const phase = (name: string): number => seconds(log, `phase ${name} ends`);
  const pack = seconds(log, 'pack fetched and verified') + seconds(log, 'pack unpacked');
  const phases = Object.fromEntries(OWN_PHASES.map(name => [name, phase(name)]));
  return {
    own: { 'user data': at(log, 'phase prepare begins') - at(log, 'user data begins'), ...phases, pack: phases.pack - pack },
    pack,
    server: phase('join') + phase('health'),
  };
}

function seconds(log: string, what: string): number {
  const found = new RegExp(`carbon-cluster ${what} after ([\\d.]+) s$`, 'm').exec(log);
  if (!found) throw new Error(`a boot log does not say '${what} after', so there is nothing to compare`);
  return Number(found[1]);
}

function at(log: string, what: string): number {
  const found = new RegExp(`^(\\S+) carbon-cluster ${what}$`, 'm').exec(log);
  if (!found) throw new Error(`a boot log does not say '${what}', so there is nothing to compare`);
  return Date.parse(found[1]) / 1000;
}

function rehearsedBoots(): Boot[] {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'rehearse'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`npm run rehearse ended with ${status}: ${stderr || stdout.slice(-2000)}`);
  const files = readdirSync(LOGS).map(node => join(LOGS, node, BOOT_LOG)).filter(existsSync);
  if (files.length === 0) throw new Error(`no boot log is in ${LOGS}`);
  return files.map(file => bootOf(readFileSync(file, 'utf8')));
}

export function bootBench(): Figures {
  const boots = rehearsedBoots();
  const total = (boot: Boot): number => Object.values(boot.own).reduce((sum, each) => sum + each, 0);
  const whole = median(boots.map(each => total(each) + each.pack + each.server));
  const row = (what: string, values: readonly number[]): [string, string, string] =>
    [what, (median(values) / whole).toFixed(2), `${median(values).toFixed(1)} s (${spread(values)})`];
  return {
    title: `boot: the share of each part, of ${boots.length} nodes that boot at once on this machine with a stand-in for the product`,
    rows: [
      row('the node\'s own, until the server starts', boots.map(total)),
      ...Object.keys(boots[0].own).map(name => row(`of it: ${name}`, boots.map(each => each.own[name]))),
      row('the pack: fetched, verified and unpacked', boots.map(each => each.pack)),
      row('the server: its turn, its start, its cluster', boots.map(each => each.server)),
    ],
    goals: [],
  };
}

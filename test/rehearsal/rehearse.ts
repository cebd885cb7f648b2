/**
 * `npm run rehearse -- [example] [--pack FILE] [--nodes N] [--keep] [--json]`: deploys an example to the emulator and boots its
 * nodes for real on this machine. Exit codes: 0 passed, 1 not passed, 2 wrong usage, 3 this machine cannot rehearse.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { PROJECT } from '../emulator/emulator';
import { Rehearsal, RehearsedNode } from './rehearsal';
import { makeReport, reportText } from './report';

interface Options { readonly pack?: string; readonly nodes?: number; readonly keep?: boolean; readonly json?: boolean; readonly speed: number }

const UNABLE = 3;
const SETTLED_SECONDS = 420;

const program = new Command('rehearse')
  .description('Boots every node of an example on this machine, from its unmodified user data, and watches the members join.')
  .argument('[example]', 'name of an example, or nothing for the app in bin/')
  .option('--pack <file>', 'the product pack; a stand-in is built without one')
  .option('--nodes <number>', 'how many nodes in all', positive)
  .option('--keep', 'leave everything running until Ctrl-C')
  .option('--json', 'print the report as JSON and nothing else')
  .option('--speed <factor>', 'health checks come this much faster than the template says', positive, 5)
  .action(main);

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('give a whole number above 0');
  return number;
}

function appOf(example: string | undefined): string {
  if (example === undefined || example === 'gateway') return 'bin/gateway.ts';
  const app = path.join('examples', example, 'app.ts');
  if (fs.existsSync(path.join(PROJECT, app))) return app;
  const folder = path.join(PROJECT, 'examples');
  const known = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  throw new Error(`example '${example}' is not known, use one of ${['gateway', ...known].join(', ')}`);
}

async function main(example: string | undefined, options: Options): Promise<void> {
  const able = spawnSync('python3', [path.join(__dirname, 'machine', 'main.py'), 'check'], { encoding: 'utf8' });
  if (able.status !== 0) {
    console.error(able.stdout?.trim() || 'A rehearsal needs Linux, root and Python 3.10 or later.');
    process.exitCode = UNABLE;
    return;
  }
  const began = Date.now();
  const say = (line: string): void => { if (!options.json) console.log(`[${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s] ${line}`); };
  const stopping = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  stopping.catch(() => {});
  const starting = Rehearsal.start({
    app: appOf(example),
    context: options.nodes ? { nodes: String(options.nodes) } : {},
    pack: options.pack,
    healthCheckSpeed: options.speed,
    onProgress: say,
    onPhase: (node, phase, state, detail) => say(`${label(node)} ${phase} ${state === 'ends' ? 'done' : 'FAILED'}${detail ? `: ${detail}` : ''}`),
  });
  try {
    const rehearsal = await Promise.race([starting, stopping]);
    await Promise.race([run(rehearsal, options, say), stopping]);
    if (options.keep) await stopping.catch(() => {});
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  } finally {
    await starting.then(rehearsal => rehearsal.close(), () => {});
  }
}

function label(node: RehearsedNode): string {
  return `${node.name} ${node.privateIp}`.padEnd(46);
}

async function run(rehearsal: Rehearsal, options: Options, say: (line: string) => void): Promise<void> {
  await rehearsal.settled(SETTLED_SECONDS);
  say('asking the load balancer');
  const report = await makeReport(rehearsal, await hostPaths(rehearsal));
  console.log(options.json ? JSON.stringify(report, null, 1) : reportText(report));
  process.exitCode = report.passed ? 0 : 1;
  if (options.keep) say('kept running: python3 test/rehearsal/machine/main.py list; Ctrl-C ends it');
}

/** Each host name of the load balancer's rules, with the path that its targets' health check asks for. */
async function hostPaths(rehearsal: Rehearsal): Promise<Record<string, string>> {
  const document = JSON.parse(fs.readFileSync(path.join(rehearsal.workFolder, 'cluster.json'), 'utf8'));
  const paths: Record<string, string> = {};
  for (const balancer of document.loadBalancers) {
    for (const listener of balancer.listeners) {
      for (const rule of listener.rules) {
        const group = document.targetGroups.find((each: { id: string }) => each.id === rule.action.targetGroup);
        for (const host of rule.hostHeader) paths[host] = group?.health.path ?? '/';
      }
    }
  }
  return paths;
}

program.parseAsync().catch(error => { console.error((error as Error).message); process.exitCode = 2; });

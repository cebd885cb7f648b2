/**
 * `npm run rehearse -- [example] [--pack FILE] [--nodes N] [--keep] [--json]`: deploys an example to the emulator and boots its
 * nodes for real on this machine. Exit codes: 0 passed, 1 not passed, 2 wrong usage, 3 this machine cannot rehearse.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { PROJECT } from '../emulator/emulator';
import { rehearse } from './run';

interface Options { readonly pack?: string; readonly nodes?: number; readonly keep?: boolean; readonly json?: boolean; readonly speed: number }

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

async function main(example: string | undefined, { nodes, ...options }: Options): Promise<void> {
  const context: Record<string, string> = nodes ? { nodes: String(nodes) } : {};
  process.exitCode = await rehearse({ ...options, app: appOf(example), context }, { print: console.log, complain: console.error });
}

program.parseAsync().catch(error => { console.error((error as Error).message); process.exitCode = 2; });

/**
 * How long the node's program takes for all edits of the largest topology, as a ratio to what cannot be saved: copying the
 * configuration tree and starting Python. Everything is measured in one run, in turns, so that a busy machine is busy for all.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { PROGRAMS } from '../../lib/boot/user-data';
import { ConfigurationPlan, referencesIn } from '../../lib/configuration/plan';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';
import { Figures, median, spread } from './figures';

const ROUNDS = 25;
/** The interpreter itself: a wrapper around it would hide what our program adds. */
const PYTHON = String(spawnSync('python3', ['-c', 'import sys; print(sys.executable)']).stdout).trim();
const CONF = process.env.CARBON_CONF ?? join(__dirname, '..', '..', '..', 'shared', 'carbon-conf');
const REAL = join(CONF, 'wso2am-2.2.0');
const OWN = join(__dirname, '..', 'boot', 'fixture');
/** Prints the peak memory of what it runs, in KiB. */
const PEAK = 'import resource,subprocess,sys; subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL);'
  + 'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)';

function milliseconds(command: string, args: string[]): number {
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - began) / 1e6;
}

function workerPlan(): ConfigurationPlan {
  const stack = testStack();
  gateway(stack, { portOffset: 1 });
  return documentOf(userDataOf(Template.fromStack(stack), 'Workers')).configuration;
}

export function configurationBench(): Figures {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-bench-'));
  const plan = workerPlan();
  const secrets = Object.fromEntries(referencesIn(plan, 'secret').map(name => [name,
    { username: 'u', password: 'p', accessKeyId: 'a', secretAccessKey: 's' }]));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(folder, 'resolutions.json'), JSON.stringify({
    env: Object.fromEntries(referencesIn(plan, 'env').map(name => [name, 'x'])), metadata: { 'local-ipv4': '10.0.0.1' }, secrets,
  }));
  mkdirSync(join(folder, 'root'));
  const tree = existsSync(REAL) ? REAL : OWN;
  const program = (home: string): string[] => ['-B', join(PROGRAMS, 'carbon_configuration.py'), '--plan', join(folder, 'plan.json'),
    '--home', home, '--root', join(folder, 'root'), '--resolutions', join(folder, 'resolutions.json')];
  const times = { copy: [] as number[], python: [] as number[], first: [] as number[], second: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const [home, copy] = ['home', 'copy'].map(name => join(folder, `${name}${round}`));
    cpSync(tree, home, { recursive: true });
    spawnSync('chmod', ['-R', 'u+w', home]);
    times.copy.push(milliseconds('cp', ['-r', tree, copy]));
    times.python.push(milliseconds(PYTHON, ['-c', 'pass']));
    times.first.push(milliseconds(PYTHON, program(home)));
    times.second.push(milliseconds(PYTHON, program(home)));
  }
  const peak = (args: string[]): number => Number(spawnSync(PYTHON, ['-c', PEAK, PYTHON, ...args]).stdout) / 1024;
  const memory = { program: peak(program(join(folder, 'home0'))), python: peak(['-c', 'pass']) };
  rmSync(folder, { recursive: true, force: true });
  const base = median(times.copy) + median(times.python);
  const edits = plan.files.reduce((sum, file) => sum + file.edits.length, 0);
  return {
    title: `configuration: ${edits} edits in ${plan.files.length} files of ${existsSync(REAL) ? 'the real WSO2 API Manager 2.2.0' : 'our own small tree'}, ${ROUNDS} rounds`,
    rows: [
      ['cp -r of the tree plus Python\'s start', '1', `${base.toFixed(1)} ms (${spread(times.copy)} and ${spread(times.python)})`],
      ['first run, all edits', (median(times.first) / base).toFixed(2), `${median(times.first).toFixed(1)} ms (${spread(times.first)})`],
      ['second run, nothing to do', (median(times.second) / base).toFixed(2), `${median(times.second).toFixed(1)} ms (${spread(times.second)})`],
      ['peak memory, against Python alone', (memory.program / memory.python).toFixed(2), `${memory.program.toFixed(0)} MiB, ${memory.python.toFixed(0)} MiB`],
    ],
    goals: [['first run within 5 times cp -r plus Python\'s start', median(times.first) / base <= 5]],
  };
}

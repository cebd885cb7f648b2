import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LOCAL_FOLDER, PROJECT } from '../../emulator/emulator';
import { differences, HostState, hostState, Traces } from './host-state';
import { must, pause, Scenario, ScenarioContext, ScenarioFailure, SETTLE_SECONDS } from './scenario';

const REHEARSE = path.join(PROJECT, 'test', 'rehearsal', 'rehearse.ts');
const MACHINE_ROOM = path.join(PROJECT, 'test', 'rehearsal', 'machine', 'main.py');
/** Until the kernel has taken apart what a killed process held. */
const GRACE_SECONDS = 20;

interface Ending {
  readonly name: string;
  /** The line after which it happens; at the end without one. */
  readonly at?: RegExp;
  readonly signal?: NodeJS.Signals;
  readonly code: number | null;
  /** What a killed process cannot remove is removed by the next. */
  readonly cleaned?: boolean;
}

const ENDINGS: readonly Ending[] = [
  { name: 'Ctrl-C while the nodes boot', at: /prepare done/, signal: 'SIGINT', code: 1 },
  { name: 'Ctrl-C while it deploys', at: /deploying/, signal: 'SIGINT', code: 1 },
  { name: 'SIGKILL while the nodes boot, then clean', at: /prepare done/, signal: 'SIGKILL', code: null, cleaned: true },
  { name: 'SIGKILL while it deploys, then clean', at: /deploying/, signal: 'SIGKILL', code: null, cleaned: true },
  { name: 'by itself', code: 0 },
];

export const leavesNothing: Scenario = {
  name: 'leaves-nothing', ci: false, about: 'however a rehearsal ends, the host is as it was',
  async run(context) {
    const before = hostState();
    for (const ending of ENDINGS) await rehearse(context, before, ending);
  },
};

async function rehearse(context: ScenarioContext, before: HostState, ending: Ending): Promise<void> {
  context.step(`a rehearsal that ends ${ending.name}`);
  const mark = randomUUID();
  const traces = new Traces(mark);
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', REHEARSE], {
    cwd: PROJECT, env: { ...process.env, REHEARSAL_MARK: mark, TSX_DISABLE_CACHE: '1' }, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
  });
  // Whatever ends us ends it too.
  const end = (): void => { child.kill('SIGINT'); };
  process.once('exit', end);
  const looking = setInterval(() => traces.look(child.pid!), 500);
  try {
    const code = await ended(child, ending, () => traces.look(child.pid!));
    clearInterval(looking);
    must(code === ending.code, `${ending.name}: the rehearsal ended with ${code} instead of ${ending.code}`);
    must(traces.workFolders.size > 0 && (traces.runs.size > 0 || /deploys/.test(ending.name)), `${ending.name}: its traces were not found, so nothing is shown`);
    if (ending.cleaned) clean();
    await asBefore(before, traces, ending);
    removeFiles(traces, ending);
    context.show(`${ending.name}: nothing left`);
  } finally {
    clearInterval(looking);
    process.off('exit', end);
    end();
  }
}

/** Its exit code; null when a signal ended it. */
async function ended(child: ChildProcess, ending: Ending, look: () => void): Promise<number | null> {
  let said = '';
  let sent = false;
  const take = (data: Buffer): void => {
    said += data;
    if (sent || !ending.at?.test(said)) return;
    sent = true;
    look();
    child.kill(ending.signal);
  };
  child.stdout!.on('data', take);
  child.stderr!.on('data', take);
  const timer = setTimeout(() => child.kill('SIGINT'), SETTLE_SECONDS * 1000);
  const code = await new Promise<number | null>(resolve => child.once('exit', resolve));
  clearTimeout(timer);
  must(sent || !ending.at, `${ending.name}: the rehearsal never came to ${ending.at}: ${said.slice(-300)}`);
  return code;
}

async function asBefore(before: HostState, traces: Traces, ending: Ending): Promise<void> {
  const end = Date.now() + GRACE_SECONDS * 1000;
  for (;;) {
    const left = [...differences(before, hostState()), ...traces.left()];
    if (left.length === 0) return;
    if (Date.now() > end) throw new ScenarioFailure(`${ending.name}: ${left.slice(0, 5).join('; ')}`);
    await pause(0.5);
  }
}

function clean(): void {
  const done = spawnSync('python3', ['-B', MACHINE_ROOM, 'clean'], { encoding: 'utf8' });
  must(done.status === 0, `clean failed: ${done.stderr}`);
}

/** A killed rehearsal may leave its own folder of work, but not its run, which clean removes. */
function removeFiles(traces: Traces, ending: Ending): void {
  const runs = [...traces.runs].filter(each => fs.existsSync(path.join(LOCAL_FOLDER, 'rehearsal', 'runs', each)));
  must(runs.length === 0, `${ending.name}: the folders of the runs ${runs.join(', ')} stay`);
  const left = [...traces.workFolders].map(each => path.join(LOCAL_FOLDER, each)).filter(each => fs.existsSync(each));
  must(ending.cleaned || left.length === 0, `${ending.name}: ${left.join(', ')} stays`);
  for (const each of left) fs.rmSync(each, { recursive: true, force: true });
}

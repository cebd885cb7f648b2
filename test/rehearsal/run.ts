/** One whole rehearsal from the command line, of an app of this repository or of a user's own: boots, watches, reports. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { OwnApp } from '../emulator/cdk';
import { LOCAL_FOLDER, MACHINE_ROOM, makeLocalFolder } from '../places';
import { hostPaths } from './host-paths';
import { Rehearsal, RehearsedNode } from './rehearsal';
import { makeReport, reportText } from './report';

export interface RunOptions {
  /** TypeScript file below this repository, or an app from elsewhere. */
  readonly app: string | OwnApp;
  readonly context: Readonly<Record<string, string>>;
  /** @default - a stand-in */
  readonly pack?: string;
  readonly keep?: boolean;
  /** The report as JSON and nothing else. */
  readonly json?: boolean;
  /** Health checks come this much faster. */
  readonly speed: number;
}

/** Where a run writes. */
export interface RunOutput {
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

const NOT_PASSED = 1;
const UNABLE = 3;
const SETTLED_SECONDS = 420;
const MAIN = path.join(MACHINE_ROOM, 'main.py');

/** Returns the exit code: 0 passed, 1 not passed, 3 this machine cannot rehearse. */
export async function rehearse(options: RunOptions, { print, complain }: RunOutput): Promise<number> {
  const able = spawnSync('python3', ['-B', MAIN, 'check'], { encoding: 'utf8' });
  if (able.status !== 0) {
    complain(able.stdout?.trim() || 'A rehearsal needs Linux, root and Python 3.11 or later.');
    return UNABLE;
  }
  // The AWS SDK asks the emulator only; which Node.js it will want one day is no concern of the person who rehearses.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const began = Date.now();
  const say = (line: string): void => { if (!options.json) print(`[${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s] ${line}`); };
  if (makeLocalFolder()) say(`work and caches go to ${LOCAL_FOLDER}, which git ignores`);
  const stopping = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  stopping.catch(() => {});
  const starting = start(options, say);
  try {
    const rehearsal = await Promise.race([starting, stopping]);
    const code = await Promise.race([report(rehearsal, options, print, say), stopping]);
    if (options.keep) await stopping.catch(() => {});
    return code;
  } catch (error) {
    complain((error as Error).message);
    return NOT_PASSED;
  } finally {
    await starting.then(rehearsal => rehearsal.close(), () => {});
  }
}

async function start(options: RunOptions, say: (line: string) => void): Promise<Rehearsal> {
  return Rehearsal.start({
    app: options.app,
    context: options.context,
    pack: options.pack,
    healthCheckSpeed: options.speed,
    onProgress: say,
    onPhase: (node, phase, state, detail) => say(`${label(node)} ${phase} ${state === 'ends' ? 'done' : 'FAILED'}${detail ? `: ${detail}` : ''}`),
  });
}

function label(node: RehearsedNode): string {
  return `${node.name} ${node.privateIp}`.padEnd(46);
}

async function report(rehearsal: Rehearsal, options: RunOptions, print: (line: string) => void, say: (line: string) => void): Promise<number> {
  await rehearsal.settled(SETTLED_SECONDS);
  say('asking the load balancer');
  const made = await makeReport(rehearsal, hostPaths(rehearsal));
  print(options.json ? JSON.stringify(made, null, 1) : reportText(made));
  if (options.keep) say(`kept running: python3 -B ${path.relative(process.cwd(), MAIN)} list; Ctrl-C ends it`);
  return made.passed ? 0 : NOT_PASSED;
}

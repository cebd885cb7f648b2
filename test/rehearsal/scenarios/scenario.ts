/** What a scenario is, and what it is given to work with. */
import { Rehearsal, RehearsalOptions, RehearsedNode } from '../rehearsal';

export interface Scenario {
  readonly name: string;
  /** Among those of the gate. */
  readonly ci: boolean;
  readonly about: string;
  /** Throws with one sentence when something does not hold. */
  run(context: ScenarioContext): Promise<void>;
}

type StartOptions = Partial<RehearsalOptions> & { readonly nodes?: number };

/** The context of one run of one scenario: everything it starts is closed with it. */
export class ScenarioContext {
  public readonly shown: string[] = [];
  private readonly started: Promise<Rehearsal>[] = [];

  public constructor(
    private readonly name: string, private readonly say: (line: string) => void, public readonly times: number, public readonly ci = false,
    /** How long AWS is away in the scenario about that. */
    public readonly minutes = 3,
  ) {}

  /** A step, while it happens. */
  public step(line: string): void {
    this.say(`${this.name}: ${line}`);
  }

  /** What the scenario has shown, which the table at the end repeats. */
  public show(line: string): void {
    this.shown.push(line);
    this.step(line);
  }

  public async start(options: StartOptions = {}): Promise<Rehearsal> {
    const { nodes, ...rest } = options;
    const starting = Rehearsal.start({
      app: 'bin/gateway.ts',
      context: nodes ? { nodes: String(nodes) } : {},
      healthCheckSpeed: 5,
      onProgress: line => this.step(line),
      onPhase: (node, phase, state, detail) => this.phase(node, phase, state, detail),
      ...rest,
    });
    starting.catch(() => {});
    this.started.push(starting);
    return starting;
  }

  public async close(): Promise<void> {
    for (const each of this.started) await each.then(rehearsal => rehearsal.close(), () => {});
  }

  private phase(node: RehearsedNode, phase: string, state: string, detail: string): void {
    if (state === 'failed') return this.step(`${label(node)} failed in ${phase}: ${detail}`);
    if (phase === 'in service') this.step(`${label(node)} in service after ${node.phases['in service']!.toFixed(1)} s`);
  }
}

export function label(node: RehearsedNode): string {
  return `${node.name.split('/').pop()} ${node.privateIp}`;
}

export class ScenarioFailure extends Error {}

/** In service within this time, on a machine of two cores. */
export const SETTLE_SECONDS = 420;

export function must(holds: boolean, sentence: string): void {
  if (!holds) throw new ScenarioFailure(sentence);
}

export function pause(seconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, seconds * 1000));
}

/** Asks again until there is an answer; the seconds it took, or a failure with this sentence. */
export async function until(sentence: string, seconds: number, holds: () => Promise<boolean>): Promise<number> {
  const began = Date.now();
  while (!await holds()) {
    if (Date.now() - began > seconds * 1000) throw new ScenarioFailure(`${sentence} within ${seconds} s`);
    await pause(0.5);
  }
  return (Date.now() - began) / 1000;
}

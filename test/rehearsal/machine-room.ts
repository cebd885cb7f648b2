/** The machine room as a child process: one document in, events out as JSON lines, commands in between. */
import { ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import * as readline from 'node:readline';
import { MACHINE_ROOM, REHEARSAL_FOLDER } from '../places';
import { Json } from './cluster-document';

const MAIN = path.join(MACHINE_ROOM, 'main.py');

export interface MachineRoomOptions {
  readonly python: string;
  /** File with the cluster document. */
  readonly document: string;
  /** Folder for the nodes' logs, which outlive the run. */
  readonly logs: string;
  /** @default true */
  readonly boot?: boolean;
  readonly onEvent: (event: Json) => void;
}

export class MachineRoom {
  private readonly child: ChildProcess;
  private readonly replies = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void }>();
  private readonly ended: Promise<number>;
  private complaint = '';
  private ready?: { resolve: () => void; reject: (error: Error) => void };
  private over?: Error;
  private nextId = 1;

  public constructor(private readonly options: MachineRoomOptions) {
    const waiting = options.boot === false ? ['--no-boot'] : [];
    this.child = spawn(options.python, [
      '-B', MAIN, '--base', REHEARSAL_FOLDER, 'run', '--cluster', options.document, '--events', '-', '--logs', options.logs, ...waiting,
    ], {
      // A group of its own: Ctrl-C reaches us first, and we close the room in order.
      detached: true, stdio: ['pipe', 'pipe', 'pipe'],
    });
    readline.createInterface({ input: this.child.stdout! }).on('line', line => this.take(line));
    this.child.stderr!.on('data', data => { this.complaint = `${this.complaint}${data}`.slice(-2000); });
    // Its end is seen as an exit; a broken pipe on the way there says nothing more.
    this.child.stdin!.on('error', () => {});
    this.ended = new Promise(resolve => this.child.on('close', code => { this.end(); resolve(code ?? 1); }));
  }

  /** Until the nodes' machines are there; their user data runs on. */
  public async up(): Promise<void> {
    await new Promise<void>((resolve, reject) => { this.ready = { resolve, reject }; });
  }

  public async command(command: string, options: Json = {}): Promise<any> {
    if (this.over) throw this.over;
    const id = this.nextId++;
    const answer = new Promise<any>((resolve, reject) => this.replies.set(id, { resolve, reject }));
    this.child.stdin!.write(`${JSON.stringify({ id, command, ...options })}\n`);
    return answer;
  }

  /** Ends everything and waits until it is cleaned up. */
  public async close(): Promise<void> {
    this.child.stdin!.end();
    await this.ended;
  }

  private take(line: string): void {
    const event = JSON.parse(line) as Json;
    if (event.event === 'reply') return this.reply(event);
    if (event.event === 'ready') this.ready?.resolve();
    if (event.event === 'failed') this.ready?.reject(new Error(event.message));
    this.options.onEvent(event);
  }

  private reply(event: Json): void {
    const waiting = this.replies.get(event.id);
    this.replies.delete(event.id);
    if (event.ok) return waiting?.resolve(event.result);
    waiting?.reject(new Error(event.error));
  }

  private end(): void {
    const error = new Error(this.complaint.trim().split('\n').pop() || 'the machine room has ended');
    this.over = error;
    this.ready?.reject(error);
    for (const { reject } of this.replies.values()) reject(error);
    this.replies.clear();
  }
}

/** What a rehearsal must leave as it was. */
import { execSync } from 'node:child_process';
import * as fs from 'node:fs';

/** Counters that change by themselves. */
const VOLATILE = 'random|nr-|-state|fs\\.|ns_last|hung_task|sched_domain|pty|perf_event|nf_conntrack_(count|buckets)';

const COMMANDS: Readonly<Record<string, string>> = {
  mounts: 'cat /proc/self/mountinfo',
  addresses: 'ip -o address show | sed "s/valid_lft.*//"; ip route; ip rule',
  'named network namespaces': 'ls /run/netns 2> /dev/null',
  'packet filter': 'nft list ruleset',
  '/etc': 'tar c /etc 2> /dev/null | sha256sum',
  sysctls: `sysctl -a 2> /dev/null | grep -vE "${VOLATILE}"`,
  '/run and /var/lib/machines': 'find /run /var/lib/machines -maxdepth 2 2> /dev/null | sort',
};

export type HostState = Readonly<Record<string, readonly string[]>>;

export function hostState(): HostState {
  return Object.fromEntries(Object.entries(COMMANDS).map(([what, command]) => [what, lines(command)]));
}

/** One sentence for each thing that is not as it was. */
export function differences(before: HostState, after: HostState): string[] {
  return Object.keys(before).flatMap(what => {
    const more = after[what].filter(line => !before[what].includes(line));
    const less = before[what].filter(line => !after[what].includes(line));
    return [...more.map(line => `${what}: new: ${line}`), ...less.map(line => `${what}: gone: ${line}`)].slice(0, 3);
  });
}

/** What one process and all it starts has, while it runs: others on this machine come and go, and are not looked at. */
export class Traces {
  public readonly workFolders = new Set<string>();
  public readonly runs = new Set<string>();
  private readonly namespaces = new Set<string>();
  private readonly hosts = new Set(namespacesOf('self'));

  /** The mark is in the environment of the process, and so of what it starts. */
  public constructor(private readonly mark: string) {}

  public look(pid: number): void {
    for (const each of family(String(pid))) {
      for (const namespace of namespacesOf(each)) if (!this.hosts.has(namespace)) this.namespaces.add(namespace);
      const run = /carbon-rehearsal-(\w+)/.exec(read(() => fs.readFileSync(`/proc/${each}/cgroup`, 'utf8')))?.[1];
      if (run) this.runs.add(run);
      // The emulator's server runs in it.
      const folder = /\/rehearse-[^/]+$/.exec(read(() => fs.readlinkSync(`/proc/${each}/cwd`)))?.[0];
      if (folder) this.workFolders.add(folder.slice(1));
    }
  }

  public left(): string[] {
    const present = new Set(processes().flatMap(namespacesOf));
    const groups = [...this.runs].flatMap(run => lines(`find /sys/fs/cgroup -type d -name "carbon-rehearsal-${run}*"`));
    return [
      ...marked(this.mark).map(each => `the process ${each.slice(0, 100)} runs on`), ...groups.map(each => `the control group ${each} stays`),
      ...[...this.namespaces].filter(each => present.has(each)).map(each => `the namespace ${each} stays`),
    ];
  }
}

/** A process and its descendants, those in namespaces of their own among them. */
function family(root: string): string[] {
  const parents = new Map(processes().map(pid => [pid, read(() => fs.readFileSync(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')[1]]));
  const known = new Set([root]);
  for (let before = 0; before !== known.size;) {
    before = known.size;
    for (const [pid, parent] of parents) if (known.has(parent)) known.add(pid);
  }
  return [...known];
}

function lines(command: string): string[] {
  try {
    return execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 }).split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function processes(): string[] {
  return fs.readdirSync('/proc').filter(name => /^\d+$/.test(name));
}

function read(work: () => string): string {
  // Processes end while one looks at them.
  try { return work(); } catch { return ''; }
}

function marked(mark: string): string[] {
  return processes().filter(pid => pid !== String(process.pid) && read(() => fs.readFileSync(`/proc/${pid}/environ`, 'utf8')).includes(mark))
    .map(pid => read(() => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')).replace(/\0/g, ' ')).filter(Boolean);
}

function namespacesOf(pid: string): string[] {
  return ['mnt', 'net', 'pid', 'ipc', 'uts'].map(kind => read(() => fs.readlinkSync(`/proc/${pid}/ns/${kind}`))).filter(Boolean);
}

import { spawnSync } from 'node:child_process';

/** What a program took, its children included. */
export interface Usage { readonly cpuMilliseconds: number; readonly peakMebibytes: number }

/** Says what its child took, on the last line of standard error: CPU time in seconds and the largest peak memory in KiB. */
const MEASURE = 'import resource,subprocess,sys; code=subprocess.call(sys.argv[1:],stdout=subprocess.DEVNULL);'
  + 'u=resource.getrusage(resource.RUSAGE_CHILDREN);print("\\n%f %d"%(u.ru_utime+u.ru_stime,u.ru_maxrss),file=sys.stderr);sys.exit(code)';

export function usageOf(command: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): Usage {
  const { status, stderr } = spawnSync('python3', ['-c', MEASURE, ...command], { ...options, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr.slice(-2000)}`);
  const [seconds, kibibytes] = stderr.trimEnd().split('\n').at(-1)!.split(' ').map(Number);
  return { cpuMilliseconds: seconds * 1000, peakMebibytes: kibibytes / 1024 };
}

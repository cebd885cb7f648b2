/** The package as a user gets it: packed as for the registry, installed in an app of its own outside the repository. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export interface Packed {
  readonly tarball: string;
  readonly tarballBytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
}

/** Versions of what the package expects its app to have. */
export interface Peers { readonly 'aws-cdk-lib': string; readonly constructs: string }

/** The least that `peerDependencies` allow. */
export function oldestPeers(): Peers {
  const { peerDependencies } = manifest();
  const least = (name: keyof Peers): string => peerDependencies[name].replace(/^\^/, '');
  return { 'aws-cdk-lib': least('aws-cdk-lib'), constructs: least('constructs') };
}

/** Those that this repository's own tests run with. */
export function newestPeers(): Peers {
  const { devDependencies } = manifest();
  return { 'aws-cdk-lib': devDependencies['aws-cdk-lib'], constructs: devDependencies.constructs };
}

function manifest(): Record<'peerDependencies' | 'devDependencies', Record<string, string>> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require(join(ROOT, 'package.json'));
}

export function pack(folder: string): Packed {
  const [result] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], ROOT));
  return {
    tarball: join(folder, result.filename),
    tarballBytes: result.size,
    unpackedBytes: result.unpackedSize,
    files: result.files.map((each: { path: string }) => each.path),
  };
}

/** An empty app with the package and nothing but what it needs. */
export function install(folder: string, tarball: string, peers: Peers): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', private: true }));
  const wanted = Object.entries(peers).map(([name, version]) => `${name}@${version}`);
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball, ...wanted], folder);
}

/** Bytes of all files of a folder. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(each => each.isFile())
    .reduce((sum, each) => sum + statSync(join(each.parentPath, each.name)).size, 0);
}

/** The answer of a program. */
export function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  return execFileSync(command, args, {
    cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26,
    // What npm tells its scripts would make another npm believe it were in this repository.
    env: { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))), CDK_VALIDATION: 'false', ...env },
  });
}

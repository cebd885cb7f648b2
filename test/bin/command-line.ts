import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../bin/carbon-cluster';

export interface Answer { readonly code: number; readonly output: string; readonly errors: string }

/** Runs one command line in this process. */
export async function carbonCluster(commandLine: readonly string[], options: { isTty?: boolean; environment?: NodeJS.ProcessEnv } = {}): Promise<Answer> {
  let [output, errors] = ['', ''];
  const code = await main(commandLine, {
    write: text => { output += text; },
    writeError: text => { errors += text; },
    isTty: options.isTty ?? false,
    environment: options.environment ?? { PATH: process.env.PATH },
  });
  return { code, output, errors };
}

const folders: string[] = [];

afterAll(() => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })));

/** Writes files below a new folder, which goes when the tests are over, and returns it. */
export function folderWith(files: Readonly<Record<string, string>>, name = 'conf'): string {
  const parent = mkdtempSync(join(tmpdir(), 'carbon-cluster-test-'));
  folders.push(parent);
  const folder = join(parent, name);
  mkdirSync(folder);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return folder;
}

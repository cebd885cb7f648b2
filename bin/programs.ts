import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure, EXIT } from './command';

/**
 * One of the programs that run on a node. From the sources (`bin`) and from the bundle (`dist/bin`) the way to them is the
 * same: the build copies `lib/boot/programs` to `dist/lib/boot/programs`.
 */
export function nodeProgram(name: string): string {
  const path = join(__dirname, '..', 'lib', 'boot', 'programs', name);
  if (existsSync(path)) return path;
  throw new CommandFailure(`${path} is missing: the package is incomplete, install it again`, EXIT.FAULT);
}

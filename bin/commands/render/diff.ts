import { FileEdits } from '../../../lib/configuration/plan';
import { Paint, printable } from '../../terminal';

/** What becomes of one file. */
export interface FileDifference {
  readonly file: string;
  readonly status: 'changed' | 'created' | 'unchanged';
  readonly diff: string;
}

const OLD = /^--- (.*)$/;
const NEW = /^\+\+\+ b\/(.*)$/;

/** The program's diff, file by file; a file of the plan that it does not name stays as it is. */
export function differences(diff: string, files: readonly FileEdits[]): FileDifference[] {
  const byFile = new Map(split(diff).map(each => [each.file, each]));
  const names = [...new Set(files.map(each => each.file))];
  return names.map(file => {
    const found = byFile.get(file.replace(/^\/+/, ''));
    return { file, status: found?.status ?? 'unchanged', diff: found?.diff ?? '' };
  });
}

function split(diff: string): FileDifference[] {
  const lines = diff.split('\n');
  const starts = lines.flatMap((_, index) => (isStart(lines, index) ? [index] : []));
  return starts.map((start, index) => ({
    file: NEW.exec(lines[start + 1])![1].replace(/\t$/, ''),
    status: OLD.exec(lines[start])![1].startsWith('/dev/null') ? 'created' : 'changed',
    diff: `${lines.slice(start, starts[index + 1] ?? lines.length).join('\n').replace(/\n+$/, '')}\n`,
  }));
}

/** A removed line may look like a file's header, but no hunk follows it. */
function isStart(lines: readonly string[], index: number): boolean {
  return OLD.test(lines[index]) && NEW.test(lines[index + 1] ?? '') && (lines[index + 2] ?? '').startsWith('@@ ');
}

/** The diff in colours. What goes into a pipe stays as it is, byte for byte, so that it can be applied. */
export function paintDiff(diff: string, paint: Paint, isTty: boolean): string {
  return diff.split('\n').map(line => paintLine(isTty ? printable(line) : line, paint)).join('\n');
}

function paintLine(line: string, paint: Paint): string {
  if (line.startsWith('--- ') || line.startsWith('+++ ')) return paint('bold', line);
  if (line.startsWith('@@')) return paint('cyan', line);
  if (line.startsWith('-')) return paint('red', line);
  if (line.startsWith('+')) return paint('green', line);
  return line;
}

/** What the judge of failed creations tells of one case. */
export interface Result {
  readonly example: string;
  readonly logicalId: string;
  readonly type: string;
  /** `absent`: the resource was not made. `made`: it was, and failed then. `phase ...`: a node signalled a failure in this phase. */
  readonly how: string;
  /** Whether the resource failed at all. */
  readonly happened: boolean;
  /** The status of the stack after its rollback. */
  readonly status: string;
  /** Why resources could not be deleted. */
  readonly problems: readonly string[];
  /** Where everything is that was not there before. */
  readonly left: readonly string[];
  /** Resources that their DeletionPolicy retained. */
  readonly kept: readonly string[];
  /** Why something else may be there. */
  readonly exempt: readonly string[];
  /** The status of the stack after its deletion. */
  readonly deleted: string;
  /** The status of the stack after its second creation. */
  readonly again: string;
  readonly whyNotAgain: readonly string[];
  readonly seconds: number;
}

/** Everything that is wrong with a case, in a few words each. */
export function findProblems(result: Result): string[] {
  return [
    ...result.happened ? [] : ['the resource did not fail'],
    ...result.status === 'ROLLBACK_COMPLETE' ? [] : [result.status],
    ...result.left.length === 0 ? [] : [`left: ${summarize(result.left)}`],
    ...result.deleted === 'DELETE_COMPLETE' ? [] : [`then ${result.deleted}`],
    ...result.deleted !== 'DELETE_COMPLETE' || result.again === 'CREATE_COMPLETE' ? [] : [`created again: ${result.again}`],
  ];
}

/** How many of what: `logs/eu-west-1/groups/x (LogGroup)` is a `logs LogGroup`. */
function summarize(left: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const place of left) {
    const kind = `${place.split('/')[0]} ${/\((\w+)\)$/.exec(place)?.[1]}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => count > 1 ? `${count} ${kind}` : kind).join(', ');
}

/** A table of the examples, of every resource that is not clean, and of what may be left. */
export function formatResults(results: readonly Result[]): string {
  const examples = [...new Set(results.map(each => each.example))];
  return [
    formatSummary(examples, results), ...examples.map(name => formatExample(name, results.filter(each => each.example === name))),
    formatExemptions(results),
  ].filter(text => text !== '').join('\n\n');
}

function formatSummary(examples: readonly string[], results: readonly Result[]): string {
  const rows = examples.map(name => {
    const own = results.filter(each => each.example === name);
    const count = (holds: (each: Result) => boolean): string => String(own.filter(holds).length);
    return [
      name, String(new Set(own.map(each => each.logicalId)).size), String(own.length), count(each => findProblems(each).length === 0),
      count(each => each.left.length > 0), count(each => each.status !== 'ROLLBACK_COMPLETE'),
      count(each => each.deleted !== 'DELETE_COMPLETE' || each.again !== 'CREATE_COMPLETE'),
    ];
  });
  return table([['example', 'resources', 'cases', 'clean', 'left', 'not rolled back', 'not again'], ...rows]);
}

function formatExample(name: string, results: readonly Result[]): string {
  const rows = results.filter(each => findProblems(each).length > 0)
    .map(each => [each.logicalId, each.type, each.how, findProblems(each).join('; ')]);
  if (rows.length === 0) {
    return '';
  }
  const reasons = [...new Set(results.flatMap(each => [...each.problems, ...each.whyNotAgain]).map(withoutNames))];
  return [`${name}:`, table(rows), ...reasons.map(reason => `  because ${reason}`)].join('\n');
}

/** Generated names differ from case to case. */
function withoutNames(reason: string): string {
  return reason.replace(/'arn:[^']*'/g, '').replace(/ +/g, ' ');
}

function formatExemptions(results: readonly Result[]): string {
  const reasons = [...new Set(results.flatMap(each => each.exempt))].sort();
  return reasons.length === 0 ? '' : ['May be left:', ...reasons.map(reason => `  ${reason}`)].join('\n');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

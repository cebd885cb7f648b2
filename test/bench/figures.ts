/** What a benchmark found: ratios first, absolute figures behind them as a remark about this machine. */
export interface Figures {
  readonly title: string;
  readonly rows: readonly (readonly [what: string, ratio: string, absolute: string])[];
  readonly goals: readonly (readonly [goal: string, met: boolean])[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Smallest and largest. */
export function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
}

export function markdown(figures: Figures): string {
  return [
    `## ${figures.title}`, '',
    '| what | ratio | here |', '|---|---|---|',
    ...figures.rows.map(row => `| ${row.join(' | ')} |`), '',
    ...figures.goals.map(([goal, met]) => `- ${met ? 'met' : 'NOT met'}: ${goal}`), '',
  ].join('\n');
}

/** Requests to a load balancer for as long as something lasts, and what came of them. */
import { Json } from '../cluster-document';
import { Rehearsal } from '../rehearsal';
import { must } from './scenario';

const CHUNK_SECONDS = 10;
const PER_SECOND = 10;

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  /** The longest time without an answer as expected. */
  readonly longestStall: number;
  readonly slowest: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly failures: readonly Json[];
}

/** One stretch after the other, so that it lasts exactly as long as `work`; a new one begins when the one before has ended. */
export async function underLoad(rehearsal: Rehearsal, url: string, from: Json, work: () => Promise<void>): Promise<LoadResult> {
  let working = true;
  const loading = (async () => {
    const chunks: Json[] = [];
    while (working) {
      chunks.push(await rehearsal.command('load', { url, seconds: CHUNK_SECONDS, perSecond: PER_SECOND, timeout: 10, ...from }));
    }
    return chunks;
  })();
  loading.catch(() => {});
  try {
    await work();
  } finally {
    working = false;
  }
  return summed(await loading);
}

function summed(chunks: readonly Json[]): LoadResult {
  const statuses: Record<string, number> = {};
  for (const chunk of chunks) for (const [status, count] of Object.entries(chunk.statuses)) statuses[status] = (statuses[status] ?? 0) + (count as number);
  const requests = chunks.reduce((sum, each) => sum + each.requests, 0);
  return {
    requests,
    failed: requests - (statuses['200'] ?? 0),
    longestStall: Math.max(...chunks.map(each => each.longestStallSeconds), ...stallsBetween(chunks)),
    slowest: Math.max(...chunks.map(each => each.slowestSeconds)),
    statuses,
    failures: chunks.flatMap(each => each.failures),
  };
}

/** A stall may last longer than one stretch. */
function stallsBetween(chunks: readonly Json[]): number[] {
  const answered = chunks.filter(each => each.goodFrom !== null && each.goodFrom !== undefined);
  return answered.slice(1).map((each, index) => each.goodFrom - answered[index].goodUntil);
}

export function loadText(load: LoadResult): string {
  return `${load.requests} requests, ${load.failed} failed, longest stall ${load.longestStall.toFixed(1)} s, slowest answer ${load.slowest.toFixed(1)} s`;
}

export function noFailures(load: LoadResult): void {
  must(load.failed === 0, `${load.failed} of ${load.requests} requests failed: ${JSON.stringify(load.statuses)} ${JSON.stringify(load.failures.slice(0, 5))}`);
}

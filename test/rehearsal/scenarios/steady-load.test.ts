import { Json } from '../cluster-document';
import { Rehearsal } from '../rehearsal';
import { LoadResult, loadText, underLoad } from './steady-load';

/** Requests in stretches that end at once, as long as there are some. */
async function loaded(...chunks: Json[]): Promise<LoadResult> {
  let done = (): void => {};
  const finished = new Promise<void>(resolve => { done = resolve; });
  const waiting = [...chunks];
  const rehearsal = { command: async () => { if (waiting.length === 1) done(); return waiting.shift(); } } as unknown as Rehearsal;
  return underLoad(rehearsal, 'https://am.example.com/', {}, () => finished);
}

const chunk = (goodFrom: number | null, goodUntil: number | null, more: Json = {}): Json => ({
  requests: 100, statuses: { 200: 100 }, failures: [], longestStallSeconds: 0.2, slowestSeconds: 0.1, goodFrom, goodUntil, ...more,
});

test('requests and failures of all stretches are added up', async () => {
  const load = await loaded(chunk(0, 10), chunk(10.1, 20, { statuses: { 200: 97, 503: 2, none: 1 }, failures: [{ status: '503' }] }));
  expect(load).toMatchObject({ requests: 200, failed: 3, statuses: { 200: 197, 503: 2, none: 1 }, failures: [{ status: '503' }], slowest: 0.1 });
  expect(loadText(load)).toBe('200 requests, 3 failed, longest stall 0.2 s, slowest answer 0.1 s');
});

test('a stall that is longer than a stretch counts whole', async () => {
  const nothing = chunk(null, null, { statuses: { 500: 100 }, longestStallSeconds: 10 });
  expect((await loaded(chunk(0, 4, { longestStallSeconds: 6 }), nothing, chunk(29, 30, { longestStallSeconds: 9 }))).longestStall).toBe(25);
});

test('what fails under load fails', async () => {
  const rehearsal = { command: async () => chunk(0, 1) } as unknown as Rehearsal;
  await expect(underLoad(rehearsal, 'https://am.example.com/', {}, async () => { throw new Error('no node came'); })).rejects.toThrow('no node came');
});

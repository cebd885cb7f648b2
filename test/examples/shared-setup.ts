/** The folder that a run of jest keeps the examples' assemblies in: made before all tests, removed behind them. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Variable with its path; whoever has none synthesizes anew. */
export const SHARED = 'CARBON_EXAMPLES';

export default function setup(): void {
  process.env[SHARED] = mkdtempSync(join(tmpdir(), 'carbon-examples-'));
}

/** `npm run screenshots`: docs/explain.png and docs/explain-phone.png, the page of `carbon-cluster explain` for the gateway example. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasChromium, launch, open } from './chromium';
import { assembly, ROOT } from '../examples/example';

const SHOTS = { 'explain.png': { width: 1280, height: 1000 }, 'explain-phone.png': { width: 390, height: 844 } };

async function main(): Promise<void> {
  if (!hasChromium()) throw new Error('nothing can be drawn');
  const folder = mkdtempSync(join(tmpdir(), 'carbon-screenshots-'));
  const file = join(folder, 'page.html');
  const browser = await launch();
  try {
    execFileSync('tsx', [join(ROOT, 'bin/carbon-cluster.ts'), 'explain', '-a', assembly('api-manager-gateway').folder, '-o', file]);
    for (const [name, viewport] of Object.entries(SHOTS)) {
      const { page } = await open(browser, pathToFileURL(file).href, { viewport, colorScheme: 'light' });
      await page.screenshot({ path: join(ROOT, 'docs', name) });
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

main().catch(error => { console.error((error as Error).message); process.exitCode = 1; });

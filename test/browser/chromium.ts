import { existsSync } from 'node:fs';
import { Browser, BrowserContextOptions, chromium, Page } from 'playwright-core';

/** Where Debian's package `chromium` puts it; CHROMIUM names another. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** It talks to nobody by itself: no updates, no sync, no first run. */
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync'];

/** Whether there is one. Says so where not; the gate must have it. */
export function hasChromium(): boolean {
  if (existsSync(CHROMIUM)) return true;
  const told = `${CHROMIUM} is missing: install Chromium (on Debian the package chromium), or name one in CHROMIUM`;
  if (process.env.CI) throw new Error(told);
  console.warn(`skipped: ${told}`);
  return false;
}

/** A headless Chromium with a profile of its own, which goes when it is closed. */
export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: QUIET });
}

/** An open page, and all that it did which a reader would not see. */
export interface Opened {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const page = await (await browser.newContext(options)).newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  page.on('request', request => requests.push(request.url()));
  page.on('console', message => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', error => complaints.push(error.message));
  page.on('dialog', dialog => { complaints.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  await page.goto(url);
  return { page, requests, complaints };
}

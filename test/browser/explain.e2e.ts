import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CfnOutput } from 'aws-cdk-lib';
import { Browser, Locator, Page } from 'playwright-core';
import { hasChromium, launch, open } from './chromium';
import { ConfigurationEdit, ConfigurationOverlay, ConfigurationValue } from '../../lib';
import { carbonCluster, folderWith } from '../bin/command-line';
import { gateway, testApp, testStack } from '../gateway';

const PHONE = { viewport: { width: 390, height: 844 } };
const DESK = { viewport: { width: 1280, height: 900 } };
/** Screenshots for whoever changes the page; git ignores them. */
const SHOTS = join(__dirname, '../../.local/browser');
/** What runs in the page is given as text: these sources know no browser. */
const OPEN_ALL = 'document.querySelectorAll("details").forEach(each => { each.open = true; })';
const WIDTH = 'document.documentElement.scrollWidth';
const CUT_OFF = `[...document.querySelectorAll('main *')].filter(each => !each.closest('.scroll') && each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 200))`;
const INTRUDERS = '[document.scripts.length, document.images.length, document.querySelectorAll("[onerror], [onmouseover], iframe, object").length]';
const INTRUDE = `(() => {
  document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }));
  document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:9/x.png' }));
  return 'ran' in window;
})()`;
const HOSTILE = `"'><img src=x onerror=alert(2)></script><script>alert(1)</script>`;

(hasChromium() ? describe : describe.skip)('the page of carbon-cluster explain, in Chromium, from a file', () => {
  const folder = folderWith({});
  const url = (name: string): string => pathToFileURL(join(folder, `${name}.html`)).href;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    const app = testApp({ outdir: join(folder, 'cdk.out') });
    gateway(testStack(app, 'Plain'));
    const stack = testStack(app, 'Hostile');
    gateway(stack, {
      domain: `d"><script>alert(3)</script>`,
      configurationOverlays: [ConfigurationOverlay.edits('repository/conf/a.xml', ConfigurationEdit.text('/a/b', ConfigurationValue.text(HOSTILE)))],
    }, `C<script>alert(4)<!-- "'&`);
    new CfnOutput(stack, 'Told', { value: HOSTILE });
    app.synth();
    for (const name of ['Plain', 'Hostile']) {
      const answer = await carbonCluster(['explain', '-a', join(folder, 'cdk.out'), '-s', name, '-o', join(folder, `${name}.html`)]);
      expect([answer.code, answer.errors]).toEqual([0, '']);
    }
    browser = await launch();
  }, 180_000);

  afterAll(async () => browser?.close());

  test('asks nobody for anything, and has nothing to complain of', async () => {
    const { page, requests, complaints } = await open(browser, url('Plain'), DESK);
    expect(await page.title()).toBe('Plain: WSO2 API Manager 2.2.0');
    await page.screenshot({ path: join(SHOTS, 'desk.png'), fullPage: true });
    expect([requests, complaints]).toEqual([[url('Plain')], []]);
  });

  test('a click on a box of the picture leads to what is told of it', async () => {
    const { page, complaints } = await open(browser, url('Plain'), DESK);
    const card = page.locator('article', { has: page.getByRole('heading', { name: 'Gateway/Workers × 2' }) });
    expect(await inView(card)).toBe(false);
    await page.locator('svg').getByRole('link', { name: /Gateway\/Workers/ }).click();
    await settled(page);
    expect(await inView(card)).toBe(true);
    expect(await card.evaluate(element => element.matches(':target'))).toBe(true);
    await page.screenshot({ path: join(SHOTS, 'workers.png') });
    await page.locator('svg').getByRole('link', { name: /Hazelcast/ }).click();
    await settled(page);
    expect(await inView(page.getByRole('heading', { name: /Hazelcast group Plain-Gateway/ }))).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('a file opens by the keyboard and tells what was set and why', async () => {
    const { page } = await open(browser, url('Plain'), DESK);
    const file = page.locator('details[data-file="repository/conf/axis2/axis2.xml"]').first();
    const row = file.locator('tr', { hasText: 'localMemberPort' });
    expect(await row.isVisible()).toBe(false);
    await file.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await row.isVisible()).toBe(true);
    expect((await row.textContent())!.replace(/\s+/g, ' ')).toContain('Hazelcast 3.5.4 looks for members at the ports 5701 to 5703');
    await file.scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(SHOTS, 'file.png') });
  });

  test('the filter shows the settings that have its words, and all of them again', async () => {
    const { page } = await open(browser, url('Plain'), DESK);
    const rows = page.locator('[data-setting]');
    const [visible, all] = [page.locator('[data-setting]:visible'), await rows.count()];
    const files = page.locator('details[data-file]:visible');
    const allFiles = await files.count();
    expect(allFiles).toBeGreaterThan(2);
    await page.getByLabel('Find a setting in all files').fill('secret  PASSWORD master-datasources');
    expect(await visible.count()).toBe(6);
    for (const text of await visible.allTextContents()) expect(text).toMatch(/secret .*field password/);
    expect(await files.count()).toBe(2);
    expect(await page.locator('#filter-told').textContent()).toBe(`6 of ${all} settings`);
    await page.screenshot({ path: join(SHOTS, 'filter.png') });
    await page.getByLabel('Find a setting in all files').fill('nothing has this');
    expect(await page.locator('#filter-told').textContent()).toBe(`0 of ${all} settings`);
    await page.getByLabel('Find a setting in all files').fill('');
    expect(await files.count()).toBe(allFiles);
    expect(await visible.count()).toBe(0);
  });

  test.each([['light', 'Plain'], ['dark', 'Plain'], ['light', 'Hostile']] as const)('nothing is wider than a phone, %s, %s', async (colorScheme, name) => {
    const { page, complaints } = await open(browser, url(name), { ...PHONE, colorScheme });
    expect(await page.evaluate(WIDTH)).toBe(390);
    await page.screenshot({ path: join(SHOTS, `phone-${colorScheme}-${name}.png`) });
    await page.evaluate(OPEN_ALL);
    expect(await page.evaluate(WIDTH)).toBe(390);
    expect(await page.evaluate(CUT_OFF)).toEqual([]);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(colorScheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(246, 247, 249)');
    expect(complaints).toEqual([]);
  });

  test('hostile names and values do nothing, and would be stopped if they did', async () => {
    const { page, requests, complaints } = await open(browser, url('Hostile'), DESK);
    await page.evaluate(OPEN_ALL);
    expect(await page.evaluate(INTRUDERS)).toEqual([1, 0, 0]);
    expect(await page.getByText(HOSTILE, { exact: true }).count()).toBeGreaterThan(1);
    await page.locator('svg').getByRole('link', { name: /Workers/ }).click();
    expect([requests, complaints]).toEqual([[url('Hostile')], []]);
    const stopped = page.waitForEvent('requestfailed');
    expect(await page.evaluate(INTRUDE)).toBe(false);
    expect((await stopped).failure()!.errorText).toBe('csp');
  });

  test('without scripts everything is there but the filter', async () => {
    const { page } = await open(browser, url('Plain'), { ...DESK, javaScriptEnabled: false });
    expect(await page.locator('#filter-box').isVisible()).toBe(false);
    await page.locator('svg').getByRole('link', { name: /Gateway\/Database/ }).click();
    expect(page.url()).toMatch(/#r-GatewayDatabaseInstance/);
    await page.locator('details[data-file]').first().locator('summary').click();
    expect(await page.locator('[data-setting]').first().isVisible()).toBe(true);
  });

  async function inView(locator: Locator): Promise<boolean> {
    const [{ y, height }, { height: screen }] = [(await locator.first().boundingBox())!, locator.page().viewportSize()!];
    return y < screen && y + height > 0;
  }

  /** The page scrolls smoothly, and is where it goes when it stays there. */
  async function settled(page: Page): Promise<void> {
    const at = async (): Promise<number> => page.evaluate('Math.round(scrollY)');
    for (let last = await at(); ;) {
      await page.waitForTimeout(150);
      const now = await at();
      if (now === last) return;
      last = now;
    }
  }
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTEXT, ENV, withoutHashes } from './gateway';

const ROOT = join(__dirname, '..');
const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter(name => existsSync(join(ROOT, 'examples', name, 'app.ts')));

describe.each(EXAMPLES)('%s', name => {
  test('is an app of at most 40 lines with a README', () => {
    const lines = readFileSync(join(ROOT, 'examples', name, 'app.ts'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(existsSync(join(ROOT, 'examples', name, 'README.md'))).toBe(true);
  });

  test('synthesizes to what was reviewed', () => {
    const out = mkdtempSync(join(tmpdir(), 'carbon-example-'));
    execFileSync(join(ROOT, 'node_modules/.bin/tsx'), [join('examples', name, 'app.ts')], {
      cwd: ROOT,
      stdio: 'pipe',
      env: { ...process.env, CDK_OUTDIR: out, CDK_DEFAULT_ACCOUNT: ENV.account, CDK_DEFAULT_REGION: ENV.region, CDK_CONTEXT_JSON: JSON.stringify(CONTEXT) },
    });
    const templates = readdirSync(out).filter(file => file.endsWith('.template.json'));
    expect(templates.length).toBeGreaterThan(0);
    for (const file of templates) {
      expect(withoutHashes(JSON.parse(readFileSync(join(out, file), 'utf8')))).toMatchSnapshot(file);
    }
    rmSync(out, { recursive: true });
  });
});

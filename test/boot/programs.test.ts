import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']);
const available = python.status === 0;

const nginx = spawnSync('nginx', ['-v'], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });

if (nginx.status !== 0) console.warn('the load balancer of NGINX is not tested with a real one: nginx is not installed');
if (!available) console.warn('the tests of the node programs are skipped: they need python3, 3.9 or later');

(available ? test : test.skip)('the programs that run on the node pass their own tests', () => {
  const run = spawnSync('python3', ['-m', 'unittest', 'discover', '-v', '-s', 'test/boot/programs'], { cwd: ROOT, encoding: 'utf8' });
  expect(run.stderr).toMatch(/Ran \d+ tests[\s\S]*OK/);
  expect(run.status).toBe(0);
  const skipped = new Set(run.stderr.match(/(?<=skipped ['"]).+(?=['"])/g));
  for (const reason of skipped) console.warn(`some tests of the node programs are skipped: ${reason}`);
}, 600_000);

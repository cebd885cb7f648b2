/** The options of a server that is out of memory, given to real Java by a script that runs it as WSO2's start scripts do. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outOfMemoryOptions } from '../../lib/boot/out-of-memory';

const JVMS = '/usr/lib/jvm';
const JAVAS = [...new Set((existsSync(JVMS) ? readdirSync(JVMS) : []).map(each => join(JVMS, each, 'bin', 'java')).filter(existsSync).map(each => realpathSync(each)))]
  .filter(each => existsSync(each.replace(/java$/, 'javac')));
const EXHAUST = `
public class Exhaust {
  public static void main(String[] arguments) throws Exception {
    Thread thread = new Thread(() -> { java.util.List<byte[]> kept = new java.util.ArrayList<>(); while (true) kept.add(new byte[1 << 20]); });
    thread.start();
    thread.join();
    System.out.println("lived on");
  }
}`;
/** Loop and exit status are those of WSO2's scripts: 121 asks for a restart, and the script itself ends with 0. */
const SCRIPT = `
status=121
while [ "$status" = 121 ]
do
    $JAVACMD -Xmx24m -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath="$CARBON_HOME/elsewhere.hprof" $JAVA_OPTS -cp "$CARBON_HOME" Exhaust
    status=$?
    [ "$status" = 121 ] || echo "java ended with $status"
done`;

if (JAVAS.length === 0) console.warn('no real Java runs out of memory here: none with a compiler is below /usr/lib/jvm');

(JAVAS.length > 0 ? describe : describe.skip).each(JAVAS.length > 0 ? JAVAS : ['none'])('%s', java => {
  const home = mkdtempSync(join(tmpdir(), 'carbon-memory-'));
  const logs = join(home, 'repository', 'logs');
  const dumps = (): string[] => readdirSync(logs);
  const run = (options: readonly string[]): string => {
    const done = spawnSync('sh', ['-c', SCRIPT], {
      encoding: 'utf8', cwd: home,
      env: { ...process.env, JAVACMD: java, CARBON_HOME: home, JAVA_OPTS: options.map(each => each.replace('/opt/wso2/carbon', home)).join(' ') },
    });
    // However Java ended: the service must not wait for a failure before it starts it anew.
    expect(done.status).toBe(0);
    return done.stdout;
  };

  beforeAll(() => {
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(home, 'Exhaust.java'), EXHAUST);
    expect(spawnSync(java.replace(/java$/, 'javac'), [join(home, 'Exhaust.java')], { encoding: 'utf8' }).stderr).toBe('');
  });
  beforeEach(() => dumps().forEach(each => rmSync(join(logs, each))));
  afterAll(() => rmSync(home, { recursive: true }));

  test('lives on without the options, which is why they are there', () => {
    expect(run([])).toContain('lived on');
  });

  test.each([[[8, 11], 3], [[7, 8], 137]])('of versions %p ends with %i and one dump, also the second time', (versions, status) => {
    const options = outOfMemoryOptions(versions);
    const first = run(options);
    expect(first).toContain(`java ended with ${status}`);
    expect(first).not.toContain('lived on');
    expect(dumps()).toEqual(['heap-dump.hprof']);
    const { size, mtimeMs } = statSync(join(logs, 'heap-dump.hprof'));
    expect(run(options)).toContain(`java ended with ${status}`);
    expect(dumps()).toEqual(['heap-dump.hprof']);
    expect(statSync(join(logs, 'heap-dump.hprof'))).toMatchObject({ size, mtimeMs });
  });
});

test('a Java that may be older than 8 gets no option that it would not know', () => {
  for (const versions of [[7, 8], [6, 7]]) expect(outOfMemoryOptions(versions).join(' ')).not.toContain('ExitOnOutOfMemoryError');
});

test('no option has white space, at which the start script would split it', () => {
  for (const versions of [[7], [17]]) for (const each of outOfMemoryOptions(versions)) expect(each).toMatch(/^[!-~]+$/);
});

test('a profile below the product\'s folder has its dump beside its logs', () => {
  expect(outOfMemoryOptions([8], 'wso2/broker')).toContain('-XX:HeapDumpPath=/opt/wso2/carbon/wso2/broker/repository/logs/heap-dump.hprof');
});

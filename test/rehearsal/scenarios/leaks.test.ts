/** What looks for secrets on rehearsed machines finds each kind of leak. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { leaksIn, SecretFile, Traces } from './leaks';

const PASSWORD = 'q7TzR2mWx9KdLp4s';
const CONF: SecretFile = { path: '/opt/wso2/wso2am-2.2.0/repository/conf/user-mgt.xml', mode: '0600', owner: 'wso2carbon' };
const traces = (over: Partial<Traces> = {}): Traces => ({
  label: 'Workers 10.0.0.2', texts: { 'boot.log': 'carbon-cluster in service\n', processes: 'java -Dx=y org.wso2.carbon.bootstrap.Bootstrap' }, files: [CONF], ...over,
});
const leaks = (over: Partial<Traces>): string[] => leaksIn(traces(over), [PASSWORD]);

test('files of the service and files of root, private, are no leak', () => {
  expect(leaks({ files: [CONF, { path: '/run/carbon-cluster/x.cnf', mode: '0600', owner: 'root' }, { ...CONF, mode: '0400' }] })).toEqual([]);
});

test.each<[string, Partial<Traces>, string]>([
  ['a password in the boot log', { texts: { 'boot.log': `first\npassword is ${PASSWORD}\n` } }, 'shows a secret in boot.log, line 2: given value'],
  ['a password on a command line', { texts: { processes: `mysql -p${PASSWORD} registry` } }, 'shows a secret in processes, line 1: given value'],
  ['the pack\'s password on a command line', { texts: { processes: 'keytool -list -storepass wso2carbon' } }, 'shows a secret in processes, line 1: default password'],
  ['a password in user data', { texts: { 'user data': Buffer.from(`echo ${PASSWORD}`).toString('base64') } }, 'shows a secret in user data, line 1: given value'],
  ['a file that everybody reads', { files: [{ ...CONF, mode: '0644' }] }, `lets others read a secret: ${CONF.path} has mode 0644`],
  ['a file that the group reads', { files: [{ ...CONF, mode: '0640' }] }, `lets others read a secret: ${CONF.path} has mode 0640`],
  ['a file of another user', { files: [{ ...CONF, owner: 'root' }] }, `lets root read a secret: ${CONF.path} is not wso2carbon's`],
  ['a file of the service outside', { files: [{ ...CONF, path: '/etc/x' }] }, "lets wso2carbon read a secret: /etc/x is not root's"],
  ['a private log', { files: [{ ...CONF, path: '/var/log/carbon-cluster/boot.log' }] }, 'has a secret in /var/log/carbon-cluster/boot.log'],
  ['cloud-init\'s copy of user data', { files: [{ ...CONF, path: '/var/lib/cloud/instance/user-data.txt' }] }, 'has a secret in /var/lib/cloud/instance/user-data.txt'],
  ['the product\'s log', { files: [{ ...CONF, path: '/opt/wso2/a/repository/logs/audit.log' }] }, 'has a secret in /opt/wso2/a/repository/logs/audit.log'],
])('%s', (_what, over, sentence) => {
  const found = leaks(over);
  expect(found.map(each => each.replace('Workers 10.0.0.2 ', ''))).toContainEqual(expect.stringContaining(sentence));
  expect(found.join()).not.toContain(PASSWORD);
});

describe('the program that looks through a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-leaks-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, content: string, mode: number): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
  };

  test('finds files by their content, and key stores by their name', () => {
    put('conf/user-mgt.xml', `<Password>${PASSWORD}</Password>`, 0o644);
    put('conf/carbon.xml', '<Server/>', 0o644);
    put('security/carbon-cluster.jks', 'encrypted', 0o600);
    const program = join(__dirname, 'secret_files.py');
    const done = spawnSync('python3', [program, folder], { input: JSON.stringify([Buffer.from(PASSWORD).toString('base64')]), encoding: 'utf8' });
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout)).toEqual([
      { path: join(folder, 'conf/user-mgt.xml'), mode: '0644', owner: userInfo().username },
      { path: join(folder, 'security/carbon-cluster.jks'), mode: '0600', owner: userInfo().username },
    ]);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from './command-line';
import { changed, TOML, XML } from './conf-files';
import { carryingOnly } from '../user-data';

const ROOT = join(__dirname, '../..');

describe('the bundle', () => {
  const dist = folderWith({}, 'dist');
  const program = join(dist, 'bin/carbon-cluster.js');
  const document = JSON.stringify({ product: {}, configuration: { files: [{ file: 'a.properties', edits: [{ property: 'b', value: '1' }] }] } });
  const data = { 'Fn::Base64': carryingOnly(document) };
  const assembly = folderWith({ 'A.template.json': JSON.stringify({
    Resources: { L: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { UserData: data } } } },
  }) });
  const run = (...commandLine: readonly string[]): ReturnType<typeof spawnSync> => spawnSync(process.execPath, [program, ...commandLine],
    { encoding: 'utf8', cwd: dist });

  beforeAll(() => {
    execFileSync(process.execPath, [join(ROOT, 'bin/build.js'), join(dist, 'bin')]);
    mkdirSync(join(dist, 'lib/boot'), { recursive: true });
    cpSync(join(ROOT, 'lib/boot/programs'), join(dist, 'lib/boot/programs'), { recursive: true });
  });

  test('runs by itself, through a link too, as npm installs it', () => {
    symlinkSync(program, join(dist, 'carbon-cluster'));
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(execFileSync(join(dist, 'carbon-cluster'), ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });

  test('reads XML and TOML', () => {
    expect(run('inspect', folderWith(XML), '--product', 'wso2am-2.2.0')).toMatchObject({ status: 0, stderr: '' });
    const bad = changed(TOML, [['deployment.toml', '"identities"', '"wso2.carbon.domain"']]);
    expect(run('inspect', folderWith(bad))).toMatchObject({ status: 1, stdout: expect.stringContaining('domain-default') });
  });

  test('finds the program that runs on the node', () => {
    expect(run('render', '-a', assembly, '-H', folderWith({}))).toMatchObject({ status: 0, stdout: expect.stringContaining('+b=1\n') });
  });

  test('says so where that program is missing', () => {
    const alone = folderWith({}, 'bin');
    cpSync(program, join(alone, 'carbon-cluster.js'));
    expect(spawnSync(process.execPath, [join(alone, 'carbon-cluster.js'), 'render', '-a', assembly, '-H', folderWith({})], { encoding: 'utf8' }))
      .toMatchObject({ status: 3, stderr: expect.stringContaining('carbon_configuration.py is missing: the package is incomplete') });
  });

  test('holds neither CDK nor what it would drag along, and the licences of what it holds', () => {
    expect(statSync(program).size).toBeLessThan(1024 * 1024);
    const licenses = readFileSync(`${program}.LICENSES.txt`, 'utf8');
    for (const name of ['commander', 'smol-toml', '@xmldom/xmldom']) expect(licenses).toContain(`${name} `);
  });

  test('has Graphviz in the file that only explain loads, and draws with it', () => {
    expect(statSync(join(dist, 'bin/explanation.js')).size).toBeLessThan(2 * 1024 * 1024);
    const licenses = readFileSync(`${program}.LICENSES.txt`, 'utf8');
    for (const name of ['@viz-js/viz ', 'Michael Daines', 'gitlab.com/graphviz', 'Expat']) expect(licenses).toContain(name);
    const page = join(dist, 'cluster.html');
    expect(run('explain', '-a', assembly, '-o', page)).toMatchObject({ status: 0, stdout: `${page}\n`, stderr: '' });
    expect(readFileSync(page, 'utf8')).toMatch(/<svg[\s\S]*<\/svg>/);
  });

  test('has the AWS SDK in the file that only commands that call AWS load', () => {
    expect(statSync(join(dist, 'bin/with-aws.js')).size).toBeLessThan(2 * 1024 * 1024);
    expect(readFileSync(`${program}.LICENSES.txt`, 'utf8')).toContain('@aws-sdk/client-ec2 ');
    const app = folderWith({ 'node_modules/aws-cdk/package.json': '{}' });
    const { stderr, status } = spawnSync(process.execPath, [program, 'rehearse', '--app', 'none'], { encoding: 'utf8', cwd: app, env: { PATH: '' } });
    // Without Python on the path it gets as far as asking whether this machine can rehearse.
    expect([status, stderr]).toEqual([3, 'carbon-cluster: A rehearsal needs Linux, root and Python 3.11 or later.\n']);
  });

  test('says in a sentence why it cannot verify', () => {
    const { stderr, status } = spawnSync(process.execPath, [program, 'verify', 'Gateway'], { encoding: 'utf8', cwd: dist, env: {
      AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true',
    } });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^carbon-cluster: the caller is not known: Region is missing: give --region .*\n$/)]);
  });

  test('ends quietly when its reader has seen enough', () => {
    const conf = folderWith(XML);
    const { status, stdout, stderr } = spawnSync('bash', ['-c', `"${process.execPath}" "${program}" inspect "${conf}" | head -n 1; exit "\${PIPESTATUS[0]}"`],
      { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('unknown product');
  });
});

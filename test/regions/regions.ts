/**
 * Every example in regions of four partitions, judged by what this repository did not write: cfn-lint, which knows what each region offers, and
 * parliament, which knows the actions and resources of IAM policies. Both are the newest from PyPI, unlike those of the emulator.
 *
 * usage: npm run test:regions [-- --region cn-north-1 ...] [-- --installed]
 *
 * --region     only this one; may be given several times
 * --installed  do not look for newer versions of what is in .local/regions already
 *
 * Exit codes: 0 nothing is found but what is explained; 1 something is found.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quiet } from '../emulator/python';
import { ALL, synthesize } from '../examples/example';
import { ENV } from '../gateway';
import { LOCAL_FOLDER } from '../places';

const REGIONS = ['us-east-1', 'eu-central-1', 'ap-southeast-2', 'cn-north-1', 'us-gov-west-1', 'eusc-de-east-1'];
/**
 * W3005: what CDK depends on by name it also depends on by reference; both hold.
 * W3010: the zones of the VPC are looked up in the account and kept in cdk.context.json; that is how CDK spreads subnets.
 */
const EXPLAINED = ['W3005', 'W3010'];
/** Hazelcast 3.5 reaches no region of other domains: what the constructs say of it is an answer. */
const REFUSED = /region '.*' cannot be reached by Hazelcast 3\.5\.4, whose endpoint always ends in amazonaws\.com: use Membership\.discovered\(\)/;
const IMAGE = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64';
const FOLDER = join(LOCAL_FOLDER, 'regions');
const PYTHON = join(FOLDER, 'venv/bin/python3');

function main(): number {
  const { values } = parseArgs({ options: { region: { type: 'string', multiple: true }, installed: { type: 'boolean' } } });
  install(values.installed ?? false);
  checkJudges();
  const found = (values.region ?? REGIONS).flatMap(region => problemsIn(region));
  for (const line of found) console.log(line);
  return found.length === 0 ? 0 : 1;
}

function python(args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { encoding: 'utf8', env: quiet(process.env), maxBuffer: 1e8 });
  return { code: status, stdout, stderr };
}

function install(asInstalled: boolean): void {
  if (asInstalled && existsSync(PYTHON)) return;
  mkdirSync(FOLDER, { recursive: true });
  const made = spawnSync('python3', ['-m', 'venv', join(FOLDER, 'venv')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`a virtual environment cannot be made: ${made.stderr}`);
  const { code, stderr } = python(['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--upgrade', 'cfn-lint', 'parliament', 'setuptools<81']);
  if (code !== 0) throw new Error(`cfn-lint and parliament cannot be installed: ${stderr}`);
  console.log(python(['-c', 'from importlib.metadata import version; print(*(f"{each} {version(each)}" for each in ("cfn-lint", "parliament")))']).stdout.trim());
}

/** A judge that finds nothing in what is wrong would find nothing anywhere. */
function checkJudges(): void {
  const file = join(FOLDER, 'wrong.json');
  writeFileSync(file, JSON.stringify({ Resources: {
    Database: { Type: 'AWS::RDS::DBInstance', Properties: { Engine: 'mysql', EngineVersion: '8.4.99', DBInstanceClass: 'db.t4g.medium' } },
    Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { InstanceType: 'm7i.large' } } },
    Policy: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: {
      Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObjekt', Resource: 'arn:aws:s3:::bucket/*' }],
    } } },
  } }));
  const said = [...lint('cn-north-1', [file]), ...policies([file])].join('\n');
  for (const expected of ['E3691', 'E3628', 'UNKNOWN_ACTION']) {
    if (!said.includes(expected)) throw new Error(`${expected} is not found in a template that is wrong: ${said}`);
  }
}

function problemsIn(region: string): string[] {
  const folder = join(FOLDER, region);
  rmSync(folder, { recursive: true, force: true });
  const context = {
    [`availability-zones:account=${ENV.account}:region=${region}`]: ['a', 'b', 'c'].map(zone => region + zone),
    [`ssm:account=${ENV.account}:parameterName=${IMAGE}:region=${region}`]: 'ami-0123456789abcdef0',
  };
  const templates: string[] = [];
  const problems: string[] = [];
  ALL.forEach(([title, name, given], index) => {
    const out = join(folder, String(index));
    try {
      synthesize(name, out, { ...given, ...context }, { preload: join(__dirname, 'authorities.ts'), env: { CDK_DEFAULT_REGION: region, CDK_VALIDATION: 'false' } });
      templates.push(...readdirSync(out).filter(each => each.endsWith('.template.json')).map(each => join(out, each)));
    } catch (error) {
      if (!REFUSED.test((error as Error).message)) problems.push(`${region}: ${title}: ${(error as Error).message}`);
      else console.log(`${region}: ${title} is refused, as it should be`);
    }
  });
  if (templates.length === 0) return [...problems, `${region}: no template`];
  const found = [...lint(region, templates), ...policies(templates)];
  console.log(`${region}: ${templates.length} templates, ${found.length} findings`);
  return [...problems, ...found.map(each => `${region}: ${each}`)];
}

function lint(region: string, templates: readonly string[]): string[] {
  const { stdout, stderr } = python(['-c', 'from cfnlint.runner import main; main()', '--regions', region, '--format', 'json', '--', ...templates]);
  let found: { Rule: { Id: string }; Filename: string; Message: string }[];
  try {
    found = JSON.parse(stdout);
  } catch {
    throw new Error(`cfn-lint does not answer for ${region}: ${stderr}`);
  }
  return found.filter(each => !EXPLAINED.includes(each.Rule.Id)).map(each => `${each.Rule.Id} ${each.Filename}: ${each.Message.slice(0, 200)}`);
}

function policies(templates: readonly string[]): string[] {
  const { code, stdout, stderr } = python([join(__dirname, 'policies.py'), ...templates]);
  if (code !== 0) throw new Error(`parliament does not answer: ${stderr}`);
  return stdout.split('\n').filter(each => each !== '');
}

process.exitCode = main();

/**
 * The evaluator of the emulator's judge against one that is not ours (@cloud-copilot/iam-simulate): generated requests and policies, each
 * decided by both. What both get wrong in the same way this test cannot see.
 */
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { Check } from '../rehearsal/authorization/ledger';
import { evaluator, opinionOf } from '../rehearsal/authorization/second-opinion';

const ACCOUNT = '123456789012';
const CASES = 1500;
/** Reads a list of cases and writes whether each is allowed, by the evaluator that the judge uses. */
const OURS = `
import json, sys
from carbon_emulator.authorization.policies import Policies, Policy, Principal, Request, decide
def judged(case):
    documents = lambda names: tuple(Policy(each['name'], case['documents'][each['document']]) for each in names)
    check = case['check']
    request = Request(Principal(check['arn'], check['session'], '${ACCOUNT}'), check['action'], check['resource'], check['context'], ('*',))
    resource = documents([check['resourcePolicy']])[0] if check['resourcePolicy'] else None
    return decide(request, Policies(documents(check['identity']), documents(check['boundary']), resource, check['ofKey'])).allowed
json.dump([judged(each) for each in json.load(sys.stdin)], sys.stdout)
`;

interface Case { readonly check: Check; readonly documents: Record<string, object> }

/** Numbers that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

class Generator {
  private readonly next: () => number;

  public constructor(seed: number) {
    this.next = numbers(seed);
  }

  public chance(part: number): boolean {
    return this.next() < part;
  }

  public of<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)];
  }

  public some<T>(values: readonly T[]): T | T[] {
    return this.chance(0.6) ? this.of(values) : [this.of(values), this.of(values)];
  }
}

const REGION = 'us-east-1';
const arn = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
/** What the judged calls are about: an action, the ARN it is asked for, and patterns that match it, nearly match it, or do not. */
const SUBJECTS: readonly { action: string; resource: string; patterns: readonly string[]; context: Record<string, string | string[]> }[] = [
  {
    action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:app/db-AbCdEf'),
    patterns: [arn('secretsmanager', 'secret:app/db-AbCdEf'), arn('secretsmanager', 'secret:app/db'), arn('secretsmanager', 'secret:app/db-??????'),
      arn('secretsmanager', 'secret:app/*'), arn('secretsmanager', 'secret:APP/db-AbCdEf'), '*', 'arn:aws:secretsmanager:*:*:secret:app/db-*'],
    context: { 'secretsmanager:VersionStage': 'AWSCURRENT', 'aws:ResourceTag/cluster': 'one' },
  },
  {
    action: 's3:GetObject', resource: 'arn:aws:s3:::packs/wso2[1].zip',
    patterns: ['arn:aws:s3:::packs/*', 'arn:aws:s3:::packs/wso2[1].zip', 'arn:aws:s3:::packs', 'arn:aws:s3:::pack?/wso2*', '*', 'arn:aws:s3:::${aws:PrincipalTag/team}/*'],
    context: { 's3:ResourceAccount': ACCOUNT },
  },
  {
    action: 'ec2:AttachNetworkInterface', resource: arn('ec2', 'instance/i-0123456789abcdef0'),
    patterns: [arn('ec2', 'instance/*'), arn('ec2', 'network-interface/*'), 'arn:aws:ec2:*:*:instance/i-0123*', arn('ec2', '*'), '*'],
    context: { 'aws:ResourceTag/cluster': 'one', 'ec2:ResourceTag/cluster': 'one', 'ec2:Region': REGION },
  },
  { action: 'ec2:DescribeInstances', resource: '*', patterns: ['*', arn('ec2', 'instance/*')], context: { 'ec2:Region': REGION } },
  {
    action: 'autoscaling:SetInstanceHealth', resource: arn('autoscaling', 'autoScalingGroup:1b2c:autoScalingGroupName/Workers'),
    patterns: [arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/Workers'), arn('autoscaling', 'autoScalingGroup:1b2c:autoScalingGroupName/W*'),
      arn('autoscaling', 'autoScalingGroup:other:autoScalingGroupName/Workers'), '*'],
    context: { 'autoscaling:ResourceTag/cluster': 'one', 'aws:ResourceTag/cluster': 'one' },
  },
  {
    action: 'logs:PutLogEvents', resource: arn('logs', 'log-group:/carbon/boot:log-stream:i-1'),
    patterns: [arn('logs', 'log-group:/carbon/boot:*'), arn('logs', 'log-group:/carbon/boot'), arn('logs', 'log-group:*:log-stream:i-1'), '*'], context: {},
  },
  {
    action: 'kms:Decrypt', resource: arn('kms', 'key/11111111-2222-3333-4444-555555555555'),
    patterns: [arn('kms', 'key/11111111-2222-3333-4444-555555555555'), arn('kms', 'key/*'), '*'],
    context: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': arn('secretsmanager', 'secret:app/db-AbCdEf'), 'kms:CallerAccount': ACCOUNT },
  },
];

const ROLE = { arn: `arn:aws:iam::${ACCOUNT}:role/Nodes`, session: `arn:aws:sts::${ACCOUNT}:assumed-role/Nodes/i-0123456789abcdef0` };
const USER = { arn: `arn:aws:iam::${ACCOUNT}:user/Member`, session: null };
const COMMON = {
  'aws:RequestedRegion': REGION, 'aws:SecureTransport': 'true', 'aws:PrincipalAccount': ACCOUNT, 'aws:PrincipalTag/team': 'packs', 'aws:ViaAWSService': 'false',
};
const PRINCIPALS = ['*', { AWS: '*' }, { AWS: `arn:aws:iam::${ACCOUNT}:root` }, { AWS: ACCOUNT }, { AWS: ROLE.arn }, { AWS: [USER.arn, ROLE.arn] },
  { AWS: ROLE.session }, { AWS: `arn:aws:iam::${ACCOUNT}:role/Other` }, { Service: 'logs.amazonaws.com' }];

/** Operators, each with keys and values that it takes. */
const TEXTS: readonly [string, readonly string[]][] = [
  ['aws:RequestedRegion', [REGION, 'eu-*', 'us-*', 'US-EAST-1']], ['aws:PrincipalTag/team', ['packs', 'pack?', '${aws:PrincipalTag/team}', 'x']],
  ['aws:ResourceTag/cluster', ['one', 'two', 'o*']], ['kms:ViaService', [`secretsmanager.${REGION}.amazonaws.com`, 's3.*']], ['aws:PrincipalTag/missing', ['x', '*']],
  ['ec2:Region', [REGION, 'eu-west-1']], ['kms:EncryptionContext:SecretARN', [arn('secretsmanager', 'secret:app/*'), arn('secretsmanager', 'secret:app/db-AbCdEf')]], ['aws:PrincipalAccount', [ACCOUNT, '999999999999']],
];
const TEXT_OPERATORS = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase',
  'StringEqualsIfExists', 'StringNotLikeIfExists', 'ForAnyValue:StringLike', 'ForAllValues:StringEquals'];
const ARNS = ['arn:aws:iam::*:role/*', ROLE.arn, 'arn:aws:iam::123456789012:*', USER.arn, `arn:aws:iam::${ACCOUNT}:role/Node?`];
const ARN_OPERATORS = ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike', 'ArnLikeIfExists'];

function condition(g: Generator): Record<string, object> {
  const kind = g.of(['text', 'text', 'text', 'arn', 'bool', 'null', 'date', 'address']);
  if (kind === 'text') {
    const [key, values] = g.of(TEXTS);
    return { [g.of(TEXT_OPERATORS)]: { [g.chance(0.2) ? key.toUpperCase() : key]: g.some(values) } };
  }
  if (kind === 'arn') return { [g.of(ARN_OPERATORS)]: { 'aws:PrincipalArn': g.some(ARNS) } };
  if (kind === 'bool') return { [g.of(['Bool', 'BoolIfExists'])]: { [g.of(['aws:SecureTransport', 'aws:ViaAWSService', 'aws:MultiFactorAuthPresent'])]: g.of(['true', 'false']) } };
  if (kind === 'null') return { Null: { [g.of(['aws:PrincipalTag/team', 'aws:PrincipalTag/missing', 'aws:PrincipalArn'])]: g.of(['true', 'false']) } };
  if (kind === 'address') return { [g.of(['IpAddress', 'NotIpAddress'])]: { 'aws:SourceIp': g.some(['10.0.0.0/16', '10.0.1.11', '192.0.2.0/24']) } };
  return { [g.of(['DateLessThan', 'DateGreaterThanEquals', 'DateGreaterThan'])]: { 'aws:CurrentTime': g.of(['2026-11-30T00:00:00Z', '2026-12-01T12:00:00Z', '2027-01-01T00:00:00Z']) } };
}

function statement(g: Generator, subject: typeof SUBJECTS[number], ofResource: boolean): object {
  const [service, name] = subject.action.split(':');
  const actions = [subject.action, `${service}:*`, `${service}:${name.slice(0, 4)}*`, subject.action.toLowerCase(), 's3:PutObject', '*'];
  const only = ['s3:PutObject', 'iam:*', subject.action];
  return {
    Effect: g.chance(0.75) ? 'Allow' : 'Deny',
    ...ofResource ? { Principal: g.of(PRINCIPALS) } : {},
    ...g.chance(0.9) ? { Action: g.some(actions) } : { NotAction: g.some(only) },
    ...g.chance(0.92) ? { Resource: g.some(subject.patterns) } : { NotResource: g.some(subject.patterns) },
    ...g.chance(0.5) ? { Condition: { ...condition(g), ...g.chance(0.3) ? condition(g) : {} } } : {},
  };
}

function generated(seed: number): Case {
  const g = new Generator(seed * 7919 + 17);
  // The first numbers of a seed are like those of its neighbours.
  for (let index = 0; index < 10; index++) g.chance(0.5);
  const subject = g.of(SUBJECTS);
  const documents: Record<string, object> = {};
  const document = (name: string, ofResource = false): { name: string; document: string } => {
    const count = g.of([1, 1, 2, 3]);
    documents[name] = { Version: '2012-10-17', Statement: Array.from({ length: count }, () => statement(g, subject, ofResource)) };
    return { name, document: name };
  };
  const who = g.chance(0.8) ? ROLE : USER;
  const ofKey = subject.action.startsWith('kms:');
  return {
    documents,
    check: {
      principal: who.arn, ...who, service: null, action: subject.action, resource: subject.resource,
      context: { ...COMMON, ...subject.context, 'aws:PrincipalArn': who.arn, 'aws:SourceIp': '10.0.1.11', 'aws:CurrentTime': '2026-12-01T12:00:00Z' },
      identity: Array.from({ length: g.of([0, 1, 1, 2]) }, (_, index) => document(`identity${index}`)), boundary: g.chance(0.15) ? [document('boundary')] : [],
      resourcePolicy: ofKey || g.chance(0.4) ? document('resource', true) : null, ofKey, allowed: false, reason: '', calls: 1,
    },
  };
}

const cases = Array.from({ length: CASES }, (_, seed) => generated(seed));
let ours: boolean[];

beforeAll(() => {
  const said = execFileSync('python3', ['-c', OURS], { cwd: path.resolve(__dirname), input: JSON.stringify(cases), encoding: 'utf8' });
  ours = JSON.parse(said) as boolean[];
});

test('the generated cases are allowed and denied, some by a resource policy and some by a boundary', () => {
  const share = ours.filter(Boolean).length / CASES;
  expect(share).toBeGreaterThan(0.15);
  expect(share).toBeLessThan(0.85);
});

test('both evaluators decide the same', async () => {
  const other = evaluator()!;
  const differences: string[] = [];
  for (const [index, each] of cases.entries()) {
    const said = await opinionOf(other, each.check, each.documents, ACCOUNT);
    if (said !== (ours[index] ? 'Allowed' : 'Denied')) differences.push(`case ${index}: ours ${ours[index]}, theirs ${said}: ${JSON.stringify(each)}`);
  }
  expect(differences).toEqual([]);
}, 120_000);

import {
  DetachRolePolicyCommand, GetRolePolicyCommand, IAMClient, ListAttachedRolePoliciesCommand, ListRolePoliciesCommand, PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AuthorizationProblem } from '../authorization/ledger';
import { deployedDocument } from '../host-paths';
import { Json } from '../cluster-document';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { nodesOf, workersOf } from './checks';
import { settings } from './emulated';
import { label, must, Scenario, SETTLE_SECONDS, until } from './scenario';

/** What the nodes lack, and how the report must name it. */
const DENIALS: readonly [string, RegExp][] = [
  ['s3:GetObject', /^s3:GetObject on arn:aws:s3:::cdk-hnb659fds-assets-.*\.zip$/],
  ['ec2:DescribeInstances', /^ec2:DescribeInstances on \*$/],
  ['kms:Decrypt', /^kms:Decrypt on arn:aws:kms:.*:key\/[0-9a-f-]{36}$/],
];

/** The judge of authorization itself: what a role may no longer do is denied as on AWS, and named. */
export const denied: Scenario = {
  name: 'denied', ci: false, about: 'a permission that a role lacks is denied and named',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/denied.app.ts', boot: false });
    const [lost] = workersOf(rehearsal);
    const manager = nodesOf(rehearsal).find(each => !workersOf(rehearsal).includes(each))!;
    context.step(`${label(lost)} may no longer read objects, the workers may not look for members, nor ${label(manager)} decrypt`);
    const iam = new IAMClient(settings(rehearsal));
    const workersRole = roleOf(rehearsal, lost);
    await change(iam, workersRole, 's3:GetObject', statement => ({ ...statement, Condition: { StringNotLike: { 'aws:userid': `*:${lost.id}` } } }));
    await detachMembership(iam, workersRole);
    await change(iam, roleOf(rehearsal, manager), 'kms:Decrypt', () => undefined);
    await rehearsal.command('boot');
    for (const [action, pattern] of DENIALS) {
      const seen = await untilDenied(rehearsal, action, pattern);
      context.show(`${seen.principal} was denied ${seen.what}, ${seen.reason}`);
    }
    must(lost.phases.prepare === undefined, `${label(lost)} got its programs all the same`);
  },
};

async function untilDenied(rehearsal: Rehearsal, action: string, pattern: RegExp): Promise<AuthorizationProblem> {
  let seen: AuthorizationProblem | undefined;
  await until(`nobody was denied ${action}`, SETTLE_SECONDS, async () => {
    seen = (await rehearsal.authorizations()).problems.find(each => each.outcome === 'denied' && pattern.test(each.what));
    return seen !== undefined;
  });
  return seen!;
}

function roleOf(rehearsal: Rehearsal, node: RehearsedNode): string {
  return deployedDocument(rehearsal).nodes.find((each: Json) => each.instanceId === node.id).role.name;
}

/** Changes every statement of the role's inline policies that allows an action, or leaves it out. */
async function change(iam: IAMClient, role: string, action: string, to: (statement: Json) => Json | undefined): Promise<void> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: role }));
  let changed = 0;
  for (const PolicyName of PolicyNames) {
    const answer = await iam.send(new GetRolePolicyCommand({ RoleName: role, PolicyName }));
    const document = JSON.parse(decodeURIComponent(answer.PolicyDocument!)) as Json;
    const statements = (document.Statement as Json[]).flatMap(each => {
      if (![each.Action].flat().some(one => one === action)) return [each];
      changed++;
      return to(each) ?? [];
    });
    await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName, PolicyDocument: JSON.stringify({ ...document, Statement: statements }) }));
  }
  must(changed > 0, `no statement of ${role} allows ${action}`);
}

async function detachMembership(iam: IAMClient, role: string): Promise<void> {
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: role }));
  const policy = AttachedPolicies.find(each => /Membership/.test(each.PolicyName!));
  must(policy !== undefined, `${role} has no policy for its membership`);
  await iam.send(new DetachRolePolicyCommand({ RoleName: role, PolicyArn: policy!.PolicyArn }));
}

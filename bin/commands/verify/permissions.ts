import { Api, Decision } from './api';
import { Cluster, idsOf, MachineGroup, NodeGroup, resourceName } from './cluster';
import { DENIED_TO_ALL, DENIED_TO_THE_KEY } from './denied-actions';
import { answered, failure, Finding, finding, listed, Problem } from './finding';
import { MEMBERSHIP_ACTION } from './membership';
import { groupNeeds, needsOf, Need } from './needs';

const READ_SECRET = 'secretsmanager:GetSecretValue';

interface Principal {
  readonly what: string;
  readonly arn: () => Promise<string | undefined>;
  readonly needs: (arn: string) => readonly Need[];
  readonly denied: readonly string[];
  /** ARNs of the cluster's secrets, of which it may read those that it needs, and write none; absent for users. */
  readonly secrets?: readonly string[];
}

/** The policies of each machine's role, and of the user whose key the members have, as IAM itself simulates them. */
export async function permissions(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  const principals = [
    ...cluster.groups.map(group => rolePrincipal(cluster, group, keyless(group), api)),
    ...cluster.balancers.map(group => rolePrincipal(cluster, group, [], api)),
    ...idsOf(cluster, 'AWS::IAM::User').map(user => userPrincipal(cluster, user, api)),
  ];
  const findings = await Promise.all(principals.map(each => answered(each.what, () => judge(each, cluster, api))));
  return findings.flat();
}

/** Regions whose EC2 the members ask under their role. */
function keyless({ membership }: NodeGroup): string[] {
  return membership.keySecret === undefined ? membership.filters.flatMap(each => each.region ?? []) : [];
}

function rolePrincipal(cluster: Cluster, group: MachineGroup, regions: readonly string[], api: Api): Principal {
  const { stack } = cluster;
  return {
    what: `role of ${group.name}`,
    arn: async () => {
      const { Arn, Name } = group.launchTemplate.IamInstanceProfile ?? {};
      const profile = Name ?? Arn?.split('/').pop();
      return profile === undefined ? undefined : api.roleOf(profile);
    },
    needs: arn => [
      ...needsOf(group.userData, { partition: arn.split(':')[1], region: stack.region, account: stack.account }, regions),
      ...groupNeeds(group.userData, group.autoScalingGroup.AutoScalingGroupARN, stack.region),
    ],
    denied: DENIED_TO_ALL,
    secrets: idsOf(cluster, 'AWS::SecretsManager::Secret'),
  };
}

function userPrincipal(cluster: Cluster, user: string, api: Api): Principal {
  const withKey = cluster.groups.filter(each => each.membership.keySecret !== undefined);
  const regions = new Set(withKey.flatMap(each => each.membership.filters).map(each => each.region ?? cluster.stack.region));
  return {
    what: `user ${resourceName(cluster, user)}`,
    arn: () => api.userArn(user),
    needs: () => [...regions].map(region => ({ action: MEMBERSHIP_ACTION, resource: '*', region })),
    denied: DENIED_TO_THE_KEY,
  };
}

async function judge(principal: Principal, cluster: Cluster, api: Api): Promise<Finding[]> {
  const arn = await principal.arn();
  if (arn === undefined) return [finding(principal.what, [failure('the launch template names no instance profile with a role')], '')];
  const needs = principal.needs(arn);
  return [
    finding(`${principal.what}: what it needs`, await missing(arn, needs, api), `${needs.length} of ${needs.length} allowed`),
    await nothingMore(principal, arn, needs, cluster, api),
  ];
}

async function missing(arn: string, needs: readonly Need[], api: Api): Promise<Problem[]> {
  const decisions = await Promise.all(needs.map(each => api.simulate(arn, [each.action], each.resource, each.region, each.context)));
  return needs.flatMap((need, index) => {
    const [decision] = decisions[index];
    return decision?.allowed ? [] : [failure(`${need.action} on ${need.resource} is not allowed${reason(decision)}`)];
  });
}

function reason(decision: Decision | undefined): string {
  return decision === undefined ? '' : ` (${decision.decision})`;
}

async function nothingMore(principal: Principal, arn: string, needs: readonly Need[], cluster: Cluster, api: Api): Promise<Finding> {
  const { region } = cluster.stack;
  const allowed = (await api.simulate(arn, principal.denied, '*', region)).filter(each => each.allowed).map(each => each.action);
  const regions = needs.filter(each => each.action === MEMBERSHIP_ACTION).map(each => each.region);
  const elsewhere = regions.length === 0 ? [] : await api.simulate(arn, [MEMBERSHIP_ACTION], '*', otherRegion(regions));
  const problems = [
    ...(allowed.length > 0 ? [failure(`it may also do on any resource: ${listed(allowed)}`)] : []),
    ...(elsewhere.some(each => each.allowed) ? [failure(`${MEMBERSHIP_ACTION} is allowed in other regions than ${regions.join(', ')} too`)] : []),
    ...(await Promise.all((principal.secrets ?? []).map(each => secretProblems(arn, needs, each, cluster, api)))).flat(),
  ];
  return finding(`${principal.what}: nothing more`, problems, `${principal.denied.length} other actions denied on any resource`);
}

/** A server that runs reads what it is told to read: the administrator's password, for one, is not among that. */
async function secretProblems(arn: string, needs: readonly Need[], secret: string, cluster: Cluster, api: Api): Promise<Problem[]> {
  const isNeeded = ({ action, resource }: Need): boolean => action === READ_SECRET && sameSecret(resource, secret);
  const refused = [...(needs.some(isNeeded) ? [] : [READ_SECRET]), 'secretsmanager:PutSecretValue'];
  const allowed = (await api.simulate(arn, refused, secret, cluster.stack.region)).filter(each => each.allowed);
  const name = resourceName(cluster, secret);
  return allowed.map(({ action }) => failure(`${action} on the secret ${name} is allowed, and nothing on the node needs it`));
}

/** The node may have asked for it without the six characters of its ARN, for which others stand then. */
function sameSecret(one: string, other: string): boolean {
  return one === other || one.slice(0, -7) === other.slice(0, -7);
}

function otherRegion(regions: readonly string[]): string {
  return ['us-east-1', 'eu-west-1', 'ap-southeast-2'].find(each => !regions.includes(each))!;
}

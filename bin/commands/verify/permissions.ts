import { Api, Decision } from './api';
import { Cluster, idsOf, NodeGroup, resourceName } from './cluster';
import { DENIED_TO_ALL, DENIED_TO_THE_KEY } from './denied-actions';
import { answered, failure, Finding, finding, listed, Problem } from './finding';
import { MEMBERSHIP_ACTION } from './membership';
import { resolve } from '../../deployed-user-data';
import { FileSource } from '../../../lib/boot/node-document';
import { referencesIn } from '../../../lib/configuration/plan';

/** An action that somebody must be allowed, on one resource. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  /** Region of the call. */
  readonly region: string;
}

interface Principal {
  readonly what: string;
  readonly arn: () => Promise<string | undefined>;
  readonly needs: (arn: string) => readonly Need[];
  readonly denied: readonly string[];
}

/** The policies of each node's role, and of the user whose key the members have, as IAM itself simulates them. */
export async function permissions(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  const principals = [
    ...cluster.groups.map(group => rolePrincipal(cluster, group, api)),
    ...idsOf(cluster, 'AWS::IAM::User').map(user => userPrincipal(cluster, user, api)),
  ];
  const findings = await Promise.all(principals.map(each => answered(each.what, () => judge(each, cluster.stack.region, api))));
  return findings.flat();
}

function rolePrincipal(cluster: Cluster, group: NodeGroup, api: Api): Principal {
  return {
    what: `role of ${group.name}`,
    arn: async () => {
      const { Arn, Name } = group.launchTemplate.IamInstanceProfile ?? {};
      const profile = Name ?? Arn?.split('/').pop();
      return profile === undefined ? undefined : api.roleOf(profile);
    },
    needs: arn => nodeNeeds(group, arn.split(':')[1], cluster.stack.region),
    denied: DENIED_TO_ALL,
  };
}

function userPrincipal(cluster: Cluster, user: string, api: Api): Principal {
  const regions = new Set(cluster.groups.filter(each => each.membership.keySecret !== undefined).map(each => each.membership.region));
  return {
    what: `user ${resourceName(cluster, user)}`,
    arn: () => api.userArn(user),
    needs: () => [...regions].map(membershipNeed),
    denied: DENIED_TO_THE_KEY,
  };
}

/** What a node does under its own role, read from what it is told. */
export function nodeNeeds(group: NodeGroup, partition: string, region: string): Need[] {
  const { values, document } = group.userData;
  const { admin, schemas = [] } = document.databases ?? {};
  const secrets = [...referencesIn(document.configuration, 'secret'), admin, ...schemas.map(each => each.secret)];
  const arns = new Set(secrets.filter(each => each !== undefined).map(each => values[each]).filter(each => each !== undefined));
  const sources = [document.pack, document.driver?.source, ...(document.trust?.certificates ?? []).map(each => each.source)];
  const objects = [
    `${values.ProgramsBucket}/${values.ProgramsKey}`,
    ...sources.filter(each => each !== undefined).flatMap(each => objectsOf(each, values)),
  ];
  const stack = resolve(document.signal?.stack, values);
  return [
    ...(discoversUnderRole(group) ? [membershipNeed(group.membership.region)] : []),
    ...[...arns].map(resource => ({ action: 'secretsmanager:GetSecretValue', resource, region })),
    ...objects.map(each => ({ action: 's3:GetObject', resource: `arn:${partition}:s3:::${each}`, region })),
    ...(stack === undefined ? [] : [{ action: 'cloudformation:SignalResource', resource: stack, region }]),
  ];
}

/** Without a checksum in the document, the node reads the one beside the file. */
function objectsOf(source: FileSource, values: Readonly<Record<string, string>>): string[] {
  const object = `${resolve(source.bucket, values)}/${resolve(source.key, values)}`;
  return source.sha256 === undefined ? [object, `${object}.sha256`] : [object];
}

function discoversUnderRole({ membership }: NodeGroup): boolean {
  return membership.discovery !== undefined && membership.discovery.hosts === undefined && membership.keySecret === undefined;
}

function membershipNeed(region: string): Need {
  return { action: MEMBERSHIP_ACTION, resource: '*', region };
}

async function judge(principal: Principal, region: string, api: Api): Promise<Finding[]> {
  const arn = await principal.arn();
  if (arn === undefined) return [finding(principal.what, [failure('the launch template names no instance profile with a role')], '')];
  const needs = principal.needs(arn);
  return [
    finding(`${principal.what}: what it needs`, await missing(arn, needs, api), `${needs.length} of ${needs.length} allowed`),
    await nothingMore(principal, arn, needs, region, api),
  ];
}

async function missing(arn: string, needs: readonly Need[], api: Api): Promise<Problem[]> {
  const decisions = await Promise.all(needs.map(each => api.simulate(arn, [each.action], each.resource, each.region)));
  return needs.flatMap((need, index) => {
    const [decision] = decisions[index];
    return decision?.allowed ? [] : [failure(`${need.action} on ${need.resource} is not allowed${reason(decision)}`)];
  });
}

function reason(decision: Decision | undefined): string {
  return decision === undefined ? '' : ` (${decision.decision})`;
}

async function nothingMore(principal: Principal, arn: string, needs: readonly Need[], region: string, api: Api): Promise<Finding> {
  const allowed = (await api.simulate(arn, principal.denied, '*', region)).filter(each => each.allowed).map(each => each.action);
  const membership = needs.find(each => each.action === MEMBERSHIP_ACTION);
  const elsewhere = membership ? await api.simulate(arn, [MEMBERSHIP_ACTION], '*', otherRegion(membership.region)) : [];
  const problems = [
    ...(allowed.length > 0 ? [failure(`it may also do on any resource: ${listed(allowed)}`)] : []),
    ...(elsewhere.some(each => each.allowed) ? [failure(`${MEMBERSHIP_ACTION} is allowed in other regions than ${membership!.region} too`)] : []),
  ];
  return finding(`${principal.what}: nothing more`, problems, `${principal.denied.length} other actions denied on any resource`);
}

function otherRegion(region: string): string {
  return region === 'us-east-1' ? 'eu-west-1' : 'us-east-1';
}

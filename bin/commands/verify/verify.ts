import { accessKey } from './access-key';
import { Api } from './api';
import { Gone, Unanswered } from './ask';
import { Cluster, clustersNamed, readClusters } from './cluster';
import { database } from './database';
import { discovery } from './discovery';
import { Finding } from './finding';
import { members } from './members';
import { metadata } from './metadata';
import { permissions } from './permissions';
import { securityGroups } from './security-groups';
import { DeployedStack, PathOf, readStack } from './stack';
import { targets } from './targets';
import { CommandFailure, EXIT, UsageFailure } from '../../command';

export interface VerifyRequest {
  readonly stack: string;
  /** A path of a cluster's construct, or a unique part of one. @default - all clusters of the stack */
  readonly cluster?: string;
  /** @default - that of the caller's settings */
  readonly region?: string;
  readonly pathOf: PathOf;
  readonly now: Date;
}

export interface CheckedFinding extends Finding {
  readonly check: string;
}

export interface VerifiedGroup {
  readonly name: string;
  /** Product, version and profile. */
  readonly title: string;
  /** Absent where it is not known, and where there is none. */
  readonly hazelcast?: string;
  /** Absent for load balancers. */
  readonly membershipScheme?: string;
  readonly instances: readonly string[];
}

export interface VerifiedCluster {
  readonly name: string;
  readonly groups: readonly VerifiedGroup[];
  readonly findings: readonly CheckedFinding[];
}

export interface Verification {
  readonly stack: Omit<DeployedStack, 'resources'>;
  readonly clusters: readonly VerifiedCluster[];
}

/** Why nothing was checked. An error of a class would not be known as one outside the file that this is bundled into. */
export interface Refusal {
  readonly refusal: string;
  readonly exitCode: number;
}

type Check = (cluster: Cluster, api: Api, now: Date) => Promise<readonly Finding[]>;

const CHECKS: readonly (readonly [string, Check])[] = [
  ['permissions', permissions],
  ['access key', accessKey],
  ['discovery', discovery],
  ['security groups', securityGroups],
  ['targets', targets],
  ['database', database],
  ['instance metadata', metadata],
  ['members', members],
];

/** Checks the clusters of a deployed stack. Only reads. */
export async function verify(request: VerifyRequest): Promise<Verification | Refusal> {
  try {
    return await verified(request);
  } catch (error) {
    if (error instanceof CommandFailure) return { refusal: error.message, exitCode: error.exitCode };
    throw error;
  }
}

async function verified(request: VerifyRequest): Promise<Verification> {
  // Which Node.js the SDK will want one day is no concern of who verifies a cluster.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const api = new Api(request.region);
  await checkCaller(api);
  const { stack, clusters } = await read(request, api);
  const { name, id, status, account, region } = stack;
  return { stack: { name, id, status, account, region }, clusters: await Promise.all(clusters.map(each => verifyCluster(each, api, request.now))) };
}

async function checkCaller(api: Api): Promise<void> {
  try {
    await api.region();
    await api.checkCredentials();
  } catch (error) {
    throw new UsageFailure(`the caller is not known: ${(error as Error).message}: give --region or AWS_REGION, and AWS_PROFILE or another of the `
      + 'ways in which AWS takes credentials');
  }
}

async function read(request: VerifyRequest, api: Api): Promise<{ stack: DeployedStack; clusters: readonly Cluster[] }> {
  try {
    const stack = await readStack(api, request.stack, request.pathOf);
    return { stack, clusters: clustersNamed(await readClusters(api, stack), request.cluster) };
  } catch (error) {
    // Without these answers there is nothing to check.
    if (error instanceof Unanswered || error instanceof Gone) throw new CommandFailure(`stack ${request.stack}: ${error.message}`, EXIT.UNANSWERED);
    throw error;
  }
}

async function verifyCluster(cluster: Cluster, api: Api, now: Date): Promise<VerifiedCluster> {
  const findings = await Promise.all(CHECKS.map(async ([check, find]) => (await find(cluster, api, now)).map(each => ({ check, ...each }))));
  return {
    name: cluster.name,
    groups: [
      ...cluster.groups.map(({ name, instanceIds, membership: { title, hazelcast, scheme } }) => ({
        name, title, hazelcast, membershipScheme: scheme, instances: instanceIds,
      })),
      ...cluster.balancers.map(({ name, instanceIds }) => ({ name, title: 'NGINX', instances: instanceIds })),
    ],
    findings: findings.flat(),
  };
}

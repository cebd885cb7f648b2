import { PortRange } from '../network/cluster-security-group';

/** Which generation of Hazelcast's AWS discovery a version has. */
export type HazelcastGeneration = '3.5' | '3.12' | '4.2' | '5';

export function generationOf(version: string): HazelcastGeneration {
  const [major, minor] = version.split('.').map(Number);
  if (major === 3 && minor === 5) return '3.5';
  if (major === 3 && minor === 12) return '3.12';
  if (major === 4) return '4.2';
  if (major === 5) return '5';
  throw new Error(`version '${version}' of Hazelcast is not one that Carbon carries, use 3.5, 3.12, 4.2 or 5`);
}

/** The documentation of WSO2 recommends 5701 to 5800 for the aws scheme. */
const RECOMMENDED: PortRange = { from: 5701, to: 5800 };

/** hazelcast.tcp.join.port.try.count: 3.5 probes a peer at the node's own port and the next two. */
const PROBED_BY_3_5 = 3;

/** From 3.12 on discovery probes hz-port, which Carbon does not let one set. */
const PROBED_FROM_3_12: PortRange = { from: 5701, to: 5708 };

/** The ports at which this Hazelcast looks for a member, `localMemberPort` being the same on every node. */
export function probedPorts(generation: HazelcastGeneration, localMemberPort: number): PortRange {
  if (generation === '3.5') return { from: localMemberPort, to: Math.min(localMemberPort + PROBED_BY_3_5 - 1, 65535) };
  return PROBED_FROM_3_12;
}

export function checkAwsMemberPort(version: string, port: number): void {
  if (!Number.isInteger(port) || port < RECOMMENDED.from || port > RECOMMENDED.to) {
    throw new Error(`localMemberPort ${port} is outside ${RECOMMENDED.from} to ${RECOMMENDED.to}, give a port of the aws membership scheme`);
  }
  if (generationOf(version) === '3.5' || port <= PROBED_FROM_3_12.to) return;
  throw new Error(`localMemberPort ${port} is never probed by Hazelcast ${version}, give one of `
    + `${PROBED_FROM_3_12.from} to ${PROBED_FROM_3_12.to}`);
}

/**
 * Whether members refuse a member with a different group password. 3.5 does. 3.12 admits whoever knows the group's name, and 4 and 5 have no
 * group password: tried with the community editions 3.5.4 and 3.12.2; `removed in 3.8.2` by the reference of Hazelcast's GroupConfig.
 */
export function comparesGroupPasswords(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major === 3 && minor <= 5;
}

/** What a Hazelcast can do in the aws scheme. */
export interface AwsAbilities {
  /** It finds the instance's role by itself. */
  readonly instanceRole: boolean;
  /** It asks for instance metadata, whatever its credentials are: for its availability zone, if for nothing else. */
  readonly needsMetadata: boolean;
  /** It does so without a token. */
  readonly needsImdsV1: boolean;
}

/**
 * 3.5: the role's name is taken from 4.4.34 on, yet its request for metadata is malformed (product-is#9998); with a key it asks
 * for no metadata. 3.12 and 4.2 know IMDSv1 only (hazelcast#25405) and fail to start without it even with a key: seen running with
 * 3.12.2 and 4.2.6 (test/rehearsal/stand-in/smoke.py). IMDSv2 came with 5.2.2 (hazelcast#23545).
 */
export function awsAbilities(version: string): AwsAbilities {
  const generation = generationOf(version);
  if (generation === '3.5') return { instanceRole: false, needsMetadata: false, needsImdsV1: false };
  if (generation !== '5') return { instanceRole: true, needsMetadata: true, needsImdsV1: true };
  const [, minor, patch = 0] = version.split('.').map(Number);
  return { instanceRole: true, needsMetadata: true, needsImdsV1: minor < 2 || (minor === 2 && patch < 2) };
}

/**
 * 3.5.0 and 3.5.1 sign for the endpoint of us-east-1 whatever the region is; a hostHeader with the region's endpoint is the
 * workaround [inferred from the history of hazelcast-aws].
 */
export function needsHostHeader(version: string): boolean {
  return version === '3.5.0' || version === '3.5.1';
}

/**
 * 3.5 always asks ec2.<region>.amazonaws.com. In the partitions of China and of the European Sovereign Cloud, and in the isolated ones,
 * the endpoints have other domains.
 */
export function reachesRegion(version: string, region: string): boolean {
  return generationOf(version) !== '3.5' || !/^(cn|eusc|us-iso[a-z]*|eu-iso[a-z]*)-/.test(region);
}

import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { LateBoundValues } from '../boot/late-bound-values';
import { Parameter } from '../configuration/node-model';
import { Members, StaticMember } from '../configuration/plan';
import { ClusterIdentity } from '../network/cluster-identity';
import { PortRange } from '../network/cluster-security-group';
import { NodeRole, ProductVersion } from '../products/product-version';

/** What a membership strategy is told of its cluster. */
export interface MembershipHost {
  readonly product: ProductVersion;
  readonly identity: ClusterIdentity;
  /** Roles that there are. */
  readonly roles: readonly NodeRole[];
  /** The cluster's key. */
  readonly encryptionKey?: kms.IKey;
}

/** A node at an address that it keeps. */
export interface WellKnownNode {
  readonly role: NodeRole;
  /** Private address, known only to CloudFormation. */
  readonly address: string;
}

/** The node that is configured. */
export interface MemberNode {
  readonly role: NodeRole;
  /** All nodes of the cluster that keep their addresses. */
  readonly wellKnown: readonly WellKnownNode[];
}

/** What a membership strategy made of it. */
export interface MembershipConfig {
  /** Value of `membershipScheme`. */
  readonly scheme: string;
  readonly localMemberPort: (role: NodeRole) => number;
  /** Ports that the members must be able to reach at each other. */
  readonly memberPorts: readonly PortRange[];
  /** Hazelcast asks for instance metadata without a token. */
  readonly needsImdsV1: boolean;
  /** Hazelcast asks for instance metadata at all. */
  readonly needsMetadata: boolean;
  /** How many nodes of a role keep their addresses when their instances are replaced; none where absent. */
  readonly wellKnownCount?: (role: NodeRole, count: number) => number;
  /** Where the members are, for schemes that write it down; others may be added to them. */
  readonly addresses?: (values: LateBoundValues, wellKnown: readonly WellKnownNode[]) => readonly StaticMember[];
  /** The node's share: grants to its role, parameters in the kernel's spelling. */
  readonly bindNode: (role: iam.IRole, values: LateBoundValues, node: MemberNode) => NodeMembership;
}

export interface NodeMembership {
  readonly parameters: readonly Parameter[];
  readonly members?: Members;
}

import * as iam from 'aws-cdk-lib/aws-iam';
import { LateBoundValues } from '../boot/late-bound-values';
import { Parameter } from '../configuration/node-model';
import { Members } from '../configuration/plan';
import { ClusterIdentity } from '../network/cluster-identity';
import { PortRange } from '../network/cluster-security-group';
import { NodeRole, ProductVersion } from '../products/product-version';

/** What a membership strategy is told of its cluster. */
export interface MembershipHost {
  readonly product: ProductVersion;
  readonly identity: ClusterIdentity;
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
  /** The node's share: grants to its role, parameters in the kernel's spelling. */
  readonly bindNode: (role: iam.IRole, values: LateBoundValues) => NodeMembership;
}

export interface NodeMembership {
  readonly parameters: readonly Parameter[];
  readonly members?: Members;
}

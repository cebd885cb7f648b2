import { Construct } from 'constructs';
import { AwsMembershipCompiler } from './aws-membership';
import { AwsMembershipOptions } from './aws-membership-options';
import { awsAbilities } from './hazelcast';
import { MembershipConfig, MembershipHost } from './membership-host';
import { DiscoveredMembershipOptions, WellKnownMembershipOptions, WellKnownNodesOptions } from './well-known-member';
import { bindDiscovered, bindWellKnown, bindWellKnownNodes } from './well-known-membership';
import { ProductVersion } from '../products/product-version';

/**
 * How the members of a cluster find each other: Carbon's `membershipScheme`, compiled for the kernel and the Hazelcast of the
 * product.
 */
export abstract class Membership {
  /**
   * The `aws` scheme: Hazelcast asks the EC2 API for running instances with this cluster's tag, in this cluster's security
   * group. Hazelcast 3.12 and 4.2 ask for instance metadata without a token on the way, which the nodes then allow with a hop
   * limit of 1 and the warning `cdk-wso2-cluster:membershipImdsV1`.
   *
   * @throws if the region, the port or the credentials are such that members would never find each other
   */
  public static aws(options: AwsMembershipOptions = {}): Membership {
    const compiler = new AwsMembershipCompiler(options);
    return new BoundMembership((scope, host) => compiler.bind(scope, host));
  }

  /** The `wka` scheme with members at addresses of your own. */
  public static wellKnown(options: WellKnownMembershipOptions): Membership {
    return new BoundMembership(scope => bindWellKnown(scope, options));
  }

  /**
   * The `wka` scheme with nodes of this cluster that keep their addresses: the manager and some workers, or all of the nodes that
   * are alike. Each has a network interface which its instance attaches when it boots, and an auto scaling group of its own that
   * replaces the instance in the interface's zone.
   *
   * @throws if a port or the number of well-known workers is none
   */
  public static wellKnownNodes(options: WellKnownNodesOptions = {}): Membership {
    return new BoundMembership((scope, host) => bindWellKnownNodes(scope, host, options));
  }

  /**
   * The `wka` scheme with the nodes of this cluster: each node lists the instances with the cluster's tag under its own role,
   * with IMDSv2, whenever its server starts, and writes them down as well-known members. No access key anywhere, on any
   * kernel.
   */
  public static discovered(options: DiscoveredMembershipOptions = {}): Membership {
    return new BoundMembership((scope, host) => bindDiscovered(scope, host, options));
  }

  /**
   * What a cluster has without a choice: the `aws` scheme wherever it works with IMDSv2 only, discovered members elsewhere.
   *
   * @internal
   */
  public static _default(product: ProductVersion): Membership {
    return awsAbilities(product.hazelcast).needsImdsV1 ? Membership.discovered() : Membership.aws();
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: MembershipHost): MembershipConfig;
}

class BoundMembership extends Membership {
  public constructor(private readonly binding: (scope: Construct, host: MembershipHost) => MembershipConfig) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, host: MembershipHost): MembershipConfig {
    return this.binding(scope, host);
  }
}

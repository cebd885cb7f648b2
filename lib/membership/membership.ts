import { Construct } from 'constructs';
import { AwsMembershipCompiler } from './aws-membership';
import { AwsMembershipOptions } from './aws-membership-options';
import { MembershipConfig, MembershipHost } from './membership-host';
import { DiscoveredMembershipOptions, WellKnownMembershipOptions } from './well-known-member';
import { bindDiscovered, bindWellKnown } from './well-known-membership';

/**
 * How the members of a cluster find each other: Carbon's `membershipScheme`, compiled for the kernel and the Hazelcast of the
 * product.
 */
export abstract class Membership {
  /**
   * The `aws` scheme: Hazelcast asks the EC2 API for running instances with this cluster's tag, in this cluster's security
   * group.
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
   * The `wka` scheme with the nodes of this cluster: each node lists the instances with the cluster's tag under its own role,
   * with IMDSv2, whenever its server starts, and writes them down as well-known members. No access key anywhere, on any
   * kernel.
   */
  public static discovered(options: DiscoveredMembershipOptions = {}): Membership {
    return new BoundMembership((scope, host) => bindDiscovered(scope, host, options));
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

import { Construct } from 'constructs';
import { bindApplication } from './application-load-balancing';
import { ApplicationLoadBalancingOptions } from './application-load-balancing-options';
import { checkIdleTimeout } from './idle-timeout';
import { LoadBalancingConfig, LoadBalancingHost } from './load-balancing-host';

/** What stands before the nodes, and sends each host name to those that serve it. */
export abstract class LoadBalancing {
  /**
   * One application load balancer: a TLS listener on port 443 and a rule for each host name. Needs `certificates` of the cluster.
   *
   * @throws if the idle timeout is one that AWS refuses
   */
  public static application(options: ApplicationLoadBalancingOptions = {}): LoadBalancing {
    checkIdleTimeout(options.idleTimeout);
    return new BoundLoadBalancing((scope, host) => bindApplication(scope, host, options));
  }

  /** Nothing: clients connect to the nodes, or to a load balancer of yours. The nodes' ports stay closed until you open them. */
  public static none(): LoadBalancing {
    return new BoundLoadBalancing(() => ({ balance: () => undefined }));
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: LoadBalancingHost): LoadBalancingConfig;
}

class BoundLoadBalancing extends LoadBalancing {
  public constructor(private readonly binding: (scope: Construct, host: LoadBalancingHost) => LoadBalancingConfig) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, host: LoadBalancingHost): LoadBalancingConfig {
    return this.binding(scope, host);
  }
}

import { Construct } from 'constructs';
import { bindApplication } from './application-load-balancing';
import { ApplicationLoadBalancingOptions } from './application-load-balancing-options';
import { checkIdleTimeout } from './idle-timeout';
import { LoadBalancingConfig, LoadBalancingHost } from './load-balancing-host';
import { NginxBalancing } from './nginx-load-balancing';
import { NginxLoadBalancingOptions } from './nginx-load-balancing-options';
import { BackEndClient } from '../tls/back-end-client';
import { TlsPolicy } from '../tls/tls-policy';

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

  /**
   * Instances of NGINX in the cluster's subnets, behind a network load balancer with TCP listeners on ports 443 and 80: the virtual
   * hosts of WSO2's clustering guides, TLS from the client to NGINX and from NGINX to the node. Every instance finds the nodes by
   * their tags and asks for their health every 30 seconds, and is reloaded when something has changed; the last configuration that
   * worked serves on while the EC2 API does not answer.
   *
   * @throws if the edition cannot do what is asked of it
   */
  public static nginx(options: NginxLoadBalancingOptions): LoadBalancing {
    return new BoundLoadBalancing((scope, host) => new NginxBalancing(scope, host, options).config());
  }

  /** Nothing: clients connect to the nodes, or to a load balancer of yours. The nodes' ports stay closed until you open them. */
  public static none(): LoadBalancing {
    return new BoundLoadBalancing((_, host) => ({
      backEndClient: BackEndClient.passThrough(host.tlsPolicy ?? TlsPolicy.FS_1_2_RES_2019_08),
      balance: () => undefined,
    }));
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

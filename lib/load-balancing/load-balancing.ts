import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { bindApplication, bindExistingApplication } from './application-load-balancing';
import { ApplicationLoadBalancingOptions } from './application-load-balancing-options';
import { ClassicBalancing } from './classic-load-balancing';
import { ClassicLoadBalancingOptions } from './classic-load-balancing-options';
import { ExistingApplicationLoadBalancingOptions } from './existing-application-load-balancing-options';
import { checkIdleTimeout } from './idle-timeout';
import { LoadBalancingConfig, LoadBalancingHost } from './load-balancing-host';
import { NginxBalancing } from './nginx-load-balancing';
import { NginxLoadBalancingOptions } from './nginx-load-balancing-options';
import { Wso2ElasticBalancing } from './wso2-elastic-load-balancing';
import { Wso2ElasticLoadBalancingOptions } from './wso2-elastic-load-balancing-options';
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
   * An application load balancer that exists, and that other clusters may use too: a rule and a target group for each host name at its
   * listener. `certificates` of the cluster, if there are any, are added to the listener.
   *
   * @throws if the priority is none, or the highest
   */
  public static existingApplication(options: ExistingApplicationLoadBalancingOptions): LoadBalancing {
    checkPriority(options.priority);
    return new BoundLoadBalancing((scope, host) => bindExistingApplication(scope, host, options));
  }

  /**
   * Classic load balancers: one before the services and one before the console, because they cannot tell host names apart. For accounts
   * that have them, and for listeners that pass TCP on; everybody else is better off with an application load balancer, which does not
   * depend on RSA key exchange with the nodes. AWS has no deletion protection for them.
   *
   * @throws if a timeout is one that AWS refuses
   */
  public static classic(options: ClassicLoadBalancingOptions = {}): LoadBalancing {
    checkIdleTimeout(options.idleTimeout);
    return new BoundLoadBalancing((scope, host) => new ClassicBalancing(scope, host, options).config());
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

  /**
   * One instance of WSO2 Elastic Load Balancer, as in WSO2's older guides, at an address that it keeps, behind a network load balancer
   * with TCP listeners on ports 443 and 80. It joins the nodes' Hazelcast group at its group management port, so every node has it among
   * its well-known members, and tells it sub-domain and port mapping.
   *
   * WSO2 retired it, and its last version has Hazelcast 3.0.1, which cannot join nodes of kernel 4.4 and later: for these it needs a pack
   * that was built with their Hazelcast, and everybody else is better off with NGINX.
   *
   * @throws if the version is not known
   */
  public static wso2ElasticLoadBalancer(options: Wso2ElasticLoadBalancingOptions): LoadBalancing {
    return new BoundLoadBalancing((scope, host) => new Wso2ElasticBalancing(scope, host, options).config());
  }

  /** Nothing: clients connect to the nodes, or to a load balancer of yours. The nodes' ports stay closed until you open them. */
  public static none(): LoadBalancing {
    return new BoundLoadBalancing((_, host) => ({
      backEndClient: BackEndClient.passThrough(host.tlsPolicy ?? TlsPolicy.FS_1_2_RES_2019_08),
      balance: () => [],
    }));
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: LoadBalancingHost): LoadBalancingConfig;
}

/** The highest that AWS takes is 50000, and the console's is the next one. */
function checkPriority(priority: number): void {
  if (Token.isUnresolved(priority) || Number.isInteger(priority) && priority >= 1 && priority < 50_000) return;
  throw new Error(`priority ${priority} of a listener rule is none, give one of 1 to 49999`);
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

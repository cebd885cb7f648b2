import { Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { HealthCheckDescription } from '../products/product-version';

const HTTPS = 443;
/** A console session idles out after 15 minutes in Carbon; its cookie may live longer than it. */
const CONSOLE_STICKINESS = Duration.hours(1);
/** A node that is told to leave gets this long to finish what it serves. */
const DEREGISTRATION_DELAY = Duration.seconds(60);

export interface ApplicationBalancerProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** At least one; the cluster refuses none. */
  readonly certificates: acm.ICertificate[];
  readonly internetFacing: boolean;
  readonly clients: readonly ec2.IPeer[];
  readonly deletionProtection: boolean;
}

export interface BalancedGroup {
  readonly id: string;
  readonly hostName: string;
  readonly priority: number;
  readonly port: number;
  readonly healthCheck: HealthCheckDescription;
  /** Cookie of the product's session, where requests of one session must reach one node. */
  readonly sessionCookie?: string;
  readonly target: elbv2.IApplicationLoadBalancerTarget;
}

/** One application load balancer with one TLS listener; the host name decides which nodes a request reaches. */
export class ApplicationBalancer extends Construct {
  public readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  public readonly listener: elbv2.ApplicationListener;

  public constructor(scope: Construct, id: string, props: ApplicationBalancerProps) {
    super(scope, id);
    this.loadBalancer = new elbv2.ApplicationLoadBalancer(this, 'Resource', {
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      internetFacing: props.internetFacing,
      dropInvalidHeaderFields: true,
      deletionProtection: props.deletionProtection,
    });
    this.listener = this.loadBalancer.addListener('Https', {
      port: HTTPS,
      protocol: elbv2.ApplicationProtocol.HTTPS,
      certificates: props.certificates,
      sslPolicy: elbv2.SslPolicy.TLS13_RES,
      open: false,
      // A request for no host name of ours is nobody's business.
      defaultAction: elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'not found' }),
    });
    for (const peer of props.clients) this.loadBalancer.connections.allowFrom(peer, ec2.Port.tcp(HTTPS), 'Clients of the cluster');
  }

  public addGroup(group: BalancedGroup): elbv2.ApplicationTargetGroup {
    if (group.healthCheck.protocol === 'TCP') {
      throw new Error(`profile of group ${group.id} answers no HTTP on port ${group.healthCheck.port}, which an application load balancer `
        + 'must ask: choose another profile');
    }
    return this.listener.addTargets(group.id, {
      protocol: elbv2.ApplicationProtocol.HTTPS,
      port: group.port,
      targets: [group.target],
      conditions: [elbv2.ListenerCondition.hostHeaders([group.hostName])],
      priority: group.priority,
      deregistrationDelay: DEREGISTRATION_DELAY,
      healthCheck: {
        protocol: elbv2.Protocol.HTTPS,
        port: String(group.healthCheck.port),
        path: group.healthCheck.path,
        healthyHttpCodes: '200',
        // A dead node gets requests for half a minute at most; a long pause of its Java for less is forgiven.
        interval: Duration.seconds(10),
        timeout: Duration.seconds(8),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
      ...(group.sessionCookie ? { stickinessCookieName: group.sessionCookie, stickinessCookieDuration: CONSOLE_STICKINESS } : {}),
    });
  }
}

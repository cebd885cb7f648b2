/** What can be protected against deletion. */
import { DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import {
  DescribeLoadBalancerAttributesCommand, ElasticLoadBalancingV2Client, ModifyLoadBalancerAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';

export interface ProtectedResource {
  /** Property of the custom resource that names it. */
  readonly property: 'DatabaseInstance' | 'LoadBalancer';
  readonly id: string;
  /** The command that takes the protection off. */
  readonly command: string;
  /** False also where the resource does not exist any more. */
  isProtected(): Promise<boolean>;
  /** Asks for it; the service may take a moment. */
  request(on: boolean): Promise<unknown>;
}

export class DatabaseInstance implements ProtectedResource {
  public readonly property = 'DatabaseInstance';
  public readonly command: string;

  public constructor(public readonly id: string, private readonly client: RDSClient) {
    this.command = `aws rds modify-db-instance --db-instance-identifier ${id} --no-deletion-protection`;
  }

  public async isProtected(): Promise<boolean> {
    const answer = await unlessGone('DBInstanceNotFound', () => this.client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: this.id })));
    return answer?.DBInstances?.[0]?.DeletionProtection === true;
  }

  /** Without ApplyImmediately, which would also apply whatever else waits for the maintenance window; protection does not need it. */
  public request(on: boolean): Promise<unknown> {
    return this.client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: this.id, DeletionProtection: on }));
  }
}

const ATTRIBUTE = 'deletion_protection.enabled';

export class LoadBalancer implements ProtectedResource {
  public readonly property = 'LoadBalancer';
  public readonly command: string;

  public constructor(public readonly id: string, private readonly client: ElasticLoadBalancingV2Client) {
    this.command = `aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${id} --attributes Key=${ATTRIBUTE},Value=false`;
  }

  public async isProtected(): Promise<boolean> {
    const question = new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: this.id });
    const answer = await unlessGone('LoadBalancerNotFound', () => this.client.send(question));
    return answer?.Attributes?.find(each => each.Key === ATTRIBUTE)?.Value === 'true';
  }

  public request(on: boolean): Promise<unknown> {
    const attributes = [{ Key: ATTRIBUTE, Value: String(on) }];
    return this.client.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: this.id, Attributes: attributes }));
  }
}

/** The names of errors end with `Fault`, `Exception` or nothing, by service and version of the SDK. */
async function unlessGone<T>(name: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (problem) {
    if ((problem as Error).name.startsWith(name)) return undefined;
    throw problem;
  }
}

/**
 * The Lambda function that protects the database and the load balancer of a cluster against deletion, once its nodes are in service.
 *
 * Called by  CloudFormation, when the custom resource is created, changed or deleted
 * Fails      with a sentence, and without having changed anything
 *
 * `npm run build` makes function/index.js of it.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { RDSClient } from '@aws-sdk/client-rds';
import { answer, ResourceRequest } from '../../access/rotation/resource-request';
import { retain } from './database-log';
import { DeletionProtection, ProtectionServices } from './deletion-protection';
import { DatabaseInstance, LoadBalancer, ProtectedResource } from './protected-resource';

/** CloudFormation makes texts of all values. */
export interface ProtectionProperties {
  readonly Enabled: string;
  /** Absent where the cluster has none of its own, as are load balancers. */
  readonly DatabaseInstance?: string;
  /** Log group of the database; absent with it. */
  readonly DatabaseLog?: string;
  /** ARN. */
  readonly LoadBalancer?: string;
}

export interface ProtectionEvent extends ResourceRequest<ProtectionProperties> {
  readonly PhysicalResourceId?: string;
  readonly OldResourceProperties?: ProtectionProperties;
}

/** As that of the logs of the nodes. */
const RETENTION_DAYS = 90;

export function handler(event: ProtectionEvent): Promise<void> {
  return handle(event, {});
}

/** Tests give services of their own. */
export async function handle(event: ProtectionEvent, services: Partial<ProtectionServices>): Promise<void> {
  const { RequestType: type, PhysicalResourceId: physicalId, ResourceProperties: properties, OldResourceProperties: old } = event;
  const protection = new DeletionProtection({ ...SERVICES, ...services });
  const resources = resourcesOf(properties);
  const request = { enabled: properties.Enabled === 'true', resources, stackId: event.StackId, physicalId };
  return answer(event, physicalId ?? 'deletion-protection', async () => {
    if (type === 'Delete') {
      await protection.delete(request);
      return physicalId!;
    }
    if (properties.DatabaseLog) await retain(properties.DatabaseLog, RETENTION_DAYS);
    if (type === 'Create') return protection.create(request);
    await protection.update({ ...request, gone: resourcesOf(old).filter(each => !resources.some(({ id }) => id === each.id)) });
    return physicalId!;
  });
}

const SERVICES: ProtectionServices = {
  describeStack,
  now: Date.now,
  pause: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
  log: console.log,
};

function resourcesOf(properties?: ProtectionProperties): ProtectedResource[] {
  const { DatabaseInstance: database, LoadBalancer: balancer } = properties ?? {};
  return [
    ...database ? [new DatabaseInstance(database, new RDSClient({}))] : [],
    ...balancer ? [new LoadBalancer(balancer, new ElasticLoadBalancingV2Client({}))] : [],
  ];
}

async function describeStack(stackId: string): Promise<{ readonly status: string; readonly rootId?: string }> {
  const { Stacks: [stack] = [] } = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stackId }));
  return { status: stack.StackStatus!, rootId: stack.RootId };
}

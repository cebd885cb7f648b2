import { Instance } from '@aws-sdk/client-ec2';
import { Cluster, groupOf, instanceName, NodeGroup } from './cluster';
import { answered, failure, Finding, finding, Problem } from './finding';
import { hazelcastName, needsImdsV1 } from './membership';

const HOP_LIMIT = 1;

/** The instance metadata service of each node: no more open than its Hazelcast needs. */
export async function metadata(cluster: Cluster): Promise<readonly Finding[]> {
  return answered('instance metadata', async () => {
    const instances = await cluster.instances();
    return cluster.groups.map(group => judge(cluster, group, instances.filter(each => groupOf(cluster, each.InstanceId!) === group)));
  });
}

function judge(cluster: Cluster, group: NodeGroup, instances: readonly Instance[]): Finding {
  if (instances.length === 0) return { what: group.name, state: 'not answered', detail: 'it has no instances' };
  const hazelcast = hazelcastName(group.membership);
  const needsV1 = needsImdsV1(group.membership);
  if (needsV1 === undefined) {
    return { what: group.name, state: 'not answered', detail: `whether ${hazelcast} needs IMDSv1 is not known` };
  }
  const problems = instances.flatMap(each => metadataProblems(instanceName(cluster, each.InstanceId!), each, needsV1, hazelcast));
  const tokens = needsV1 ? 'IMDSv1 is allowed, which its Hazelcast needs' : 'tokens are required';
  return finding(group.name, problems, `${tokens}, hop limit ${HOP_LIMIT}, on ${instances.length} instances`);
}

/** What is wrong with the options of one instance. */
export function metadataProblems(name: string, { MetadataOptions }: Instance, needsV1: boolean, hazelcast: string): Problem[] {
  const { HttpTokens, HttpPutResponseHopLimit, HttpEndpoint } = MetadataOptions ?? {};
  if (HttpEndpoint === 'disabled') return [failure(`${name} has no instance metadata, which its boot program reads`)];
  const hops = HttpPutResponseHopLimit ?? HOP_LIMIT;
  return [
    ...(HttpTokens === 'required' && needsV1 ? [failure(`${name} requires tokens (IMDSv2), which ${hazelcast} does not send`)] : []),
    ...(HttpTokens !== 'required' && !needsV1 ? [failure(`${name} answers without a token (IMDSv1), which nothing on it needs`)] : []),
    ...(hops > HOP_LIMIT ? [failure(`${name} answers over ${hops} hops, so that a container or a proxy on it reads the role's credentials`)] : []),
  ];
}

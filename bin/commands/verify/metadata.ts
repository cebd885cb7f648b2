import { Instance } from '@aws-sdk/client-ec2';
import { Cluster, instanceName, MachineGroup } from './cluster';
import { answered, failure, Finding, finding, Problem } from './finding';
import { hazelcastName, needsImdsV1 } from './membership';

const HOP_LIMIT = 1;

/** The instance metadata service of each node: no more open than its Hazelcast needs. */
export async function metadata(cluster: Cluster): Promise<readonly Finding[]> {
  return answered('instance metadata', async () => {
    const instances = await cluster.instances();
    const of = (group: MachineGroup): Instance[] => instances.filter(each => group.instanceIds.includes(each.InstanceId!));
    return [
      ...cluster.groups.map(each => judge(cluster, each, of(each), needsImdsV1(each.membership), hazelcastName(each.membership))),
      ...cluster.balancers.map(each => judge(cluster, each, of(each), false, 'NGINX')),
    ];
  });
}

function judge(cluster: Cluster, { name }: MachineGroup, instances: readonly Instance[], needsV1: boolean | undefined, asker: string): Finding {
  if (instances.length === 0) return { what: name, state: 'not answered', detail: 'it has no instances' };
  if (needsV1 === undefined) return { what: name, state: 'not answered', detail: `whether ${asker} needs IMDSv1 is not known` };
  const problems = instances.flatMap(each => metadataProblems(instanceName(cluster, each.InstanceId!), each, needsV1, asker));
  const tokens = needsV1 ? `IMDSv1 is allowed, which ${asker} needs` : 'tokens are required';
  return finding(name, problems, `${tokens}, hop limit ${HOP_LIMIT}, on ${instances.length} instances`);
}

/** What is wrong with the options of one instance. */
function metadataProblems(name: string, { MetadataOptions }: Instance, needsV1: boolean, asker: string): Problem[] {
  const { HttpTokens, HttpPutResponseHopLimit, HttpEndpoint } = MetadataOptions ?? {};
  if (HttpEndpoint === 'disabled') return [failure(`${name} has no instance metadata, which its boot program reads`)];
  const hops = HttpPutResponseHopLimit ?? HOP_LIMIT;
  return [
    ...(HttpTokens === 'required' && needsV1 ? [failure(`${name} requires tokens (IMDSv2), which ${asker} does not send`)] : []),
    ...(HttpTokens !== 'required' && !needsV1 ? [failure(`${name} answers without a token (IMDSv1), which nothing on it needs`)] : []),
    ...(hops > HOP_LIMIT ? [failure(`${name} answers over ${hops} hops, so that a container or a proxy on it reads the role's credentials`)] : []),
  ];
}

import { awsAbilities, probedPorts } from '../../../../lib/membership/hazelcast';
import { parameterSpelling } from '../../../../lib/membership/parameter-names';
import { awsNameOf, AwsName, HYPHENATED, readsHyphens } from '../../inspect/rules';
import { ClusterFacts, hazelcastName, kernelName } from '../facts';
import { PlacedValue, Rule } from './reason';

const BY_KEY = ' In deployment.toml it is this key that switches clustering on.';

const AGENT = 'carbon-kernel, HazelcastClusteringAgent';
const SHIPPED = 'the product\'s own axis2.xml';
const AWS_SCHEME = 'carbon-kernel, AWSBasedMembershipScheme';

const AXIS2 = /(^|\/)axis2\/axis2\.xml$/;
/** axis2.xml, or the deployment.toml that it is written from. */
const EITHER = /(^|\/)(axis2\/axis2\.xml|deployment\.toml)$/;

const AWS_REASONS: Readonly<Record<AwsName, string>> = {
  accessKey: 'With it the member signs its calls of the EC2 API; it is read from a secret at boot, so it is in no template and no image.',
  secretKey: 'The other half of the access key, from the same secret.',
  region: 'The region whose instances are asked for; Hazelcast\'s own default is us-east-1.',
  securityGroup: 'Only instances in the group of this name are taken for members. It is the name, not the sg- id, that is compared, '
    + 'so the group has an explicit one.',
  tagKey: 'Only instances with this tag are taken for members: another cluster of the region has another value.',
  tagValue: 'The value that this cluster\'s instances have from their launch on, and no others.',
  hostHeader: 'Hazelcast 3.5.0 and 3.5.1 sign for the endpoint of us-east-1 whatever the region is; the region\'s endpoint is the way round it.',
  connTimeout: 'Seconds that a call of the EC2 API may take; a text that is no whole number would end the start.',
  iamRole: 'The role whose credentials sign the calls of the EC2 API.',
};

/** Reasons for parameters of the aws scheme, and for the spelling they have. */
function awsParameter(facts: ClusterFacts, { groups: [name] }: PlacedValue): string | undefined {
  const documented = awsNameOf(name);
  if (!documented) return undefined;
  return `${AWS_REASONS[documented]}${spelling(facts, name, documented)}`;
}

function spelling({ product }: ClusterFacts, name: string, documented: AwsName): string {
  const kernel = product?.kernel;
  if (kernel === undefined || HYPHENATED.get(documented) === documented || parameterSpelling(kernel) === 'camelCase') return '';
  const isRead = readsHyphens(kernel) === (name !== documented);
  return isRead ? ` This is the spelling that kernel ${kernel} reads.`
    : ` Kernel ${kernel} is not known to read this spelling: which one counts changed between updates, and one that is not read does no harm.`;
}

function scheme({ clustering }: ClusterFacts, { value, groups: [key] }: PlacedValue): string {
  const isFound = clustering.members && 'tag' in clustering.members;
  const how = value === 'aws' ? 'Hazelcast asks the EC2 API for them.'
    : value === 'wka' ? `it asks well-known members${isFound ? ', which the node finds by a tag' : ''}.` : 'it is as was chosen.';
  return `How members find each other. Carbon's default, multicast, does not reach anybody in a VPC; with ${value} ${how}${key ? BY_KEY : ''}`;
}

function port(facts: ClusterFacts, { value }: PlacedValue): string {
  const offset = 'The offset of carbon.xml does not move it.';
  if (facts.clustering.scheme !== 'aws') return `Hazelcast's port, the same on all nodes and open between members only. ${offset}`;
  if (!facts.generation) return `Hazelcast's port: with the scheme aws most versions look at 5701 to 5708 only. ${offset}`;
  const { from, to } = probedPorts(facts.generation, Number(value));
  const others = facts.generation === '3.5' ? 'that are counted from the node\'s own, so it is the same on all nodes' : 'whatever is written here';
  return `With the scheme aws ${hazelcastName(facts)} looks for members at the ports ${from} to ${to}, ${others}. ${offset}`;
}

function members({ clustering }: ClusterFacts): string {
  const sample = 'The list ships with the sample 127.0.0.1:4000, so the whole of it is replaced';
  if (clustering.members) return `${sample}, by the well-known members.`;
  return clustering.scheme === 'wka' ? `${sample}, by nothing: it looks for nobody, and whoever knows it may join.`
    : `${sample}, by nothing: the scheme ${clustering.scheme} reads no list.`;
}

function property(_: ClusterFacts, { value, groups: [name] }: PlacedValue): string | undefined {
  if (name === 'subDomain') return `The node is ${value}: management tools and WSO2's load balancer tell manager and workers apart by it.`;
  if (name === 'backendServerURL') return 'Where this cluster\'s services are, for management tools that read the properties of its members.';
  if (name === 'mgtConsoleURL') return 'Where this cluster\'s console is, for management tools that read the properties of its members.';
  if (name.startsWith('port.mapping.')) return 'Node port by load balancer port; only WSO2\'s own load balancer reads it.';
  return undefined;
}

export const CLUSTERING_RULES: readonly Rule[] = [
  {
    file: AXIS2,
    place: /^\/axisconfig\/clustering\/@enable$/,
    why: 'Every product ships with clustering switched off: left so, each node is alone.',
    source: SHIPPED,
  },
  {
    file: EITHER,
    place: /^(?:\/axisconfig\/clustering\/parameter\[@name='membershipScheme'\]|\[clustering\] (membership_scheme))$/,
    why: scheme,
    source: AGENT,
  },
  {
    file: EITHER,
    place: /^(?:\/axisconfig\/clustering\/parameter\[@name='domain'\]|\[clustering\] domain)$/,
    why: 'Hazelcast\'s group name: members of another group never join. Any cluster in reach could join under Carbon\'s default, wso2.carbon.domain.',
    source: AGENT,
  },
  {
    file: EITHER,
    place: /^(?:\/axisconfig\/clustering\/parameter\[@name='localMemberHost'\]|\[clustering\] local_member_host)$/,
    why: 'The address that a member tells the others. It ships as 127.0.0.1, where none of them could reach it, and each node has its own.',
    source: SHIPPED,
  },
  {
    file: EITHER,
    place: /^(?:\/axisconfig\/clustering\/parameter\[@name='localMemberPort'\]|\[clustering\] local_member_port)$/,
    why: port,
    source: 'hazelcast-aws: TcpIpJoiner of 3.5, AwsDiscoveryStrategy from 3.12 on',
  },
  {
    file: AXIS2,
    place: /^\/axisconfig\/clustering\/parameter\[@name='groupPassword'\]$/,
    why: 'Hazelcast 3.5 refuses a member that does not know the password of the group. The default is in every pack, so each cluster has its own.',
    source: AGENT,
  },
  { file: EITHER, place: /^\/axisconfig\/clustering\/parameter\[@name='([^']+)'\]$/, why: awsParameter, source: AWS_SCHEME },
  { file: EITHER, place: /^\[clustering\.properties\] (.+)$/, why: awsParameter, source: AWS_SCHEME },
  { file: EITHER, place: /^(?:\/axisconfig\/clustering\/members(?:\/.*)?|\[clustering\] members)$/, why: members, source: SHIPPED },
  {
    file: AXIS2,
    place: /^\/axisconfig\/clustering\/parameter\[@name='properties'\]\/property\[@name='([^']+)'\]\/@value$/,
    why: property,
    source: AGENT,
  },
  {
    file: /(^|\/)(hazelcast\.properties|deployment\.toml)$/,
    place: /^(?:\[hazelcast\] )?hazelcast\.shutdownhook\.enabled$/,
    why: 'Carbon stops Hazelcast itself, after what still needs it; its own hook would stop it at the first sign of a shutdown.',
    source: 'WSO2 Clustering Guide 4.4.x',
  },
  {
    file: /(^|\/)(hazelcast\.properties|deployment\.toml)$/,
    place: /^(?:\[hazelcast\] )?hazelcast\.logging\.type$/,
    why: (facts, { value }) => `What Hazelcast says goes to wso2carbon.log: ${kernelName(facts)} logs through ${value}.`,
    source: 'WSO2 Clustering Guide 4.4.x',
  },
];

/** What of an old Hazelcast a reader should know where the cluster is explained. */
export function hazelcastRemark(facts: ClusterFacts): string | undefined {
  if (!facts.product || facts.clustering.scheme !== 'aws' || !facts.generation) return undefined;
  const { instanceRole, needsImdsV1 } = awsAbilities(facts.product.hazelcast);
  if (needsImdsV1) return `${hazelcastName(facts)} asks for instance metadata without a token, so the nodes must allow IMDSv1 (hazelcast#25405).`;
  return instanceRole ? `${hazelcastName(facts)} finds the instances' role by itself, through IMDSv2.`
    : `${hazelcastName(facts)} cannot use the instances' role (product-is#9998), so it has an access key.`;
}

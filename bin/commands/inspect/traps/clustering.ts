import { isLoopback, isReference, isTrue, Member, namedText, parameterOf } from '../model';
import { DEFAULT_PORT, isKernelFrom, schemeOf } from '../rules';
import { InClustering, inClustering, NONE, Trap } from './trap';

const BUILT_IN_SCHEMES: readonly { readonly name: string; readonly since?: string }[] = [
  { name: 'multicast' },
  { name: 'wka' },
  { name: 'aws' },
  { name: 'aws-ecs', since: '4.6.0' },
  { name: 'kubernetes', since: '4.7.0' },
];

const DEFAULT_DOMAIN = 'wso2.carbon.domain';

const disabled: Trap['find'] = ({ clustering, style, mainFile, malformed }) => {
  if (clustering?.enabled || malformed.length > 0) return NONE;
  if (clustering && style === 'toml') return NONE;
  const place = clustering?.place ?? { file: mainFile };
  const what = style === 'toml' ? 'There is no table [clustering], so each node is alone.' : 'Clustering is switched off, so each node is alone.';
  return [{ place, what, todo: 'A CarbonCluster switches it on.' }];
};

const schemeMissing: InClustering = (clustering, { style }) => {
  if (style === 'xml' || clustering.enabled) return NONE;
  return [{
    place: clustering.place,
    what: 'The table [clustering] has no membership_scheme, and it is this key that switches clustering on: the rest of the table does nothing.',
    todo: 'Set membership_scheme.',
  }];
};

const schemeUnknown: InClustering = (clustering, configuration) => {
  const scheme = parameterOf(clustering, 'membershipScheme');
  if (!scheme || isReference(scheme.text) || parameterOf(clustering, 'membershipSchemeClassName')) return NONE;
  const name = scheme.text.trim();
  const known = BUILT_IN_SCHEMES.find(each => each.name === name);
  if (known && (known.since === undefined || isKernelFrom(configuration, known.since) !== false)) return NONE;
  if (known) {
    return [{
      place: scheme.place,
      what: `The membership scheme '${name}' came with kernel ${known.since}, this is ${configuration.product.kernel}: the start fails.`,
      todo: 'Use aws, or wka with Membership.discovered().',
    }];
  }
  const meant = BUILT_IN_SCHEMES.find(each => each.name === name.toLowerCase() || each.name === `aws-${name.toLowerCase()}`);
  return [{
    place: scheme.place,
    what: `There is no membership scheme '${name}': names are compared letter by letter, and the start fails with 'Invalid membership scheme'.`,
    todo: meant ? `Write ${meant.name}.` : `Use one of ${BUILT_IN_SCHEMES.map(each => each.name).join(', ')}.`,
  }];
};

const multicast: InClustering = clustering => {
  if (schemeOf(clustering) !== 'multicast' || (!clustering.enabled && !parameterOf(clustering, 'membershipScheme'))) return NONE;
  return [{
    place: parameterOf(clustering, 'membershipScheme')?.place ?? clustering.place,
    what: 'Members are looked for by multicast, which a VPC does not carry: each node stays alone.',
    todo: 'Use Membership.aws() or Membership.discovered().',
  }];
};

const loopbackHost: InClustering = (clustering, { style }) => {
  const host = parameterOf(clustering, 'localMemberHost');
  if (!host || !isLoopback(host.text) || (style === 'toml' && !clustering.enabled)) return NONE;
  return [{
    place: host.place,
    what: `The member tells the others that it is at ${host.text.trim()}, so none of them can reach it.`,
    todo: 'Give the node\'s own private address at boot, as a CarbonCluster does, or remove the parameter: then Carbon looks for an address.',
  }];
};

function isSample(member: Member): boolean {
  return isLoopback(member.host) && (member.port === undefined || member.port === String(DEFAULT_PORT));
}

const sampleMember: InClustering = (clustering, { style }) => {
  const isWka = schemeOf(clustering) === 'wka';
  const todo = 'Replace the whole list, as Membership.wellKnown() and Membership.discovered() do.';
  if (clustering.members === undefined && isWka && style === 'toml') {
    const what = 'There is no list of members, and its default is the sample 127.0.0.1:4000: the node finds itself only.';
    return [{ place: clustering.place, what, todo }];
  }
  return (clustering.members ?? []).filter(isSample).map(member => ({
    place: member.place,
    what: `The vendor's sample ${member.host}:${member.port ?? DEFAULT_PORT} is still among the well-known members`
      + `${isWka ? ': the node probes itself.' : '; they count with the scheme wka only.'}`,
    todo,
    ...(isWka ? {} : { severity: 'note' as const }),
  }));
};

const loopbackMember: InClustering = clustering => {
  if (schemeOf(clustering) !== 'wka') return NONE;
  return (clustering.members ?? []).filter(member => isLoopback(member.host) && !isSample(member)).map(member => ({
    place: member.place,
    what: `The well-known member ${member.host}:${member.port} is each node itself.`,
    todo: 'Give the members\' private addresses.',
  }));
};

const membersIgnored: InClustering = clustering => {
  const given = (clustering.members ?? []).filter(member => !isSample(member));
  if (schemeOf(clustering) === 'wka' || given.length === 0) return NONE;
  return [{
    place: given[0].place,
    what: `${given.length} well-known ${given.length === 1 ? 'member is' : 'members are'} listed, which the scheme `
      + `${schemeOf(clustering)} does not read.`,
    todo: 'Remove them, or use the scheme wka.',
  }];
};

const fewMembers: InClustering = clustering => {
  const given = (clustering.members ?? []).filter(member => !isLoopback(member.host));
  if (schemeOf(clustering) !== 'wka' || given.length !== 1) return NONE;
  return [{
    place: given[0].place,
    what: 'There is one well-known member: while it is away no node can join.',
    todo: 'Give at least two.',
  }];
};

const memberPort: InClustering = (clustering, { style }) => {
  const port = parameterOf(clustering, 'localMemberPort')?.text.trim() ?? String(DEFAULT_PORT);
  const given = (clustering.members ?? []).filter(member => !isReference(member.host));
  if (schemeOf(clustering) !== 'wka' || given.length === 0 || isReference(port)) return NONE;
  if (given.some(member => (member.port ?? String(DEFAULT_PORT)) === port)) return NONE;
  return [{
    place: given[0].place,
    what: `This member listens on ${port}, and no well-known member is said to: as all nodes are configured alike, nobody answers on `
      + `${[...new Set(given.map(member => member.port ?? DEFAULT_PORT))].join(', ')}.`,
    todo: `Give the members the port ${port}, or this node theirs${style === 'toml' ? ' (local_member_port)' : ''}.`,
  }];
};

const selfMissing: InClustering = clustering => {
  const host = parameterOf(clustering, 'localMemberHost')?.text.trim() ?? '';
  const given = clustering.members ?? [];
  if (schemeOf(clustering) !== 'wka' || !/^[\d.]+$/.test(host) || isLoopback(host) || given.length === 0) return NONE;
  if (given.some(member => member.host === host || !/^[\d.]+$/.test(member.host))) return NONE;
  return [{
    place: given[0].place,
    what: `This node, ${host}, is not among the well-known members.`,
    todo: 'List every node on every node, itself included.',
  }];
};

const domainWhiteSpace: InClustering = clustering => {
  const domain = parameterOf(clustering, 'domain');
  if (!domain || !/\s/.test(domain.text)) return NONE;
  return [{
    place: domain.place,
    what: 'The domain has white space or a line break in it, which Carbon keeps: nodes whose file is laid out another way are in another cluster.',
    todo: `Write it without: ${domain.text.trim().replace(/\s+/g, '-')}.`,
  }];
};

const domainDefault: InClustering = clustering => {
  const domain = parameterOf(clustering, 'domain');
  if (!clustering.enabled || (domain && domain.text.trim() !== DEFAULT_DOMAIN)) return NONE;
  return [{
    place: domain?.place ?? clustering.place,
    what: `The domain is Carbon's default ${DEFAULT_DOMAIN}: any other cluster in reach that has it too joins this one.`,
    todo: 'Give a domain of your own; that of a CarbonCluster is made of stack and construct.',
  }];
};

const agent: InClustering = clustering => {
  const name = clustering.agentClass;
  if (!name || name.text.trim().endsWith('.HazelcastClusteringAgent')) return NONE;
  return [{
    place: name.place,
    what: `The clustering agent is ${name.text.trim()}, not Hazelcast's: nothing else in this report holds for it.`,
    todo: 'Use the class of the product\'s own axis2.xml.',
  }];
};

const groupManagement: InClustering = clustering => {
  if (!isTrue(clustering.groupManagement)) return NONE;
  return [{
    place: clustering.groupManagement!.place,
    what: 'Group management is on; it is for WSO2\'s own load balancer, which an AWS load balancer replaces.',
    todo: 'Switch it off.',
  }];
};

const overriding: Trap['find'] = configuration => {
  if (isKernelFrom(configuration, '4.4.6') === false) return NONE;
  return configuration.overriding.map(each => ({
    place: each.place,
    what: `${each.text} takes the place of the whole Hazelcast configuration of ${configuration.style === 'xml' ? 'axis2.xml' : 'deployment.toml'}, `
      + 'the membership scheme included (kernel 4.4.6 and later).',
    todo: 'Remove it; what you need of it goes into hazelcastProperties.',
  }));
};

const shutdownHook: Trap['find'] = ({ clustering, hazelcastProperties }) => {
  if (!clustering?.enabled || namedText(hazelcastProperties, 'hazelcast.shutdownhook.enabled')?.text.trim() === 'false') return NONE;
  return [{
    place: clustering.place,
    what: 'Hazelcast stops at the first sign of a shutdown, before the parts of the product that still use it.',
    todo: 'Set hazelcast.shutdownhook.enabled=false; a CarbonCluster does.',
  }];
};

export const CLUSTERING_TRAPS: readonly Trap[] = [
  { id: 'clustering-disabled', severity: 'warning', find: disabled },
  { id: 'membership-scheme-missing', severity: 'error', find: inClustering(schemeMissing) },
  { id: 'membership-scheme-unknown', severity: 'error', find: inClustering(schemeUnknown) },
  { id: 'multicast-on-ec2', severity: 'error', find: inClustering(multicast) },
  { id: 'local-member-host-loopback', severity: 'error', find: inClustering(loopbackHost) },
  { id: 'sample-member', severity: 'error', find: inClustering(sampleMember) },
  { id: 'member-loopback', severity: 'error', find: inClustering(loopbackMember) },
  { id: 'members-ignored', severity: 'note', find: inClustering(membersIgnored) },
  { id: 'few-well-known-members', severity: 'warning', find: inClustering(fewMembers) },
  { id: 'member-port-mismatch', severity: 'error', find: inClustering(memberPort) },
  { id: 'self-not-a-member', severity: 'warning', find: inClustering(selfMissing) },
  { id: 'domain-white-space', severity: 'error', find: inClustering(domainWhiteSpace) },
  { id: 'domain-default', severity: 'warning', find: inClustering(domainDefault) },
  { id: 'clustering-agent', severity: 'error', find: inClustering(agent) },
  { id: 'group-management', severity: 'note', find: inClustering(groupManagement) },
  { id: 'hazelcast-xml-overrides', severity: 'error', find: overriding },
  { id: 'hazelcast-shutdown-hook', severity: 'note', find: shutdownHook },
];

import { SHORTEST_SECONDS } from '../../../lib/membership/connection-timeout';
import { HazelcastGeneration } from '../../../lib/membership/hazelcast';
import { Clustering, Configuration, isLoopback, isReference, Member, NamedText, parameterOf } from './model';
import { PropsBuilder } from './props-builder';
import { awsParameter, DEFAULT_PORT, isProbed, possibleGenerations, schemeOf } from './rules';
import { listLiteral, objectLiteral, quoted } from './source-text';

const DEFAULT_AWS_PORT = 5701;
const LAST_AWS_PORT = 5800;
const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** How the members find each other, and what tells this cluster from others. */
export function membershipProps(configuration: Configuration, builder: PropsBuilder): void {
  const { clustering } = configuration;
  if (!clustering?.enabled) {
    builder.remark('Clustering is off in the files; a CarbonCluster switches it on, with Membership.aws() unless you choose another.');
    return;
  }
  const scheme = schemeOf(clustering);
  if (scheme === 'aws') awsMembership(clustering, configuration, builder);
  else if (scheme === 'wka') wellKnownMembership(clustering, builder);
  else discovered(clustering, builder, `the scheme ${scheme} has no place on EC2; so the nodes find each other by their tag`);
  identity(clustering, builder);
}

function awsMembership(clustering: Clustering, configuration: Configuration, builder: PropsBuilder): void {
  const generations = possibleGenerations(configuration);
  const old = generations.includes('3.5');
  const region = literal(awsParameter(clustering, 'region'));
  const roleOnly = awsParameter(clustering, 'iamRole') !== undefined && awsParameter(clustering, 'accessKey') === undefined;
  if (old && roleOnly) return discovered(clustering, builder, 'this Hazelcast cannot use the instances\' role in the aws scheme');
  if (old && region?.startsWith('cn-')) return discovered(clustering, builder, `this Hazelcast cannot reach ${region} in the aws scheme`);
  const options = [...regionOption(region, builder), ...awsPort(clustering, generations, builder), ...credentials(clustering, generations, builder),
    ...timeout(awsParameter(clustering, 'connTimeout'), old ? SHORTEST_SECONDS : 1, builder)];
  builder.add('membership', `${builder.use('Membership')}.aws(${options.length > 0 ? objectLiteral(options) : ''})`);
}

function regionOption(region: string | undefined, builder: PropsBuilder): [string, string][] {
  if (region === undefined) return [];
  const right = REGION.test(region) ? region : region.replace(/[a-z]$/, '');
  if (right !== region) builder.remark(`The region '${region}' of the files is none.`);
  return REGION.test(right) ? [['region', quoted(right)]] : [];
}

function awsPort(clustering: Clustering, generations: readonly HazelcastGeneration[], builder: PropsBuilder): [string, string][] {
  const port = Number(literal(parameterOf(clustering, 'localMemberPort')) ?? DEFAULT_PORT);
  if (port === DEFAULT_AWS_PORT) return [];
  const isFine = port > DEFAULT_AWS_PORT && port <= LAST_AWS_PORT && generations.every(generation => isProbed(generation, port));
  if (isFine) return [['localMemberPort', String(port)]];
  builder.remark(`The member port of the files, ${port}, is outside those of the aws scheme; a CarbonCluster has ${DEFAULT_AWS_PORT}.`);
  return [];
}

function credentials(clustering: Clustering, generations: readonly HazelcastGeneration[], builder: PropsBuilder): [string, string][] {
  if (awsParameter(clustering, 'accessKey')) {
    const secret = builder.secret('membershipKey', 'accessKeyId and secretAccessKey: the key of the files, or better a new one');
    return [['credentials', `${builder.use('AwsMembershipCredentials')}.fromSecret(${secret})`]];
  }
  // Hazelcast 5 has the role by default, 3.5 cannot.
  if (generations.some(generation => generation === '3.5' || generation === '5')) return [];
  return [['credentials', `${builder.use('AwsMembershipCredentials')}.instanceRole()`]];
}

/**
 * Seconds after which a member founds a cluster of its own, with Hazelcast 3.5 and with well-known members. With a later Hazelcast, the aws scheme
 * limits only its calls of the EC2 API.
 */
function timeout(value: NamedText | undefined, shortest: number, builder: PropsBuilder): [string, string][] {
  const seconds = literal(value);
  if (seconds === undefined || !/^[1-9]\d*$/.test(seconds)) return [];
  if (Number(seconds) >= shortest) return [['connTimeout', seconds]];
  builder.remark(`The connTimeout of the files, ${seconds}, is too short for a server that starts: it must be at least ${shortest}. `
    + 'The default is used.');
  return [];
}

function connectionTimeout(clustering: Clustering, builder: PropsBuilder): [string, string][] {
  return timeout(parameterOf(clustering, 'connTimeout'), SHORTEST_SECONDS, builder);
}

function wellKnownMembership(clustering: Clustering, builder: PropsBuilder): void {
  const members = clustering.members ?? [];
  const fixed = members.filter(member => ADDRESS.test(member.host) && !isLoopback(member.host));
  const named = members.filter(member => !ADDRESS.test(member.host) && !isLoopback(member.host));
  if (named.length > 0) {
    builder.remark(`Well-known members by name, which Membership.wellKnown does not take: ${named.map(member => member.host).join(', ')}.`);
  }
  if (fixed.length === 0) return discovered(clustering, builder, 'the files name no member at an address');
  const port = portOf(clustering);
  const options: [string, string][] = [['members', listLiteral(memberCode(fixed, port ?? DEFAULT_PORT, builder))], ...portOption(port),
    ...connectionTimeout(clustering, builder)];
  builder.add('membership', `${builder.use('Membership')}.wellKnown(${objectLiteral(options)})`,
    'or Membership.discovered(), which needs no fixed addresses');
}

function discovered(clustering: Clustering, builder: PropsBuilder, why: string): void {
  const isWellKnown = schemeOf(clustering) === 'wka';
  const options = isWellKnown ? [...portOption(portOf(clustering)), ...connectionTimeout(clustering, builder)] : [];
  builder.add('membership', `${builder.use('Membership')}.discovered(${options.length > 0 ? objectLiteral(options) : ''})`, why);
}

function portOf(clustering: Clustering): number | undefined {
  const port = Number(literal(parameterOf(clustering, 'localMemberPort')));
  return Number.isInteger(port) && port >= 1024 && port <= 65535 ? port : undefined;
}

function portOption(port: number | undefined): [string, string][] {
  return port === undefined || port === DEFAULT_PORT ? [] : [['localMemberPort', String(port)]];
}

/** Three and more neighbours with one port become a range. */
function memberCode(members: readonly Member[], port: number, builder: PropsBuilder): string[] {
  const type = builder.use('WellKnownMember');
  const own = (member: Member): string => (memberPort(member) === port ? '' : `, ${memberPort(member)}`);
  return runs(members).flatMap(run => (run.length < 3
    ? run.map(member => `${type}.address(${quoted(member.host)}${own(member)})`)
    : [`${type}.range(${quoted(run[0].host)}, ${run.at(-1)!.host.split('.')[3]}${own(run[0])})`]));
}

function runs(members: readonly Member[]): Member[][] {
  const result: Member[][] = [];
  for (const member of members) {
    const last = result.at(-1)?.at(-1);
    if (last && isNext(last, member)) result.at(-1)!.push(member);
    else result.push([member]);
  }
  return result;
}

function isNext(one: Member, other: Member): boolean {
  const [left, right] = [one.host.split('.'), other.host.split('.')];
  return left.slice(0, 3).join('.') === right.slice(0, 3).join('.') && Number(right[3]) === Number(left[3]) + 1
    && memberPort(one) === memberPort(other);
}

function memberPort(member: Member): number {
  return Number(member.port ?? DEFAULT_PORT);
}

/** Domain, tag and group: a CarbonCluster makes its own where the files have none of their own. */
function identity(clustering: Clustering, builder: PropsBuilder): void {
  const domain = literal(parameterOf(clustering, 'domain'))?.replace(/\s+/g, '-');
  if (domain && domain !== 'wso2.carbon.domain') builder.add('domain', quoted(domain));
  const [key, value] = [literal(awsParameter(clustering, 'tagKey')), literal(awsParameter(clustering, 'tagValue'))];
  if (key && value) {
    builder.add('tagKey', quoted(key));
    builder.add('tagValue', quoted(value), 'no other cluster may have it while both run');
  } else if (key ?? value) {
    builder.remark('The files have half a tag; a CarbonCluster makes a tag of its own.');
  }
  const group = literal(awsParameter(clustering, 'securityGroup'));
  if (group?.startsWith('sg-')) builder.remark(`securityGroup ${group} is an id, and a name is wanted; a CarbonCluster makes a group and names it.`);
  else if (group) builder.add('securityGroupName', quoted(group), 'made by the cluster; one of that name in the VPC has to go first');
}

function literal(parameter: NamedText | undefined): string | undefined {
  const text = parameter?.text.trim() ?? '';
  return text === '' || parameter?.secured || isReference(text) ? undefined : text;
}

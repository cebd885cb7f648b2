import { awsAbilities, HazelcastGeneration, needsHostHeader, reachesRegion } from '../../../../lib/membership/hazelcast';
import { Clustering, Configuration, isReference, isWritten, NamedText } from '../model';
import { awsNameOf, awsParameter, generationsWhere, isKernelFrom, schemeOf, unlessSure } from '../rules';
import { Finding, NONE, Trap } from './trap';

/** What Carbon carries of each generation. */
const VERSION: Readonly<Record<HazelcastGeneration, string>> = { 3.5: '3.5.4', 3.12: '3.12.2', 4.2: '4.2.6', 5: '5.3.6' };

/** As lib/membership/region.ts has it, which needs CDK. */
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

type InAwsScheme = (clustering: Clustering, configuration: Configuration) => readonly Finding[];

/** A trap of the aws scheme alone. */
function inAwsScheme(find: InAwsScheme): Trap['find'] {
  return configuration => {
    const { clustering } = configuration;
    return clustering && schemeOf(clustering) === 'aws' ? find(clustering, configuration) : NONE;
  };
}

/** Keys leak from a file whether or not the scheme uses them. */
const staticKey: Trap['find'] = ({ clustering }) => (clustering?.parameters ?? [])
  .filter(each => ['accessKey', 'secretKey'].includes(awsNameOf(each.name) ?? '') && isWritten(each))
  .map(each => ({
    place: each.place,
    what: `${each.name} of an IAM user stands in the file: whoever reads it, or a copy or an image of the machine, has the key.`,
    todo: 'Deactivate the key. Membership.discovered() needs none; AwsMembershipCredentials.fromSecret() reads one from a secret at boot.',
  }));

const temporaryKey: Trap['find'] = ({ clustering }) => {
  const key = awsParameter(clustering, 'accessKey');
  if (!key || !/^\s*ASIA/.test(key.text)) return NONE;
  return [{
    place: key.place,
    what: 'The access key is a temporary one, and there is no parameter for its session token: EC2 refuses it.',
    todo: 'Use the instances\' role where this Hazelcast can, the key of an IAM user, or Membership.discovered().',
  }];
};

const halfKey: InAwsScheme = clustering => {
  const [key, secret] = [awsParameter(clustering, 'accessKey'), awsParameter(clustering, 'secretKey')];
  if ((key === undefined) === (secret === undefined)) return NONE;
  const there = (key ?? secret)!;
  return [{ place: there.place, what: `${there.name} is there without its other half.`, todo: 'Give both, or none.' }];
};

const noCredentials: InAwsScheme = (clustering, configuration) => {
  if (awsParameter(clustering, 'accessKey') || awsParameter(clustering, 'iamRole')) return NONE;
  const { of, sure } = generationsWhere(configuration, generation => !awsAbilities(VERSION[generation]).instanceRole);
  if (of.length === 0) return NONE;
  return [{
    place: clustering.place,
    what: `There is no access key, and Hazelcast ${of.join(', ')} does not find the instance's role by itself: the start fails${unlessSure(sure)}.`,
    todo: 'Use Membership.discovered(), or give a key from a secret.',
    ...(sure ? {} : { severity: 'warning' as const }),
  }];
};

const iamRole: InAwsScheme = (clustering, configuration) => {
  const role = awsParameter(clustering, 'iamRole');
  if (!role || isKernelFrom(configuration, '4.5.0') === true) return NONE;
  const old = isKernelFrom(configuration, '4.4.34') === false;
  const sure = configuration.product.kernel !== undefined;
  return [{
    place: role.place,
    what: old
      ? 'Kernels before 4.4.34 do not read iamRole: the start fails for want of credentials.'
      : `With Hazelcast 3.5 iamRole is reported to fail (product-is#9998: Invalid Aws Configuration)${unlessSure(sure)}.`,
    todo: 'Use Membership.discovered(), which works with the role and IMDSv2 on every kernel.',
    ...(old ? {} : { severity: 'warning' as const }),
  }];
};

const imdsV1: InAwsScheme = (clustering, configuration) => {
  const exact = configuration.product.hazelcast;
  const { of, sure } = generationsWhere(configuration, generation => {
    const version = exact?.startsWith(generation) ? exact : VERSION[generation];
    return awsAbilities(version).needsImdsV1;
  });
  if (of.length === 0) return NONE;
  return [{
    place: clustering.place,
    what: `Hazelcast ${of.join(', ')} asks for instance metadata without a token, with an access key too: instances that require IMDSv2, `
      + `as new images do, refuse, and the start fails${unlessSure(sure)}.`,
    todo: 'Use Membership.discovered(), or Membership.aws() knowing that the nodes then allow IMDSv1.',
  }];
};

const groupId: InAwsScheme = clustering => {
  const group = awsParameter(clustering, 'securityGroup');
  if (!group || !/^\s*sg-/.test(group.text)) return NONE;
  return [{
    place: group.place,
    what: `${group.name} is compared with the group's name, and ${group.text.trim()} is an id: no instance matches, and no error says so.`,
    todo: 'Give the name (securityGroupName), or rely on the tag.',
  }];
};

const tagWithoutValue: InAwsScheme = clustering => {
  const key = awsParameter(clustering, 'tagKey');
  if (!key || awsParameter(clustering, 'tagValue')) return NONE;
  return [{
    place: key.place,
    what: `Every instance that has the tag ${key.text.trim()} is taken for a member, whatever its value.`,
    todo: 'Give the tag\'s value too, one that no other cluster has.',
  }];
};

const valueWithoutTag: InAwsScheme = (clustering, configuration) => {
  const value = awsParameter(clustering, 'tagValue');
  if (!value || awsParameter(clustering, 'tagKey')) return NONE;
  const { of, sure } = generationsWhere(configuration, generation => generation === '3.5');
  return [{
    place: value.place,
    what: of.length > 0
      ? `Hazelcast 3.5 ignores a tag value without its key: there is no filter by tag${unlessSure(sure)}.`
      : 'Every instance that has any tag of this value is taken for a member.',
    todo: 'Give tagKey too.',
    ...(of.length > 0 && sure ? {} : { severity: 'warning' as const }),
  }];
};

const noFilter: InAwsScheme = clustering => {
  const filters: readonly ReturnType<typeof awsParameter>[] = [awsParameter(clustering, 'tagKey'), awsParameter(clustering, 'tagValue'),
    awsParameter(clustering, 'securityGroup')];
  if (filters.some(each => each !== undefined)) return NONE;
  return [{
    place: clustering.place,
    what: 'There is neither tag nor security group: every running instance of the region is probed, and other clusters may join.',
    todo: 'Give tagKey and tagValue; those of a CarbonCluster are its own.',
  }];
};

function regionOf(clustering: Clustering): NamedText | undefined {
  const region = awsParameter(clustering, 'region');
  return region && !isReference(region.text) && region.text.trim() !== '' ? region : undefined;
}

const zone: InAwsScheme = clustering => {
  const region = regionOf(clustering);
  const name = region?.text.trim() ?? '';
  const withoutZone = name.replace(/[a-z]$/, '');
  if (!region || REGION.test(name) || !REGION.test(withoutZone)) return NONE;
  return [{ place: region.place, what: `${name} is an availability zone; there is no such endpoint.`, todo: `Write ${withoutZone}.` }];
};

const unknownRegion: InAwsScheme = clustering => {
  const region = regionOf(clustering);
  const name = region?.text.trim() ?? '';
  if (!region || REGION.test(name) || REGION.test(name.replace(/[a-z]$/, ''))) return NONE;
  return [{ place: region.place, what: `${name} does not look like a region.`, todo: 'Write one such as eu-west-1.' }];
};

const unreachableRegion: InAwsScheme = (clustering, configuration) => {
  const region = regionOf(clustering);
  if (!region) return NONE;
  const name = region.text.trim();
  const { of, sure } = generationsWhere(configuration, generation => !reachesRegion(VERSION[generation], name));
  if (of.length === 0) return NONE;
  return [{
    place: region.place,
    what: `Hazelcast ${of.join(', ')} always asks ec2.${name}.amazonaws.com, which does not exist${unlessSure(sure)}.`,
    todo: 'Use Membership.discovered().',
    ...(sure ? {} : { severity: 'warning' as const }),
  }];
};

const noRegion: InAwsScheme = (clustering, configuration) => {
  if (awsParameter(clustering, 'region')) return NONE;
  const { of, sure } = generationsWhere(configuration, generation => generation === '3.5');
  if (of.length === 0) return NONE;
  return [{ place: clustering.place, what: `Without a region Hazelcast 3.5 asks us-east-1${unlessSure(sure)}.`, todo: 'Give the region.' }];
};

const signature: InAwsScheme = (clustering, { product }) => {
  const region = regionOf(clustering);
  const name = region?.text.trim();
  if (!product.hazelcast || !needsHostHeader(product.hazelcast) || !region || name === 'us-east-1') return NONE;
  if (awsParameter(clustering, 'hostHeader')?.text.trim() === `ec2.${name}.amazonaws.com`) return NONE;
  return [{
    place: region.place,
    what: `Hazelcast ${product.hazelcast} signs for the endpoint of us-east-1 whatever the region is, so EC2 refuses its calls.`,
    todo: `Set hostHeader to ec2.${name}.amazonaws.com (untested), or use Membership.discovered().`,
  }];
};

const hostHeader: InAwsScheme = (clustering, configuration) => {
  const header = awsParameter(clustering, 'hostHeader');
  if (!header || isReference(header.text) || header.text.trim().startsWith('ec2.')) return NONE;
  const { of, sure } = generationsWhere(configuration, generation => generation === '3.12');
  if (of.length === 0) return NONE;
  return [{
    place: header.place,
    what: `Hazelcast 3.12 refuses a host header that does not begin with 'ec2.'${unlessSure(sure)}.`,
    todo: 'Remove it, or begin it with ec2.',
    ...(sure ? {} : { severity: 'warning' as const }),
  }];
};

export const AWS_TRAPS: readonly Trap[] = [
  { id: 'static-access-key', severity: 'error', find: staticKey },
  { id: 'temporary-access-key', severity: 'error', find: temporaryKey },
  { id: 'access-key-half', severity: 'error', find: inAwsScheme(halfKey) },
  { id: 'credentials-missing', severity: 'error', find: inAwsScheme(noCredentials) },
  { id: 'iam-role-unreliable', severity: 'error', find: inAwsScheme(iamRole) },
  { id: 'imds-v1-needed', severity: 'warning', find: inAwsScheme(imdsV1) },
  { id: 'security-group-id', severity: 'error', find: inAwsScheme(groupId) },
  { id: 'tag-key-without-value', severity: 'warning', find: inAwsScheme(tagWithoutValue) },
  { id: 'tag-value-without-key', severity: 'error', find: inAwsScheme(valueWithoutTag) },
  { id: 'no-filter', severity: 'error', find: inAwsScheme(noFilter) },
  { id: 'region-is-zone', severity: 'error', find: inAwsScheme(zone) },
  { id: 'region-unknown', severity: 'warning', find: inAwsScheme(unknownRegion) },
  { id: 'region-unreachable', severity: 'error', find: inAwsScheme(unreachableRegion) },
  { id: 'region-default', severity: 'warning', find: inAwsScheme(noRegion) },
  { id: 'signature-region', severity: 'error', find: inAwsScheme(signature) },
  { id: 'host-header', severity: 'error', find: inAwsScheme(hostHeader) },
];

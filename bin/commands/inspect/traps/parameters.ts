import { Clustering, Configuration, isWritten, NamedText, parameterOf } from '../model';
import { awsNameOf, HYPHENATED, isKernelFrom, isProbed, possibleKernels, probedText, schemeOf, DEFAULT_PORT, generationsWhere,
  unlessSure } from '../rules';
import { Finding, InClustering, inClustering, NONE, Trap } from './trap';

const READ = ['membershipScheme', 'membershipSchemeClassName', 'domain', 'localMemberHost', 'localMemberPort', 'licenseKey', 'mgtCenterURL',
  'groupPassword', 'localMemberIdentifier', 'hazelcastSerializers', 'properties', 'AvoidInitiation', 'isActive', 'networkInterface', 'vpcCidrBlock',
  'mcastAddress', 'mcastBindAddress', 'mcastPort', 'mcastTTL', 'mcastTimeout', ...[...HYPHENATED].flat()];

/** The shipped files speak of them, and no code does. */
const NEVER_READ = ['localMemberBindAddress', 'localMemberBindPort'];

/** Keys of `[clustering]` by the names of axis2.xml. */
const TOML_KEYS: Readonly<Record<string, string>> = {
  membershipScheme: 'membership_scheme',
  localMemberHost: 'local_member_host',
  localMemberPort: 'local_member_port',
};

const empty: InClustering = clustering => clustering.parameters
  .filter(each => !each.secured && each.text.trim() === '')
  .map(each => ({
    place: each.place,
    what: `The parameter ${each.name} is empty${awsNameOf(each.name) ? ': Hazelcast refuses an empty text and the start fails.' : '.'}`,
    todo: 'Give it a value or remove it.',
  }));

const neverRead: InClustering = (clustering, { product }) => clustering.parameters
  // Only Enterprise Integrator knows a pattern.
  .filter(each => NEVER_READ.includes(each.name) || (each.name === 'clusteringPattern' && product.pack !== undefined && product.pack !== 'wso2ei'))
  .map(each => ({ place: each.place, what: `Nothing in Carbon reads the parameter ${each.name}.`, todo: 'Remove it.' }));

const unknown: InClustering = clustering => {
  // A scheme of another class reads what it likes.
  if (parameterOf(clustering, 'membershipSchemeClassName') || schemeOf(clustering) === 'kubernetes') return NONE;
  return clustering.parameters
    .filter(each => !READ.includes(each.name) && !NEVER_READ.includes(each.name) && each.name !== 'clusteringPattern')
    .map(each => {
      const meant = READ.find(name => simplified(name) === simplified(each.name));
      return {
        place: each.place,
        what: `Nothing in Carbon reads a parameter ${each.name}.`,
        todo: meant ? `Write ${meant}.` : 'Remove it.',
      };
    });
};

function simplified(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

const portMapping: InClustering = clustering => clustering.properties
  .filter(each => each.name.startsWith('port.mapping.'))
  .map(each => ({
    place: each.place,
    what: `${each.name} is read by WSO2's own load balancer only.`,
    todo: 'Remove it; the target groups of an AWS load balancer say the ports.',
  }));

const misplaced: InClustering = clustering => (clustering.misplaced ?? []).map(each => ({
  place: each.place,
  what: `The table [clustering] has no key ${each.name}, so it is ignored.`,
  todo: TOML_KEYS[each.name] ? `Write ${TOML_KEYS[each.name]}.` : 'Put it into [clustering.properties].',
}));

const portNumber: InClustering = clustering => {
  const port = parameterOf(clustering, 'localMemberPort');
  if (!port || port.text.includes('{')) return NONE;
  const number = Number(port.text.trim());
  if (Number.isInteger(number) && number >= 1024 && number <= 65535) return NONE;
  return [{ place: port.place, what: `localMemberPort '${port.text.trim()}' is no port that a service user may open.`, todo: 'Give 1024 to 65535.' }];
};

function portOf(clustering: Clustering): number | undefined {
  const port = parameterOf(clustering, 'localMemberPort');
  if (port === undefined) return DEFAULT_PORT;
  const number = Number(port.text.trim());
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

const portNeverProbed: InClustering = (clustering, configuration) => {
  const given = parameterOf(clustering, 'localMemberPort');
  return given ? unprobed(clustering, configuration, given.place) : NONE;
};

const defaultPortNeverProbed: InClustering = (clustering, configuration) => (
  parameterOf(clustering, 'localMemberPort') ? NONE : unprobed(clustering, configuration, clustering.place)
);

function unprobed(clustering: Clustering, configuration: Configuration, place: Finding['place']): readonly Finding[] {
  const port = portOf(clustering);
  if (schemeOf(clustering) !== 'aws' || port === undefined) return NONE;
  const { of, sure } = generationsWhere(configuration, generation => !isProbed(generation, port));
  if (of.length === 0) return NONE;
  const absent = parameterOf(clustering, 'localMemberPort') ? '' : ' by default';
  const probed = of.map(generation => `Hazelcast ${generation} looks at ${probedText(generation, port)} only`).join(', ');
  return [{
    place,
    what: `The member listens on ${port}${absent}, where nobody looks: with the scheme aws ${probed}${unlessSure(sure)}.`,
    todo: 'Use 5701, on all nodes.',
    ...(sure ? {} : { severity: 'warning' as const }),
  }];
}

const spelling: InClustering = (clustering, configuration) => {
  const kernels = possibleKernels(configuration);
  const has = (name: string): boolean => clustering.parameters.some(each => each.name === name);
  return clustering.parameters.flatMap((each): Finding[] => {
    const camelCase = awsNameOf(each.name);
    const hyphenated = camelCase && HYPHENATED.get(camelCase)!;
    if (!camelCase || !hyphenated || camelCase === hyphenated) return [];
    const other = each.name === camelCase ? hyphenated : camelCase;
    const deaf = kernels.filter(kernel => kernel.hyphenated === (each.name === camelCase));
    if (deaf.length === 0 || has(other)) return [];
    const sure = deaf.length === kernels.length;
    const who = configuration.product.kernel ? `Kernel ${configuration.product.kernel} does` : `${deaf.map(kernel => kernel.title).join(' and ')} do`;
    return [{
      place: each.place,
      what: `${who} not read ${each.name}, and says nothing${unlessSure(sure)}.`,
      todo: `Write ${other} too: both together are safe on every kernel.`,
      ...(sure ? {} : { severity: 'warning' as const }),
    }];
  });
};

const spellingByUpdate: InClustering = (clustering, { product }) => {
  if (product.pack !== 'wso2is' || product.version !== '5.11.0') return NONE;
  const names = clustering.parameters.map(each => each.name);
  const alone = clustering.parameters.filter(each => {
    const hyphenated = HYPHENATED.get(each.name);
    return hyphenated !== undefined && hyphenated !== each.name && !names.includes(hyphenated);
  });
  if (alone.length === 0) return NONE;
  return [{
    place: alone[0].place,
    what: 'Some update levels of Identity Server 5.11 read only the names with hyphens (product-is#18496), and these stand without: '
      + `${alone.map(each => each.name).join(', ')}.`,
    todo: 'Write both spellings, as a CarbonCluster does.',
  }];
};

const NUMBERS = ['connTimeout', 'connection-timeout-seconds'];

const timeout: InClustering = clustering => clustering.parameters
  .filter(each => NUMBERS.includes(each.name) && !/^\d+$/.test(each.text.trim()) && !each.text.includes('{') && each.text.trim() !== '')
  .map(each => ({
    place: each.place,
    what: `${each.name} '${each.text.trim()}' is no whole number: the start fails with a NumberFormatException.`,
    todo: 'Give seconds, without a unit.',
  }));

const groupSecret: InClustering = clustering => clustering.parameters
  .filter(each => ['groupPassword', 'licenseKey'].includes(each.name) && isWritten(each))
  .map((each: NamedText) => ({
    place: each.place,
    what: `${each.name} stands in the file.`,
    todo: 'Keep it in a secret: a ConfigurationEdit with ConfigurationValue.secret().',
  }));

const ecsInterface: InClustering = (clustering, configuration) => {
  const has = (name: string): boolean => parameterOf(clustering, name) !== undefined;
  if (schemeOf(clustering) !== 'aws-ecs' || isKernelFrom(configuration, '4.6.0') === false) return NONE;
  if (has('networkInterface') || has('vpcCidrBlock')) return NONE;
  return [{
    place: clustering.place,
    what: 'The scheme aws-ecs needs networkInterface, and the start fails without.',
    todo: configuration.style === 'toml' ? 'Set vpcCidrBlock in [clustering.properties].' : 'Set the parameter networkInterface.',
  }];
};

export const PARAMETER_TRAPS: readonly Trap[] = [
  { id: 'parameter-empty', severity: 'error', find: inClustering(empty) },
  { id: 'parameter-never-read', severity: 'warning', find: inClustering(neverRead) },
  { id: 'parameter-unknown', severity: 'warning', find: inClustering(unknown) },
  { id: 'port-mapping-never-read', severity: 'note', find: inClustering(portMapping) },
  { id: 'toml-key-misplaced', severity: 'error', find: inClustering(misplaced) },
  { id: 'port-invalid', severity: 'error', find: inClustering(portNumber) },
  { id: 'port-never-probed', severity: 'error', find: inClustering(portNeverProbed) },
  { id: 'port-default-never-probed', severity: 'error', find: inClustering(defaultPortNeverProbed) },
  { id: 'ignored-spelling', severity: 'error', find: inClustering(spelling) },
  { id: 'spelling-by-update', severity: 'note', find: inClustering(spellingByUpdate) },
  { id: 'timeout-not-integer', severity: 'error', find: inClustering(timeout) },
  { id: 'group-secret-in-file', severity: 'warning', find: inClustering(groupSecret) },
  { id: 'ecs-network-interface', severity: 'error', find: inClustering(ecsInterface) },
];

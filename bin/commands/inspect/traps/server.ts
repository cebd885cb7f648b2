import { Clustering, Configuration, isLoopback, isReference, isWritten, namedText, NamedText, parameterOf, Synchronizer } from '../model';
import { isTomlProduct } from '../product';
import { HYPHENATED, isKernelFrom, isTomlStyle, schemeOf } from '../rules';
import { Finding, NONE, Trap } from './trap';

const malformed: Trap['find'] = configuration => configuration.malformed.map(each => ({
  place: each.place,
  what: `${each.place.file} ${each.text}, so the product does not start with it; it was left out here.`,
  todo: 'Repair it and inspect again.',
}));

const administrator: Trap['find'] = ({ users }) => {
  const { adminName, adminPassword } = users ?? {};
  if (adminPassword?.text.trim() !== 'admin' || (adminName && adminName.text.trim() !== 'admin')) return NONE;
  return [{
    place: adminPassword.place,
    what: 'The administrator is admin with the password admin, made at the very first start; whoever reaches the console is in.',
    todo: 'Give adminSecret before the first start; afterwards change the password in the console too.',
  }];
};

const administratorPassword: Trap['find'] = ({ users }) => {
  const secret = users?.adminPassword;
  if (!isWritten(secret) || secret.text.trim() === 'admin') return NONE;
  return [{ place: secret.place, what: 'The administrator\'s password stands in the file.', todo: 'Keep it in a secret: adminSecret.' }];
};

const hostName: Trap['find'] = ({ server, clustering }) => {
  const name = server?.hostName;
  if (!server || !clustering?.enabled || (name && name.text.trim() !== '' && !isLoopback(name.text))) return NONE;
  return [{
    place: name?.place ?? server.place,
    what: name ? `The host name is ${name.text.trim()}, which is what generated addresses and redirects say.`
      : 'There is no host name, so generated addresses and redirects name the node instead of the load balancer.',
    todo: 'Give hostName and managementHostName.',
  }];
};

type InSynchronizer = (synchronizer: Synchronizer, configuration: Configuration) => readonly Finding[];

function inSynchronizer(find: InSynchronizer): Trap['find'] {
  return configuration => {
    const synchronizer = configuration.server?.synchronizer;
    return synchronizer?.enabled ? find(synchronizer, configuration) : NONE;
  };
}

const synchronizerPassword: InSynchronizer = ({ place, password }) => {
  if (password && (password.secured || !['', 'password'].includes(password.text.trim()))) return NONE;
  return [{
    place: password?.place ?? place,
    what: password ? 'The deployment synchronizer has the sample\'s password, or an empty one.' : 'The deployment synchronizer has no password.',
    todo: 'Give the password of the repository\'s user, from a secret.',
  }];
};

const synchronizerSecret: InSynchronizer = ({ password }) => {
  if (!isWritten(password) || password.text.trim() === 'password') return NONE;
  return [{ place: password.place, what: 'The password of the Subversion repository stands in the file.', todo: 'Keep it in a secret.' }];
};

const synchronizerSample: InSynchronizer = ({ url, place }) => {
  if (url && !url.text.includes('svnrepo.example.com')) return NONE;
  return [{ place: url?.place ?? place, what: 'The deployment synchronizer has the sample\'s repository.', todo: 'Name yours, or switch it off.' }];
};

const synchronizerCommits: InSynchronizer = ({ autoCommit, place }, { clustering }) => {
  const isWorker = namedText(clustering?.properties ?? [], 'subDomain')?.text.trim() === 'worker';
  if (!isWorker || !autoCommit) return NONE;
  return [{
    place,
    what: 'This is a worker, and it commits what it deploys: two committers overwrite each other.',
    todo: 'Set AutoCommit to true on the manager only.',
  }];
};

/** The product writes its XML from deployment.toml: what stands in the XML alone is lost at the next start. */
const regenerated: Trap['find'] = configuration => {
  const { style, clustering, besideToml } = configuration;
  const todo = 'Put it into deployment.toml: [clustering] and [clustering.properties].';
  if (style === 'xml') {
    if (isTomlProduct(configuration.product) !== true || !clustering) return NONE;
    return [{ place: clustering.place, what: 'This product writes axis2.xml anew from deployment.toml at each start, and there is none.', todo }];
  }
  const lost = besideToml ? differing(besideToml, clustering) : [];
  if (!isTomlStyle(configuration) || lost.length === 0) return NONE;
  return [{
    place: besideToml!.place,
    what: `axis2.xml says what deployment.toml does not (${lost.join(', ')}), and is written anew from it at each start.`,
    todo,
  }];
};

const DEFAULTS: Readonly<Record<string, string>> = { domain: 'wso2.carbon.domain', localMemberPort: '4000' };

function differing(xml: Clustering, toml: Clustering | undefined): string[] {
  // Switched off is how the templates write it without [clustering].
  if (!xml.enabled) return toml?.enabled ? ['enable'] : [];
  if (!toml?.enabled) return ['enable'];
  // For aws-ecs the templates make up a tag of their own.
  const names = ['domain', 'localMemberPort', ...(schemeOf(toml) === 'aws-ecs' ? [] : [...HYPHENATED].flat())];
  const differs = (name: string): boolean => {
    const [left, right] = [textOf(parameterOf(xml, name)), textOf(parameterOf(toml, name)) ?? DEFAULTS[name]];
    return left !== undefined && left !== right && !isReference(right ?? '');
  };
  return [...(schemeOf(xml) === schemeOf(toml) ? [] : ['membershipScheme']), ...new Set(names.filter(differs))];
}

function textOf(parameter: NamedText | undefined): string | undefined {
  return parameter?.text.trim();
}

const quietHazelcast: Trap['find'] = ({ clustering, logging }) => {
  const root = logging.find(each => each.name === 'log4j.rootLogger' || each.name === 'rootLogger.level');
  const own = logging.find(each => each.name === 'log4j.logger.com.hazelcast'
    || (each.name.startsWith('logger.') && each.name.endsWith('.name') && each.text.trim() === 'com.hazelcast'));
  if (!clustering?.enabled || own || !root || !/^(ERROR|FATAL|OFF)\b/i.test(root.text.trim())) return NONE;
  return [{
    place: root.place,
    what: 'The log says errors only and nothing of Hazelcast, so that members that come and go leave no trace.',
    todo: 'Give com.hazelcast the level INFO: hazelcastLogLevel.',
  }];
};

const loggingType: Trap['find'] = configuration => {
  const type = namedText(configuration.hazelcastProperties, 'hazelcast.logging.type');
  const log4j2 = isKernelFrom(configuration, '4.5.0');
  const right = log4j2 ? 'log4j2' : 'log4j';
  if (!type || log4j2 === undefined || !/^log4j2?$/.test(type.text.trim()) || type.text.trim() === right) return NONE;
  return [{
    place: type.place,
    what: `hazelcast.logging.type is ${type.text.trim()}, and kernel ${configuration.product.kernel ?? '4.5 and later'} logs through ${right}.`,
    todo: `Set it to ${right}.`,
  }];
};

export const SERVER_TRAPS: readonly Trap[] = [
  { id: 'file-malformed', severity: 'error', find: malformed },
  { id: 'xml-regenerated', severity: 'error', find: regenerated },
  { id: 'admin-default-password', severity: 'error', find: administrator },
  { id: 'admin-password-in-file', severity: 'warning', find: administratorPassword },
  { id: 'host-name', severity: 'warning', find: hostName },
  { id: 'synchronizer-password', severity: 'error', find: inSynchronizer(synchronizerPassword) },
  { id: 'synchronizer-password-in-file', severity: 'warning', find: inSynchronizer(synchronizerSecret) },
  { id: 'synchronizer-sample', severity: 'error', find: inSynchronizer(synchronizerSample) },
  { id: 'synchronizer-worker-commits', severity: 'error', find: inSynchronizer(synchronizerCommits) },
  { id: 'hazelcast-log-quiet', severity: 'note', find: quietHazelcast },
  { id: 'hazelcast-logging-type', severity: 'warning', find: loggingType },
];

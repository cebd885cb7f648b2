import { Configuration, isReference, isTrue, namedText, Registry, RemoteInstance } from '../model';
import { withoutSecrets } from '../jdbc';
import { Finding, NONE, Trap } from './trap';

const LOCAL_REGISTRY = 'wso2registry';

type InRegistry = (registry: Registry, configuration: Configuration) => readonly Finding[];

function inRegistry(find: InRegistry): Trap['find'] {
  return configuration => (configuration.registry ? find(configuration.registry, configuration) : NONE);
}

const localMissing: InRegistry = registry => {
  if (registry.dbConfigs.some(each => each.name.text.trim() === LOCAL_REGISTRY)) return NONE;
  return [{
    place: registry.place,
    what: `The dbConfig '${LOCAL_REGISTRY}' is gone: it is the node's own registry, and mounts come beside it.`,
    todo: 'Put it back as it ships; a CarbonCluster keeps it.',
  }];
};

const currentMissing: InRegistry = registry => {
  const { current } = registry;
  if (!current || registry.dbConfigs.some(each => each.name.text.trim() === current.text.trim())) return NONE;
  const what = `currentDBConfig names '${current.text.trim()}', and there is no such dbConfig.`;
  return [{ place: current.place, what, todo: `Name ${LOCAL_REGISTRY}.` }];
};

const instanceWithoutDbConfig: InRegistry = registry => registry.instances
  .filter(({ dbConfig }) => !registry.dbConfigs.some(each => each.name.text.trim() === dbConfig?.text.trim()))
  .map(instance => ({
    place: instance.place,
    what: instance.dbConfig
      ? `The remote instance '${idOf(instance)}' names the dbConfig '${instance.dbConfig.text.trim()}', and there is none.`
      : `The remote instance '${idOf(instance)}' names no dbConfig, so it has no database.`,
    todo: 'Add the dbConfig with the shared registry\'s data source.',
  }));

function idOf(instance: RemoteInstance): string {
  return instance.id?.text.trim() ?? '';
}

const mountWithoutInstance: InRegistry = registry => registry.mounts
  .filter(mount => !registry.instances.some(each => idOf(each) !== '' && idOf(each) === mount.instanceId?.text.trim()))
  .map(mount => ({
    place: mount.path.place,
    what: `The mount of ${mount.path.text} is to the instance '${mount.instanceId?.text.trim() ?? ''}', and there is no such remoteInstance.`,
    todo: 'Add the remoteInstance, or name one that is there.',
  }));

const mountTwice: InRegistry = registry => registry.mounts
  .filter((mount, index) => registry.mounts.findIndex(each => each.path.text === mount.path.text) < index)
  .map(mount => ({ place: mount.path.place, what: `The path ${mount.path.text} is mounted twice.`, todo: 'Leave one.' }));

const noCacheId: InRegistry = registry => registry.instances.filter(each => each.cacheId === undefined).map(instance => ({
  place: instance.place,
  what: `The remote instance '${idOf(instance)}' has no cacheId: a node does not learn what another changed.`,
  todo: 'Set it to user@jdbcUrl of the shared registry, the same on all nodes.',
}));

/** Nodes that write it differently have caches of their own; `user@jdbcUrl` is what comes out alike by itself. */
const cacheId: InRegistry = (registry, { datasources }) => registry.instances.flatMap((instance): Finding[] => {
  const id = instance.cacheId;
  const jndiName = registry.dbConfigs.find(each => each.name.text.trim() === instance.dbConfig?.text.trim())?.datasource?.text.trim();
  const source = datasources.find(each => each.jndiName?.text.trim() === jndiName);
  if (!id || isReference(id.text) || !source?.url || !source.username || source.username.secured) return [];
  const right = `${source.username.text.trim()}@${source.url.text.trim()}`;
  if (id.text.trim() === right) return [];
  return [{
    place: id.place,
    what: `The cacheId of '${idOf(instance)}' is not that of its data source ${source.name.text.trim()}: nodes that have it right have another, `
      + 'and do not learn what this one changed.',
    todo: `Write ${withoutSecrets(right)}, the same on all nodes.`,
  }];
});

const workerWrites: InRegistry = (registry, { clustering }) => {
  const isWorker = namedText(clustering?.properties ?? [], 'subDomain')?.text.trim() === 'worker';
  if (!isWorker || !clustering?.enabled) return NONE;
  return registry.instances.filter(each => !isTrue(each.readOnly)).map(instance => ({
    place: instance.readOnly?.place ?? instance.place,
    what: `This is a worker, and it may write to the shared registry '${idOf(instance)}'.`,
    todo: 'Set readOnly to true on workers; only the manager writes.',
  }));
};

const notShared: InRegistry = (registry, { clustering }) => {
  if (!clustering?.enabled || registry.mounts.length > 0) return NONE;
  return [{
    place: registry.place,
    what: 'Nothing is mounted from a shared registry: what one node is configured with through the console, the others do not know.',
    todo: 'Mount /_system/config and /_system/governance, as a CarbonCluster does where the product has a database for it.',
  }];
};

export const REGISTRY_TRAPS: readonly Trap[] = [
  { id: 'registry-local-missing', severity: 'error', find: inRegistry(localMissing) },
  { id: 'registry-current-missing', severity: 'error', find: inRegistry(currentMissing) },
  { id: 'registry-instance-without-database', severity: 'error', find: inRegistry(instanceWithoutDbConfig) },
  { id: 'registry-mount-without-instance', severity: 'error', find: inRegistry(mountWithoutInstance) },
  { id: 'registry-mount-twice', severity: 'error', find: inRegistry(mountTwice) },
  { id: 'registry-cache-id-missing', severity: 'warning', find: inRegistry(noCacheId) },
  { id: 'registry-cache-id', severity: 'error', find: inRegistry(cacheId) },
  { id: 'registry-worker-writes', severity: 'warning', find: inRegistry(workerWrites) },
  { id: 'registry-not-shared', severity: 'note', find: inRegistry(notShared) },
];

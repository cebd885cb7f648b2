import { ConfigurationLayout, RegistryModel } from './node-model';
import { Edit, FileEdits, predicate, textChild } from './plan';

const INSTANCE = 'sharedregistry';
/** Names the remote instance; nothing connects to it, since a data source is given. */
const INSTANCE_URL = 'https://localhost:9443/registry';

/** registry.xml: the shared registry and what of it is mounted. The local registry, `wso2registry`, stays. */
export function registry(layout: ConfigurationLayout, model: RegistryModel | undefined): FileEdits {
  return { file: `${layout.folder}/registry.xml`, edits: model ? registryEdits(model) : [] };
}

function registryEdits(model: RegistryModel): Edit[] {
  return [
    { replace: `/wso2registry/dbConfig[@name='${INSTANCE}']`, children: [textChild('dataSource', model.datasource)] },
    {
      replace: `/wso2registry/remoteInstance[@url='${INSTANCE_URL}']`,
      children: [
        textChild('id', INSTANCE),
        textChild('dbConfig', INSTANCE),
        textChild('readOnly', String(model.readOnly)),
        textChild('enableCache', 'true'),
        textChild('registryRoot', '/'),
        textChild('cacheId', model.cacheId),
      ],
    },
    ...model.mounts.map((mount): Edit => ({
      replace: `/wso2registry/mount${predicate('@path', mount.path)}[@overwrite='true']`,
      children: [textChild('instanceId', INSTANCE), textChild('targetPath', mount.targetPath)],
    })),
  ];
}

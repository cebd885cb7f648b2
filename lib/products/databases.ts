import { kernelScript } from './kernel';
import { DatabaseDescription, ProductVersion } from './product-version';

/**
 * The scripts count on one byte for a character: with utf8mb4, keys of the product's tables are too long for MySQL 8 (error
 * 1071), and WSO2 asks for latin1 there.
 */
export const CHARACTER_SET = 'latin1';

const LOCAL_REGISTRY = 'jdbc/WSO2CarbonDB';

/** The embedded database of each node, which Carbon needs for the local registry. */
export function carbonDatabase(toml = false): DatabaseDescription {
  return localDatabase('WSO2_CARBON_DB', LOCAL_REGISTRY, 'The local registry of the node', toml ? 'local' : undefined);
}

/** A database that ships embedded, and is left so. */
export function localDatabase(name: string, jndiName: string, description: string, tomlName?: string): DatabaseDescription {
  return {
    name,
    jndiName,
    ...(tomlName === undefined ? {} : { tomlName }),
    description,
    scripts: [],
    characterSet: CHARACTER_SET,
    purpose: 'local',
  };
}

/** The same on the server, for one node alone: tables of a registry, and the name that the product gives it. */
export function localRegistryDatabase(product: ProductVersion): DatabaseDescription {
  const { name, jndiName, tomlName, description } = product.databases.find(each => each.jndiName === LOCAL_REGISTRY)!;
  return { name, jndiName, tomlName, description, ...kernelTables(product.kernel), purpose: 'local' };
}

/** Names of the two databases that a cluster shares besides its product's own. */
export interface SharedDatabaseNames {
  readonly user: readonly [name: string, jndiName: string];
  readonly registry: readonly [name: string, jndiName: string];
}

/** As in WSO2's Clustering Guide 4.4.x, "Setting up the Database", for all Carbon 4.4 products. */
export const CLUSTERING_GUIDE_NAMES: SharedDatabaseNames = {
  user: ['WSO2_USER_DB', 'jdbc/WSO2UMDB'],
  registry: ['REGISTRY_DB', 'jdbc/WSO2RegistryDB'],
};

/** User management and registry of a product that is configured by XML. */
export function userAndRegistryDatabases(kernel: string, names: SharedDatabaseNames = CLUSTERING_GUIDE_NAMES): DatabaseDescription[] {
  const tables = kernelTables(kernel);
  const [userName, userJndi] = names.user;
  const [registryName, registryJndi] = names.registry;
  return [
    { name: userName, jndiName: userJndi, description: 'The datasource used for user management', ...tables, purpose: 'user' },
    { name: registryName, jndiName: registryJndi, description: 'The datasource used for the shared registry', ...tables, purpose: 'registry' },
  ];
}

/** User management and registry of a product that is configured by deployment.toml. */
export function sharedDatabase(kernel: string): DatabaseDescription {
  return {
    name: 'WSO2_SHARED_DB',
    jndiName: 'jdbc/SHARED_DB',
    tomlName: 'shared_db',
    description: 'The datasource used for registry and user management',
    ...kernelTables(kernel),
    purpose: 'shared',
  };
}

function kernelTables(kernel: string): Pick<DatabaseDescription, 'scripts' | 'characterSet' | 'sqlMode'> {
  const { script, sqlMode } = kernelScript(kernel);
  return { scripts: [script], characterSet: CHARACTER_SET, ...(sqlMode === undefined ? {} : { sqlMode }) };
}

import { Rule } from './reason';

/** Data sources are in master-datasources.xml or in a file of their own. */
const DATASOURCES = /(^|\/)datasources\/[\w-]+-datasources\.xml$/;
const TOML = /(^|\/)deployment\.toml$/;
const REGISTRY = /(^|\/)registry\.xml$/;

const GUIDE = 'WSO2 Clustering Guide 4.4.x';

const DATASOURCE: Readonly<Record<string, string>> = {
  name: 'The data source is replaced as a whole: half of the settings of the embedded database it ships with would not fit.',
  description: 'For whoever reads the file.',
  type: 'A relational database, by JDBC.',
  url: 'All nodes use one database server, over TLS. The address is known to CloudFormation only.',
  username: 'A user that can reach this database only; it is read from a secret at each start.',
  password: 'It is read from a secret at each start, so it is in no template, no user data and no image.',
  driver: 'The driver that is in the pack, or the one that was given; the product ships none for MySQL.',
  driverClassName: 'The driver that is in the pack, or the one that was given; the product ships none for MySQL.',
  defaultAutoCommit: 'As this product ships it.',
};

const POOL: Readonly<Record<string, string>> = {
  maxActive: 'Connections that one node may have at a time. All nodes together must stay below what the database server takes.',
  maxWait: 'Milliseconds that a request waits for a free connection before it fails.',
  minIdle: 'Connections that are kept ready.',
  testOnBorrow: 'A connection is tested before it is used: those that died with a failover of the database are found first.',
  validationQuery: 'With what a connection is tested.',
  validationInterval: 'Milliseconds for which one test of a connection counts.',
};

const JNDI = 'The name by which the product\'s other files find the data source.';

export const DATA_RULES: readonly Rule[] = [
  { file: DATASOURCES, place: /\/jndiConfig\/name$/, why: JNDI, source: GUIDE },
  {
    file: DATASOURCES,
    place: /\/definition\/configuration\/(\w+)$/,
    why: (_, { groups: [name] }) => DATASOURCE[name] ?? POOL[name] ?? 'A setting of the connection pool (Tomcat JDBC).',
    source: 'WSO2 Clustering Guide 4.4.x, and the Tomcat JDBC pool',
  },
  { file: DATASOURCES, place: /\/definition\/@(type)$/, why: DATASOURCE.type, source: GUIDE },
  { file: DATASOURCES, place: /\/datasource\[name='[^']+'\]\/(name|description)$/, why: (_, { groups: [name] }) => DATASOURCE[name], source: GUIDE },
  {
    file: TOML,
    place: /^\[database\.\w+\] (\w+)$/,
    why: (_, { groups: [name] }) => DATASOURCE[name],
    source: 'carbon-kernel, default.json of the configuration mapper',
  },
  {
    file: TOML,
    place: /^\[database\.\w+\.pool_options\] (\w+)$/,
    why: (_, { groups: [name] }) => POOL[name] ?? DATASOURCE[name] ?? 'A setting of the connection pool (Tomcat JDBC).',
    source: 'the Tomcat JDBC pool',
  },
  {
    file: /(^|\/)(identity\/identity\.xml|consent-mgt-config\.xml)$/,
    place: /\/DataSource\/Name$/,
    why: 'The name of the data source that all nodes share; it ships with that of the node\'s own embedded database.',
    source: 'the product\'s own files',
  },
  {
    file: REGISTRY,
    place: /\/dbConfig\[@name='[^']+'\]\/dataSource$/,
    why: 'The registry that all nodes share; each node keeps its local one, in the embedded database, beside it.',
    source: GUIDE,
  },
  {
    file: REGISTRY,
    place: /\/remoteInstance\[@url='[^']+'\]\/cacheId$/,
    why: 'Caches stay coherent between nodes only where all of them have the same: user@jdbcUrl.',
    source: GUIDE,
  },
  {
    file: REGISTRY,
    place: /\/remoteInstance\[@url='[^']+'\]\/readOnly$/,
    why: (_, { value }) => (value === 'true' ? 'Only the manager writes to the shared registry, so that workers never wait for each other.'
      : 'This is the node that writes to the shared registry.'),
    source: GUIDE,
  },
  {
    file: REGISTRY,
    place: /\/remoteInstance\[@url='[^']+'\]\/\w+$/,
    why: 'Makes the shared database an instance that parts of the registry can be mounted from; the samples that ship are comments.',
    source: GUIDE,
  },
  {
    file: REGISTRY,
    place: /\/mount\[@path='([^']+)'\]/,
    why: (_, { groups: [path] }) => `What is below ${path} is the same on all nodes.`,
    source: GUIDE,
  },
];

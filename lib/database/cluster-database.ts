import { isIPv4 } from 'node:net';
import { Names } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { Database } from './database';
import { DatabasePreparation, PreparedSchema } from './database-preparation';
import { DatabaseHost, DatabaseServer } from './database-server';
import { bindTls, warnOfUnverified } from './database-tls';
import { GroupDatabase } from './group-database';
import { JdbcDriver } from './jdbc-driver';
import { claimNames } from './own-names';
import { checkDatabaseNames, userPrivileges } from './user-privileges';
import { acknowledgeFindings } from '../access/findings';
import { grantSecretValue, secretId } from '../access/secret-access';
import { Distribution } from '../artifacts/distribution';
import { LateBoundValues } from '../boot/late-bound-values';
import { DatabasesModel, SchemaModel } from '../boot/node-document';
import { DatasourceModel } from '../configuration/node-model';
import { Value } from '../configuration/plan';
import { DatabaseDescription } from '../products/product-version';

const PASSWORD_LENGTH = 32;
/** MySQL's limit for users, who are named after their databases. */
const LONGEST_NAME = 32;

/** Tomcat JDBC pool: WSO2's own values, and connections that have died are found before they are used. */
const POOL: Readonly<Record<string, string>> = {
  maxActive: '80',
  maxWait: '60000',
  minIdle: '5',
  testOnBorrow: 'true',
  validationQuery: 'SELECT 1',
  validationInterval: '30000',
};

export interface ClusterDatabaseProps extends DatabaseHost {
  readonly database: Database;
  /** Those that all nodes share. */
  readonly databases: readonly DatabaseDescription[];
  /** Those of the one node of a group. */
  readonly groupDatabases: readonly GroupDatabase[];
  /** Subnets of the nodes. */
  readonly vpcSubnets: ec2.SubnetSelection;
  /** The product pack, which has the scripts that make the tables. */
  readonly distribution: Distribution;
}

/** An alias of the server, and what it leads to: a name, or an address. */
export interface HostAliasTarget {
  readonly name: string;
  readonly target: string;
  readonly isAddress: boolean;
}

/** A node, as its databases see it. */
export interface DatabaseClient {
  /** Where assets of the node's are made. */
  readonly scope: Construct;
  readonly groupId: string;
  readonly role: iam.IRole;
  readonly values: LateBoundValues;
}

/** A database on the server, and the data source that leads to it. */
interface PlacedDatabase {
  readonly description: DatabaseDescription;
  /** As the guides name it; without the prefix. */
  readonly databaseName: string;
  /** Group whose node alone uses it. */
  readonly groupId?: string;
}

/**
 * The databases of a cluster on their server and, for each, a user of its own whose password only Secrets Manager knows. A function of the
 * deployment makes databases, tables and users before the first node boots.
 */
export class ClusterDatabase extends Construct {
  /** Absent where the server is not ours. */
  public readonly instance?: rds.DatabaseInstance;
  /** Settings of the connection pools. */
  public readonly pool = POOL;
  private readonly server: DatabaseServer;
  private readonly encryptionKey?: kms.IKey;
  private readonly databases: readonly PlacedDatabase[];
  private readonly secrets = new Map<string, secretsmanager.ISecret>();
  /** Of the user with whom servers take turns when they start. */
  private readonly startSecret: secretsmanager.ISecret;
  /** Databases, tables and users are there. */
  public readonly prepared: IDependable;

  public constructor(scope: Construct, id: string, props: ClusterDatabaseProps) {
    super(scope, id);
    this.encryptionKey = props.encryptionKey;
    this.server = props.database._bind(this, props);
    this.instance = this.server.instance;
    warnOfUnverified(this, this.server);
    this.databases = [
      ...props.databases.map(description => ({ description, databaseName: description.name })),
      ...props.groupDatabases,
    ];
    this.databases.forEach(each => checkLength(this.nameOf(each)));
    checkDatabaseNames(this.server.additionalPrivileges ?? {}, this.databases.map(each => each.databaseName));
    claimNames(scope, [props.vpc.vpcId, this.server.host, this.server.port].join(), this.databases.map(each => this.nameOf(each)));
    this.databases.forEach(each => this.createSecret(each));
    this.startSecret = this.createStartSecret();
    this.prepared = this.prepare(props);
  }

  /** The alias that JDBC URLs use. */
  public get alias(): HostAliasTarget | undefined {
    const { hostAlias, host } = this.server;
    return hostAlias === undefined ? undefined : { name: hostAlias, target: host, isAddress: isIPv4(host) };
  }

  /** Lets a node read the secrets, and returns what its boot program makes of them. */
  public bindNode(client: DatabaseClient): DatabasesModel {
    const { values } = client;
    const tls = bindTls(client.scope, client.role, values, this.server);
    return {
      ...this.address(values),
      ...(tls ? { tls } : {}),
      start: { secret: secretName('DatabaseStart', this.startSecret, client) },
      schemas: this.databasesOf(client).map(each => this.schema(each, client)),
    };
  }

  public datasources(client: DatabaseClient, driver: JdbcDriver): DatasourceModel[] {
    return this.databasesOf(client).map(each => this.datasource(each, client.values, driver));
  }

  private databasesOf(client: DatabaseClient): PlacedDatabase[] {
    return this.databases.filter(each => each.groupId === undefined || each.groupId === client.groupId);
  }

  private schema(placed: PlacedDatabase, client: DatabaseClient): SchemaModel {
    const { description, databaseName } = placed;
    return {
      name: this.nameOf(placed),
      secret: secretName(secretValueName(databaseName), this.secretOf(placed), client),
      ...(description.scripts.length === 0 ? { empty: true as const } : {}),
    };
  }

  private prepare(props: ClusterDatabaseProps): IDependable {
    const { vpc, vpcSubnets, client, distribution, encryptionKey } = props;
    return new DatabasePreparation(this, 'Preparation', {
      vpc, vpcSubnets, members: client, server: this.server, distribution, encryptionKey,
      startSecret: this.startSecret,
      schemas: this.databases.map(each => this.preparedSchema(each)),
    }).prepared;
  }

  private preparedSchema(placed: PlacedDatabase): PreparedSchema {
    const { characterSet, foreignKeysOnNonUniqueKeys, scripts, sqlMode } = placed.description;
    return {
      name: this.nameOf(placed),
      characterSet,
      sqlMode,
      foreignKeysOnNonUniqueKeys,
      secret: this.secretOf(placed),
      privileges: userPrivileges(placed.description, this.server.additionalPrivileges?.[placed.databaseName]),
      scripts,
    };
  }

  private datasource(placed: PlacedDatabase, values: LateBoundValues, driver: JdbcDriver): DatasourceModel {
    const { description } = placed;
    const { endpoint, port } = this.address(values);
    const secret = values.name(secretValueName(placed.databaseName), secretId(this.secretOf(placed)));
    return {
      name: description.name,
      description: description.description,
      jndiName: description.jndiName,
      tomlName: description.tomlName,
      file: description.file,
      references: description.references,
      url: { join: ['jdbc:mysql://', this.server.hostAlias ?? endpoint, ':', port, `/${this.nameOf(placed)}?${driver._urlParameters(this.server)}`] },
      username: { secret, field: 'username' },
      password: { secret, field: 'password' },
      driverClassName: driver.className,
      defaultAutoCommit: description.defaultAutoCommit,
      pool: POOL,
    };
  }

  private address(values: LateBoundValues): { endpoint: Value; port: Value } {
    return {
      endpoint: values.value('DatabaseEndpoint', this.server.host),
      port: values.value('DatabasePort', this.server.port),
    };
  }

  private createSecret(placed: PlacedDatabase): void {
    const name = this.nameOf(placed);
    this.secrets.set(placed.databaseName, this.userSecret(`${pascalCase(placed.databaseName)}User`, `User of the database ${name}`, userName(name)));
  }

  /** Its name is of this cluster only: several may have databases on one server. */
  private createStartSecret(): secretsmanager.ISecret {
    const username = `carbon_start_${Names.nodeUniqueId(this.node).slice(-8).toLowerCase()}`;
    return this.userSecret('StartUser', 'User with whom servers take turns when they start', username);
  }

  private userSecret(id: string, description: string, username: string): secretsmanager.ISecret {
    const secret = new secretsmanager.Secret(this, id, {
      description,
      encryptionKey: this.encryptionKey,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: 'password',
        passwordLength: PASSWORD_LENGTH,
        excludePunctuation: true,
      },
    });
    acknowledgeFindings(secret, {
      id: 'AwsSolutions-SMG4',
      reason: 'Servers read the password when they start; the function that prepares the databases sets a new one when it is called',
    });
    return secret;
  }

  private nameOf(placed: PlacedDatabase): string {
    return `${this.server.databasePrefix ?? ''}${placed.databaseName}`;
  }

  private secretOf(placed: PlacedDatabase): secretsmanager.ISecret {
    return this.secrets.get(placed.databaseName)!;
  }
}

function secretName(name: string, secret: secretsmanager.ISecret, client: DatabaseClient): string {
  grantSecretValue(secret, client.role);
  return client.values.name(name, secretId(secret));
}

function checkLength(name: string): void {
  if (name.length <= LONGEST_NAME) return;
  throw new Error(`user of database ${name} would have ${name.length} characters and MySQL takes ${LONGEST_NAME}, give a shorter databasePrefix`);
}

function userName(database: string): string {
  return database.toLowerCase();
}

function secretValueName(database: string): string {
  return `${pascalCase(database)}Secret`;
}

function pascalCase(name: string): string {
  return name.split('_').map(part => part.charAt(0) + part.slice(1).toLowerCase()).join('');
}

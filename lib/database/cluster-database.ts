import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { JdbcDriver } from './jdbc-driver';
import { grantSecretValue } from '../access/secret-access';
import { LateBoundValues } from '../boot/late-bound-values';
import { DatabasesModel } from '../boot/node-document';
import { DatasourceModel } from '../configuration/node-model';
import { Value } from '../configuration/plan';
import { DatabaseDescription } from '../products/product-version';

const ADMIN = 'carbonadmin';
const PASSWORD_LENGTH = 32;
const ALLOCATED_GIB = 20;
const MAXIMUM_GIB = 200;

/** Tomcat JDBC pool: WSO2's own values, and connections that have died are found before they are used. */
const POOL: Readonly<Record<string, string>> = {
  maxActive: '80',
  maxWait: '60000',
  minIdle: '5',
  testOnBorrow: 'true',
  validationQuery: 'SELECT 1',
  validationInterval: '30000',
};

export interface ClusterDatabaseProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly client: ec2.IConnectable;
  readonly databases: readonly DatabaseDescription[];
  readonly instanceType: ec2.InstanceType;
  readonly engineVersion: rds.MysqlEngineVersion;
  readonly multiAz: boolean;
  readonly backupRetention: Duration;
  readonly deletionProtection: boolean;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * An RDS for MySQL instance and, for each database of the product, a user of its own whose password only Secrets
 * Manager knows. The first node makes databases, users and tables.
 */
export class ClusterDatabase extends Construct {
  public readonly instance: rds.DatabaseInstance;
  /** Settings of the connection pools. */
  public readonly pool = POOL;
  private readonly databases: readonly DatabaseDescription[];
  private readonly secrets = new Map<string, secretsmanager.ISecret>();

  public constructor(scope: Construct, id: string, props: ClusterDatabaseProps) {
    super(scope, id);
    this.databases = props.databases;
    this.instance = this.createInstance(props);
    this.instance.connections.allowDefaultPortFrom(props.client, 'Members of the cluster');
    for (const database of props.databases) {
      this.secrets.set(database.name, new secretsmanager.Secret(this, secretId(database.name), {
        description: `User of the database ${database.name}`,
        generateSecretString: {
          secretStringTemplate: JSON.stringify({ username: userName(database.name) }),
          generateStringKey: 'password',
          passwordLength: PASSWORD_LENGTH,
          excludePunctuation: true,
        },
      }));
    }
  }

  /** Lets a node read the secrets, and returns what its boot program makes of them. */
  public bindNode(role: iam.IRole, values: LateBoundValues): DatabasesModel {
    return {
      ...this.address(values),
      admin: this.secretName('DatabaseAdmin', this.adminSecret(), role, values),
      schemas: this.databases.map(database => ({
        name: database.name,
        characterSet: database.characterSet,
        ...(database.sqlMode === undefined ? {} : { sqlMode: database.sqlMode }),
        secret: this.secretName(secretValueName(database.name), this.secretOf(database.name), role, values),
        scripts: database.scripts,
      })),
    };
  }

  public datasources(values: LateBoundValues, driver: JdbcDriver): DatasourceModel[] {
    return this.databases.map(database => this.datasource(database, values, driver));
  }

  private datasource(database: DatabaseDescription, values: LateBoundValues, driver: JdbcDriver): DatasourceModel {
    const { endpoint, port } = this.address(values);
    const secret = values.name(secretValueName(database.name), this.secretOf(database.name).secretArn);
    return {
      name: database.name,
      description: database.description,
      jndiName: database.jndiName,
      tomlName: database.tomlName,
      file: database.file,
      references: database.references,
      url: { join: ['jdbc:mysql://', endpoint, ':', port, `/${database.name}?${driver._urlParameters}`] },
      username: { secret, field: 'username' },
      password: { secret, field: 'password' },
      driverClassName: driver.className,
      defaultAutoCommit: database.defaultAutoCommit,
      pool: POOL,
    };
  }

  private address(values: LateBoundValues): { endpoint: Value; port: Value } {
    return {
      endpoint: values.value('DatabaseEndpoint', this.instance.instanceEndpoint.hostname),
      port: values.value('DatabasePort', this.instance.dbInstanceEndpointPort),
    };
  }

  private secretName(name: string, secret: secretsmanager.ISecret, role: iam.IRole, values: LateBoundValues): string {
    grantSecretValue(secret, role);
    return values.name(name, secret.secretArn);
  }

  private secretOf(database: string): secretsmanager.ISecret {
    return this.secrets.get(database)!;
  }

  private adminSecret(): secretsmanager.ISecret {
    return this.instance.secret!;
  }

  private createInstance(props: ClusterDatabaseProps): rds.DatabaseInstance {
    const engine = rds.DatabaseInstanceEngine.mysql({ version: props.engineVersion });
    return new rds.DatabaseInstance(this, 'Instance', {
      engine,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      instanceType: props.instanceType,
      credentials: rds.Credentials.fromGeneratedSecret(ADMIN),
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', {
        engine,
        description: 'MySQL for a WSO2 Carbon cluster',
        parameters: { require_secure_transport: 'ON' },
      }),
      multiAz: props.multiAz,
      allocatedStorage: ALLOCATED_GIB,
      maxAllocatedStorage: MAXIMUM_GIB,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      publiclyAccessible: false,
      backupRetention: props.backupRetention,
      copyTagsToSnapshot: true,
      deletionProtection: props.deletionProtection,
      removalPolicy: props.removalPolicy,
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: ['error'],
    });
  }
}

/** MySQL allows 32 characters. */
function userName(database: string): string {
  return database.toLowerCase();
}

function secretId(database: string): string {
  return `${pascalCase(database)}User`;
}

function secretValueName(database: string): string {
  return `${pascalCase(database)}Secret`;
}

function pascalCase(name: string): string {
  return name.split('_').map(part => part.charAt(0) + part.slice(1).toLowerCase()).join('');
}

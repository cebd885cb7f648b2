import { CfnDeletionPolicy, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { RdsMySqlOptions } from './database-options';
import { DatabaseHost, DatabaseServer } from './database-server';
import { acknowledgeFindings } from '../access/findings';
import { allowThrough } from '../access/key-access';
import { checkMySqlVersion, defaultMySqlVersion } from '../facts/mysql-version';
import { checkDatabaseType, defaultDatabaseType } from '../facts/regional-types';

const ADMIN = 'carbonadmin';
const ALLOCATED_GIB = 20;
const MAXIMUM_GIB = 200;

export function rdsMySql(scope: Construct, host: DatabaseHost, options: RdsMySqlOptions): DatabaseServer {
  const instance = createInstance(scope, host, options);
  acknowledgeFindings(instance,
    { id: 'AwsSolutions-RDS11', reason: 'The port is open to the members of the cluster only, and they are told it' },
    { id: 'AwsSolutions-SMG4', reason: 'Nodes read it at each boot, so it may be rotated: addRotationSingleUser() of the instance' },
  );
  keepInside(instance);
  leaveProtection(instance);
  const letIn = (client: ec2.IConnectable, description: string): void => instance.connections.allowDefaultPortFrom(client, description);
  letIn(host.client, 'Members of the cluster');
  return {
    ...options,
    host: instance.instanceEndpoint.hostname,
    port: instance.dbInstanceEndpointPort,
    adminSecret: instance.secret!,
    instance,
    letIn,
  };
}

/** The instance never connects to anything. Of the group that the CDK makes for it, this is all that is to be changed, and it keeps its id. */
function keepInside(instance: rds.DatabaseInstance): void {
  const group = instance.node.findChild('SecurityGroup').node.defaultChild as ec2.CfnSecurityGroup;
  // As the CDK writes it for its own groups: a group without any rule would get EC2's, which is open to everywhere.
  group.securityGroupEgress = [{ cidrIp: '255.255.255.255/32', ipProtocol: 'icmp', fromPort: 252, toPort: 86, description: 'Disallow all traffic' }];
}

/** The custom resource of `protection` switches it on, once the nodes are in service; RDS leaves alone what a template does not say. */
function leaveProtection(instance: rds.DatabaseInstance): void {
  const resource = instance.node.defaultChild as rds.CfnDBInstance;
  resource.deletionProtection = undefined;
  // A database that is replaced leaves a snapshot, as it always has.
  const { cfnOptions: policies } = resource;
  if (policies.deletionPolicy === CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE) policies.updateReplacePolicy = CfnDeletionPolicy.SNAPSHOT;
  acknowledgeFindings(instance, {
    id: 'AwsSolutions-RDS10',
    reason: 'A function switches deletion protection on when the nodes are in service, so that a creation that fails can be rolled back',
  });
}

/**
 * A protected database is not deleted, and a creation that is rolled back leaves nothing of it. An unprotected one leaves its last
 * snapshot, which it does also when its creation is rolled back: CloudFormation has no policy that takes one at any time but then.
 */
function removalPolicy({ deletionProtection, removalPolicy }: DatabaseHost): RemovalPolicy {
  const chosen = removalPolicy ?? (deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.SNAPSHOT);
  return chosen === RemovalPolicy.RETAIN ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : chosen;
}

function createInstance(scope: Construct, host: DatabaseHost, options: RdsMySqlOptions): rds.DatabaseInstance {
  const { encryptionKey } = host;
  if (encryptionKey) allowThrough(scope, encryptionKey, 'rds');
  const engine = rds.DatabaseInstanceEngine.mysql({ version: engineVersion(options) });
  return new rds.DatabaseInstance(scope, 'Instance', {
    engine,
    vpc: host.vpc,
    vpcSubnets: options.vpcSubnets,
    instanceType: instanceType(scope, options),
    credentials: rds.Credentials.fromGeneratedSecret(ADMIN, { encryptionKey }),
    parameterGroup: new rds.ParameterGroup(scope, 'Parameters', {
      engine,
      description: 'MySQL for a WSO2 Carbon cluster',
      // RDS takes the values that it lists for the parameter, literally; ON and OFF are of clusters of Aurora.
      parameters: { require_secure_transport: '1' },
    }),
    multiAz: host.highAvailability,
    allocatedStorage: ALLOCATED_GIB,
    maxAllocatedStorage: MAXIMUM_GIB,
    storageType: rds.StorageType.GP3,
    storageEncrypted: true,
    storageEncryptionKey: encryptionKey,
    // Nodes know the authorities of this generation, so the instance keeps to one of them whatever becomes the default of RDS or of the account.
    caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
    publiclyAccessible: false,
    backupRetention: options.backupRetention ?? Duration.days(7),
    copyTagsToSnapshot: true,
    removalPolicy: removalPolicy(host),
    autoMinorVersionUpgrade: true,
    cloudwatchLogsExports: ['error'],
  });
}

function engineVersion({ engineVersion: version }: RdsMySqlOptions): rds.MysqlEngineVersion {
  if (version !== undefined) checkMySqlVersion(version);
  return version ?? defaultMySqlVersion();
}

function instanceType(scope: Construct, { instanceType: type }: RdsMySqlOptions): ec2.InstanceType {
  if (type !== undefined) checkDatabaseType(scope, type);
  return type ?? defaultDatabaseType(scope);
}

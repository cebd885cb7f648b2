import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { RdsMySqlOptions } from './database-options';
import { DatabaseHost, DatabaseServer } from './database-server';
import { acknowledgeFindings } from '../access/findings';

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
  instance.connections.allowDefaultPortFrom(host.client, 'Members of the cluster');
  return {
    ...options,
    host: instance.instanceEndpoint.hostname,
    port: instance.dbInstanceEndpointPort,
    adminSecret: instance.secret!,
    instance,
  };
}

/** The instance never connects to anything. Of the group that the CDK makes for it, this is all that is to be changed, and it keeps its id. */
function keepInside(instance: rds.DatabaseInstance): void {
  const group = instance.node.findChild('SecurityGroup').node.defaultChild as ec2.CfnSecurityGroup;
  // As the CDK writes it for its own groups: a group without any rule would get EC2's, which is open to everywhere.
  group.securityGroupEgress = [{ cidrIp: '255.255.255.255/32', ipProtocol: 'icmp', fromPort: 252, toPort: 86, description: 'Disallow all traffic' }];
}

function createInstance(scope: Construct, host: DatabaseHost, options: RdsMySqlOptions): rds.DatabaseInstance {
  const engine = rds.DatabaseInstanceEngine.mysql({ version: options.engineVersion ?? rds.MysqlEngineVersion.VER_8_4_8 });
  return new rds.DatabaseInstance(scope, 'Instance', {
    engine,
    vpc: host.vpc,
    vpcSubnets: options.vpcSubnets,
    instanceType: options.instanceType ?? ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM),
    credentials: rds.Credentials.fromGeneratedSecret(ADMIN),
    parameterGroup: new rds.ParameterGroup(scope, 'Parameters', {
      engine,
      description: 'MySQL for a WSO2 Carbon cluster',
      parameters: { require_secure_transport: 'ON' },
    }),
    multiAz: host.highAvailability,
    allocatedStorage: ALLOCATED_GIB,
    maxAllocatedStorage: MAXIMUM_GIB,
    storageType: rds.StorageType.GP3,
    storageEncrypted: true,
    // Nodes know the authorities of this generation, so the instance keeps to one of them whatever becomes the default of RDS or of the account.
    caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
    publiclyAccessible: false,
    backupRetention: options.backupRetention ?? Duration.days(7),
    copyTagsToSnapshot: true,
    deletionProtection: host.deletionProtection,
    removalPolicy: host.removalPolicy ?? RemovalPolicy.SNAPSHOT,
    autoMinorVersionUpgrade: true,
    cloudwatchLogsExports: ['error'],
  });
}

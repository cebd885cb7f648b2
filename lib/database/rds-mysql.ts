import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { RdsMySqlOptions } from './database-options';
import { DatabaseHost, DatabaseServer } from './database-server';

const ADMIN = 'carbonadmin';
const ALLOCATED_GIB = 20;
const MAXIMUM_GIB = 200;

export function rdsMySql(scope: Construct, host: DatabaseHost, options: RdsMySqlOptions): DatabaseServer {
  const instance = createInstance(scope, host, options);
  instance.connections.allowDefaultPortFrom(host.client, 'Members of the cluster');
  return {
    ...options,
    host: instance.instanceEndpoint.hostname,
    port: instance.dbInstanceEndpointPort,
    adminSecret: instance.secret!,
    instance,
  };
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
    publiclyAccessible: false,
    backupRetention: options.backupRetention ?? Duration.days(7),
    copyTagsToSnapshot: true,
    deletionProtection: host.deletionProtection,
    removalPolicy: host.removalPolicy ?? RemovalPolicy.SNAPSHOT,
    autoMinorVersionUpgrade: true,
    cloudwatchLogsExports: ['error'],
  });
}

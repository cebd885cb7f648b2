/** Artifacts, databases, host names: what cannot serve what. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BadInput, Overrides } from './bad-input';
import {
  CarbonProduct, ClusteringPattern, Database, DatabasePrivilege, DeploymentSynchronizer, ExistingMySqlOptions, LoadBalancing,
  LocalRegistry, PrivateNames,
} from '../../../lib';

const secret = (stack: Stack): secretsmanager.ISecret => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'secret');
const ALIKE: Overrides = { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER };
const svn = (stack: Stack): Overrides => ({ deploymentSynchronizer: DeploymentSynchronizer.svn({ url: 'https://svn.example.com/x', secret: secret(stack) }) });
const bucket = (more = {}): Overrides => ({ deploymentSynchronizer: DeploymentSynchronizer.bucket(more) });
const shared = (folders: string[]): Overrides => ({ deploymentSynchronizer: DeploymentSynchronizer.efs({ folders }) });
const existing = (stack: Stack, more: Partial<ExistingMySqlOptions> = {}): Overrides =>
  ({ database: Database.existingMySql({ host: 'db.example.com', adminSecret: secret(stack), ...more }) });
const vpcWithout = (stack: Stack, setting: 'enableDnsSupport' | 'enableDnsHostnames'): ec2.IVpc => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, [setting]: false });
const zone = (stack: Stack, zoneName: string): PrivateNames =>
  PrivateNames.zone(route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName }));
const fileSystem = (stack: Stack): efs.IFileSystem => efs.FileSystem.fromFileSystemAttributes(stack, 'Files', {
  fileSystemId: 'fs-1', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1'),
});

export const ARTIFACTS_AND_DATABASES: readonly BadInput[] = [
  ['a bucket without a manager', () => ({ ...ALIKE, ...bucket() }),
    'deploymentSynchronizer: a bucket has what the manager publishes, and nodes that are all alike have no manager: use DeploymentSynchronizer.efs, or the clusteringPattern with a manager'],
  ['SVN without a manager', stack => ({ ...ALIKE, ...svn(stack) }),
    'deploymentSynchronizer: Subversion takes one node that commits and nodes that are all alike have none, use DeploymentSynchronizer.efs, or the clusteringPattern with a manager'],
  ['SVN with a product that has no synchronizer', stack => ({ product: CarbonProduct.identityServer('7.1.0'), ...svn(stack) }),
    'deploymentSynchronizer: WSO2 Identity Server 7.1.0 has none for Subversion, use DeploymentSynchronizer.efs, or deploy its artifacts with the pack'],
  ['EFS in a VPC that resolves no names', stack => ({ vpc: vpcWithout(stack, 'enableDnsSupport'), deploymentSynchronizer: DeploymentSynchronizer.efs() }),
    'DeploymentSynchronizer.efs needs DNS in the VPC and enableDnsSupport of Test/Vpc is false, make it true'],
  ['EFS in a VPC that gives no names', stack => ({ vpc: vpcWithout(stack, 'enableDnsHostnames'), deploymentSynchronizer: DeploymentSynchronizer.efs() }),
    'DeploymentSynchronizer.efs needs DNS in the VPC and enableDnsHostnames of Test/Vpc is false, make it true'],
  ['private names in a VPC without DNS', stack => ({ vpc: vpcWithout(stack, 'enableDnsSupport'), privateNames: PrivateNames.hostedZones() }),
    'privateNames needs DNS in the VPC and enableDnsSupport of Test/Vpc is false, make it true'],
  ['a key for a file system that exists', stack => ({
    deploymentSynchronizer: DeploymentSynchronizer.efs({ fileSystem: fileSystem(stack), encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:1:key/1') }),
  }), 'encryptionKey says nothing of a fileSystem that exists, leave one of them out'],
  ['a folder outside the product', () => shared(['../etc']),
    "folder '../etc' of the deployment synchronizer is no path below the product's home, give one such as repository/deployment/server"],
  ['a folder in a folder', () => shared(['repository/tenants/1', 'repository/tenants']),
    "folder 'repository/tenants/1' of the deployment synchronizer lies in 'repository/tenants', give only one of them"],
  ['no folder', () => shared([]), 'folders of the deployment synchronizer are none, give at least one'],
  ['a bucket without a pause', () => bucket({ interval: Duration.seconds(1) }), 'interval must be a number of whole seconds from 10 on, got 1'],
  ['a bucket with a part of a second', () => bucket({ interval: Duration.millis(10_500) }), 'interval must be a number of whole seconds from 10 on, got 10.5'],
  ['an alias of RDS without a zone', () => ({ database: Database.rdsMySql({ hostAlias: 'carbondb.example.com' }) }),
    "hostAlias 'carbondb.example.com' of the database is in no zone, give privateNames, or the IP address of an existing server"],
  ['an alias of a named server without a zone', stack => existing(stack, { hostAlias: 'carbon.example.com' }),
    "hostAlias 'carbon.example.com' of the database is in no zone, give privateNames, or the IP address of an existing server"],
  ['an alias without a domain', () => ({ database: Database.rdsMySql({ hostAlias: 'carbondb' }), privateNames: PrivateNames.hostedZones() }),
    "hostAlias 'carbondb' is in no domain whose zone could have it, give one such as carbondb.example.com"],
  ['an alias that is no host name', () => ({ database: Database.rdsMySql({ hostAlias: 'carbon db' }) }),
    "hostAlias 'carbon db' is no host name, give one such as am.example.com"],
  ['a host name outside the zone', stack => ({ privateNames: zone(stack, 'example.org') }),
    "hostName 'am.example.com' is not in the zone example.org of privateNames, give a zone that it is in"],
  ['a console outside the zone', stack => ({ managementHostName: 'mgt.example.org', privateNames: zone(stack, 'example.com') }),
    "managementHostName 'mgt.example.org' is not in the zone example.com of privateNames, give a zone that it is in"],
  ['an alias outside the zone', stack => ({ database: Database.rdsMySql({ hostAlias: 'db.example.org' }), privateNames: zone(stack, 'example.com') }),
    "hostAlias 'db.example.org' is not in the zone example.com of privateNames, give a zone that it is in"],
  ['names that lead nowhere', () => ({ loadBalancing: LoadBalancing.none(), certificates: undefined, privateNames: PrivateNames.hostedZones() }),
    'privateNames have nothing to lead to without a load balancer and a hostAlias of the database, leave them out'],
  ['a removal policy without anything to keep', stack => ({ ...existing(stack), removalPolicy: RemovalPolicy.DESTROY }),
    "removalPolicy 'destroy' is for a database or file system of the cluster's own and it has neither, leave it out"],
  ['an existing server without a name', stack => existing(stack, { host: 'a b' }), "host 'a b' is no host name, give one such as am.example.com"],
  ['an existing server at no port', stack => existing(stack, { port: 0 }), 'port 0 of the database server is none, give a number from 1 to 65535'],
  ['a prefix that is none', stack => existing(stack, { databasePrefix: 'am-' }),
    "databasePrefix 'am-' is none, give a letter and at most 11 letters, digits and _ after it"],
  ['a network that is none', stack => existing(stack, { clientNetwork: '10.0.0.0' }),
    "clientNetwork '10.0.0.0' is no range of addresses, give one such as 10.0.0.0/16, or % for any"],
  ['privileges on a database of another', () => ({ database: Database.rdsMySql({ additionalPrivileges: { WSO2_DB: [DatabasePrivilege.CREATE] } }) }),
    "additionalPrivileges name the database 'WSO2_DB', which the cluster does not have, give one of WSO2AM_DB, WSO2UM_DB, WSO2REG_DB"],
  ['a local registry in MySQL for nodes that come and go', () => ({ localRegistry: LocalRegistry.mySql() }),
    'localRegistry in MySQL needs a database for each node, and the 2 nodes of Workers come and go: use LocalRegistry.embedded(), or a membership whose well-known members are groups of one'],
];

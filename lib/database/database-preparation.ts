import { join } from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { DatabaseServer } from './database-server';
import { authoritiesFile } from './database-tls';
import { acknowledgeFindings } from '../access/findings';
import { allowLogs, allowThrough, grantThrough } from '../access/key-access';
import { grantSecretValue, secretId } from '../access/secret-access';
import { BucketFileConfig } from '../artifacts/bucket-file-options';
import { Distribution } from '../artifacts/distribution';

/** A database that is to be there, with its tables and its user. */
export interface PreparedSchema {
  readonly name: string;
  readonly characterSet: string;
  readonly sqlMode?: string;
  readonly foreignKeysOnNonUniqueKeys?: boolean;
  /** Holds `username` and `password` of its user. */
  readonly secret: secretsmanager.ISecret;
  readonly privileges: readonly string[];
  /** In the pack, relative to the product's home. */
  readonly scripts: readonly string[];
}

export interface DatabasePreparationProps {
  readonly vpc: ec2.IVpc;
  /** Those of the nodes: where they reach the database and AWS, the function does. */
  readonly vpcSubnets: ec2.SubnetSelection;
  /** Nodes, whose security groups a server that is not ours lets in. */
  readonly members: ec2.IConnectable;
  readonly server: DatabaseServer;
  readonly schemas: readonly PreparedSchema[];
  /** Of the user with whom servers take turns when they start. */
  readonly startSecret: secretsmanager.ISecret;
  /** Has the scripts. */
  readonly distribution: Distribution;
  /** Encrypts the environment and the log of the function. */
  readonly encryptionKey?: kms.IKey;
}

/** Beside this file in the sources and in the package. */
const FUNCTION = join(__dirname, 'preparation', 'function');

const TYPE = 'Custom::CarbonDatabases';

/** As long as Lambda lets a function run. */
const TIMEOUT = Duration.minutes(15);
const SERVICE_TIMEOUT = Duration.minutes(16);

/** A whole processor reads and hashes a pack of 500 MB in seconds. */
const MEMORY_MIB = 1769;

/**
 * What Lambda needs to connect a function to a VPC, as in "Configuring a Lambda function to access resources in a VPC" in the AWS Lambda
 * Developer Guide.
 */
const NETWORK_ACTIONS = [
  'CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DeleteNetworkInterface', 'AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses',
].map(each => `ec2:${each}`);

/**
 * Makes databases, tables and users before the first node boots: a Lambda function in the VPC, which is the only one that reads the
 * administrator's secret. What it does with what is there already: see the README.
 */
export class DatabasePreparation extends Construct {
  /** Once it is there, nodes may boot. */
  public readonly prepared: IDependable;

  public constructor(scope: Construct, id: string, private readonly props: DatabasePreparationProps) {
    super(scope, id);
    const { encryptionKey, vpc, vpcSubnets } = props;
    if (encryptionKey) {
      allowLogs(this, encryptionKey);
      allowThrough(this, encryptionKey, 'lambda');
    }
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.DESTROY, encryptionKey,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    if (encryptionKey) grantThrough(role, encryptionKey, 'lambda', ['kms:Decrypt']);
    const server = this.serverProperties(role);
    const properties = {
      ...server,
      Pack: fileProperties(props.distribution.bind(this, role)),
      StartSecret: secretOf(props.startSecret, role),
      Schemas: props.schemas.map(each => schemaProperties(each, role)),
    };
    const policy = new iam.Policy(this, 'Policy', { roles: [role], statements: this.statements(logGroup) });
    const handler = new lambda.Function(this, 'Function', {
      description: 'Prepares the databases of a WSO2 Carbon cluster',
      code: lambda.Code.fromAsset(FUNCTION),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      memorySize: MEMORY_MIB,
      timeout: TIMEOUT,
      role,
      logGroup,
      vpc,
      vpcSubnets,
      // In a subnet that is public the function has, like a node without a public address, what the VPC's endpoints lead to.
      allowPublicSubnet: true,
      securityGroups: this.securityGroups(),
      environment: { SERVER: Stack.of(this).toJsonString(server) },
    });
    // As for the function that rotates access keys: `environmentEncryption` would let it do more with the key.
    if (encryptionKey) (handler.node.defaultChild as lambda.CfnFunction).kmsKeyArn = encryptionKey.keyArn;
    handler.node.addDependency(policy);
    const ownCalls = this.denyOwnCalls(role, handler);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: TYPE, serviceToken: handler.functionArn, serviceTimeout: SERVICE_TIMEOUT, properties,
    });
    // Rights of the role, and the rules that let the function reach the server and AWS.
    resource.node.addDependency(role, ownCalls, ...handler.connections.securityGroups, this.internet());
    if (props.server.instance) resource.node.addDependency(props.server.instance);
    this.prepared = resource;
  }

  private internet(): IDependable {
    return this.props.vpc.selectSubnets(this.props.vpcSubnets).internetConnectivityEstablished;
  }

  private serverProperties(role: iam.IRole): Record<string, unknown> {
    const { server, vpc, vpcSubnets } = this.props;
    const authorities = authoritiesFile(this, role, server);
    return {
      Endpoint: server.host,
      Port: server.port,
      AdminSecret: secretOf(server.adminSecret, role),
      ...(server.clientNetwork === undefined ? { Subnets: vpc.selectSubnets(vpcSubnets).subnetIds } : { ClientNetwork: server.clientNetwork }),
      ...(authorities ? { Authorities: { ...fileProperties(authorities.file), ...(authorities.asset ? { Asset: 'true' } : {}) } } : {}),
    };
  }

  /** A server that is not ours lets the members in, however that is done: there the function is seen as one of them. */
  private securityGroups(): ec2.ISecurityGroup[] {
    const { letIn } = this.props.server;
    if (!letIn) return this.props.members.connections.securityGroups;
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.props.vpc, description: 'Function that prepares the databases of a WSO2 Carbon cluster', allowAllOutbound: false,
    });
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'APIs of AWS');
    letIn(group, 'Function that prepares the databases');
    return [group];
  }

  private statements(logGroup: logs.LogGroup): iam.PolicyStatement[] {
    acknowledgeFindings(this, {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Lambda makes network interfaces that have no ARN before, and Describe actions of EC2 take no resource; the function itself makes none',
    });
    return [
      // Without logs:CreateLogGroup: Lambda would make the group again after the stack has deleted it.
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      new iam.PolicyStatement({ actions: NETWORK_ACTIONS, resources: ['*'] }),
      new iam.PolicyStatement({
        actions: ['ec2:DescribeSubnets', 'ec2:DescribeVpcs'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(this).region } },
      }),
    ];
  }

  /** What Lambda does for the function is denied to the function itself, as the Developer Guide recommends it. */
  private denyOwnCalls(role: iam.Role, handler: lambda.Function): iam.Policy {
    const conditions = { ArnEquals: { 'lambda:SourceFunctionArn': handler.functionArn } };
    const denial = new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: NETWORK_ACTIONS, resources: ['*'], conditions });
    return new iam.Policy(this, 'OwnCalls', { roles: [role], statements: [denial] });
  }
}

function schemaProperties(schema: PreparedSchema, role: iam.IRole): Record<string, unknown> {
  return {
    Name: schema.name,
    CharacterSet: schema.characterSet,
    SqlMode: schema.sqlMode,
    ForeignKeysOnNonUniqueKeys: schema.foreignKeysOnNonUniqueKeys,
    Secret: secretOf(schema.secret, role),
    Privileges: schema.privileges,
    Scripts: schema.scripts,
  };
}

function secretOf(secret: secretsmanager.ISecret, role: iam.IRole): string {
  grantSecretValue(secret, role);
  return secretId(secret);
}

function fileProperties({ bucketName, objectKey, sha256 }: BucketFileConfig): Record<string, unknown> {
  return { Bucket: bucketName, Key: objectKey, Sha256: sha256 };
}

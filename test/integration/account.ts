/** What the integration test asks of an account, and what it creates there outside the stack: a bucket with the pack, and a certificate. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import * as s3 from '@aws-sdk/client-s3';
import * as sts from '@aws-sdk/client-sts';
import { HOST_NAME, RUN_TAG } from './names';

export interface Caller {
  readonly account: string;
  readonly arn: string;
  readonly region: string;
}

/** Where the calls go: to AWS by the caller's own settings, or to the emulator. */
export interface AccountOptions {
  readonly region?: string;
  readonly profile?: string;
  /** Address of the emulator. @default - AWS */
  readonly endpoint?: string;
}

/** Events of a stack that tell of signals, as CloudFormation words them. */
const SIGNAL_EVENT = /^Received (SUCCESS|FAILURE) signal with UniqueId (.*)$/;

/** The toolkit stack of `cdk bootstrap`. */
const TOOLKIT = 'CDKToolkit';

export class Account {
  private readonly cloudformation: cloudformation.CloudFormationClient;
  private readonly ec2: ec2.EC2Client;
  private readonly elb: elb.ElasticLoadBalancingV2Client;
  private readonly iam: iam.IAMClient;
  private readonly logs: logs.CloudWatchLogsClient;
  private readonly rds: rds.RDSClient;
  private readonly s3: s3.S3Client;
  private readonly sts: sts.STSClient;

  public constructor({ region, profile, endpoint }: AccountOptions) {
    const settings = {
      ...(region ? { region } : {}),
      ...(profile ? { profile } : {}),
      ...(endpoint ? { endpoint, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } } : {}),
    };
    this.cloudformation = new cloudformation.CloudFormationClient(settings);
    this.ec2 = new ec2.EC2Client(settings);
    this.elb = new elb.ElasticLoadBalancingV2Client(settings);
    this.iam = new iam.IAMClient(settings);
    this.logs = new logs.CloudWatchLogsClient(settings);
    this.rds = new rds.RDSClient(settings);
    this.s3 = new s3.S3Client({ ...settings, ...(endpoint ? { forcePathStyle: true } : {}) });
    this.sts = new sts.STSClient(settings);
  }

  /** @throws if there are no credentials or no region */
  public async caller(): Promise<Caller> {
    const identity = await this.sts.send(new sts.GetCallerIdentityCommand({}));
    return { account: identity.Account!, arn: identity.Arn!, region: await this.sts.config.region() };
  }

  public async isBootstrapped(): Promise<boolean> {
    return (await this.stack(TOOLKIT)) !== undefined;
  }

  /** A private bucket with the pack, and nothing else. */
  public async putPack(bucket: string, file: string, region: string): Promise<{ readonly key: string; readonly sha256: string }> {
    // us-east-1 is the one region whose name S3 refuses as a location.
    const location = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as s3.BucketLocationConstraint } };
    await this.s3.send(new s3.CreateBucketCommand({ Bucket: bucket, ...location }));
    await this.s3.send(new s3.PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet: [{ Key: RUN_TAG, Value: bucket }] } }));
    const body = fs.readFileSync(file);
    const key = path.basename(file);
    await this.s3.send(new s3.PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    return { key, sha256: createHash('sha256').update(body).digest('hex') };
  }

  public async removeBucket(bucket: string): Promise<void> {
    const pages = s3.paginateListObjectsV2({ client: this.s3 }, { Bucket: bucket });
    for await (const page of pages) {
      for (const { Key } of page.Contents ?? []) await this.s3.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key }));
    }
    await this.s3.send(new s3.DeleteBucketCommand({ Bucket: bucket }));
  }

  /** A self-signed certificate for the listener, which needs one. Nobody validates a domain for it, so it is kept in IAM. */
  public async putCertificate(name: string): Promise<string> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carbon-integration-'));
    try {
      const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
      const { status, stderr } = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3', '-subj', `/CN=${HOST_NAME}`,
        '-addext', `subjectAltName=DNS:${HOST_NAME},DNS:mgt.${HOST_NAME}`, '-keyout', key, '-out', certificate], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`openssl could not make a certificate: ${stderr ?? 'openssl is not installed'}`);
      const answer = await this.iam.send(new iam.UploadServerCertificateCommand({
        ServerCertificateName: name, CertificateBody: fs.readFileSync(certificate, 'utf8'), PrivateKey: fs.readFileSync(key, 'utf8'),
      }));
      return answer.ServerCertificateMetadata!.Arn!;
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  public async removeCertificate(name: string): Promise<void> {
    await this.iam.send(new iam.DeleteServerCertificateCommand({ ServerCertificateName: name }));
  }

  /** Of a stack that is gone, only its id finds it. */
  public async stack(nameOrId: string): Promise<cloudformation.Stack | undefined> {
    try {
      const answer = await this.cloudformation.send(new cloudformation.DescribeStacksCommand({ StackName: nameOrId }));
      return answer.Stacks?.[0];
    } catch (error) {
      if (/does not exist/.test((error as Error).message)) return undefined;
      throw error;
    }
  }

  public async resources(stackId: string): Promise<cloudformation.StackResourceSummary[]> {
    const found: cloudformation.StackResourceSummary[] = [];
    for await (const page of cloudformation.paginateListStackResources({ client: this.cloudformation }, { StackName: stackId })) {
      found.push(...page.StackResourceSummaries ?? []);
    }
    return found;
  }

  /** What nodes signalled, in CloudFormation's words: its status and the unique id. */
  public async signals(stackId: string): Promise<{ readonly status: string; readonly uniqueId: string }[]> {
    return (await this.reasons(stackId)).flatMap(reason => {
      const found = SIGNAL_EVENT.exec(reason);
      return found ? [{ status: found[1], uniqueId: found[2] }] : [];
    });
  }

  /** Reasons of all events, the newest first. */
  public async reasons(stackId: string): Promise<string[]> {
    const found: string[] = [];
    for await (const page of cloudformation.paginateDescribeStackEvents({ client: this.cloudformation }, { StackName: stackId })) {
      found.push(...(page.StackEvents ?? []).flatMap(each => each.ResourceStatusReason ?? []));
    }
    return found;
  }

  public async deleteStack(stackId: string): Promise<void> {
    await this.cloudformation.send(new cloudformation.DeleteStackCommand({ StackName: stackId }));
  }

  /** Takes the deletion protection off what a stack of this run has. */
  public async unprotect(resources: readonly cloudformation.StackResourceSummary[]): Promise<void> {
    for (const { ResourceType: type, PhysicalResourceId: id, ResourceStatus: status } of resources) {
      if (!id || status === 'DELETE_COMPLETE') continue;
      if (type === 'AWS::RDS::DBInstance') {
        await this.rds.send(new rds.ModifyDBInstanceCommand({ DBInstanceIdentifier: id, DeletionProtection: false, ApplyImmediately: true }));
      }
      if (type === 'AWS::ElasticLoadBalancingV2::LoadBalancer') {
        const Attributes = [{ Key: 'deletion_protection.enabled', Value: 'false' }];
        await this.elb.send(new elb.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: id, Attributes }));
      }
    }
  }

  public async isProtected(database: string): Promise<boolean> {
    const answer = await this.rds.send(new rds.DescribeDBInstancesCommand({ DBInstanceIdentifier: database }));
    return answer.DBInstances?.[0]?.DeletionProtection === true;
  }

  /** What RDS holds of the parameter that requires TLS of clients. */
  public async secureTransport(group: string): Promise<string> {
    const pages = rds.paginateDescribeDBParameters({ client: this.rds }, { DBParameterGroupName: group });
    for await (const page of pages) {
      const found = page.Parameters?.find(each => each.ParameterName === 'require_secure_transport');
      if (found) return `${found.ParameterValue} (allowed values: ${found.AllowedValues ?? 'not stated'})`;
    }
    return 'not set';
  }

  public async addressOf(networkInterface: string): Promise<string> {
    const answer = await this.ec2.send(new ec2.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [networkInterface] }));
    return answer.NetworkInterfaces![0].PrivateIpAddress!;
  }

  /** Lines of a log group with these words, by stream. */
  public async lines(group: string, words: string): Promise<{ readonly stream: string; readonly text: string }[]> {
    const found: { stream: string; text: string }[] = [];
    const pages = logs.paginateFilterLogEvents({ client: this.logs }, { logGroupName: group, filterPattern: `"${words}"` });
    for await (const page of pages) found.push(...(page.events ?? []).map(each => ({ stream: each.logStreamName!, text: each.message! })));
    return found;
  }

  /** What a deleted stack left by what it says itself, and final snapshots of its databases. */
  public async left(stackId: string): Promise<string[]> {
    const resources = await this.resources(stackId);
    const kept = resources.filter(each => each.ResourceStatus !== 'DELETE_COMPLETE' && each.PhysicalResourceId)
      .map(each => `${each.ResourceType} ${each.PhysicalResourceId} (${each.ResourceStatus})`);
    return [...kept, ...(await Promise.all(databasesOf(resources).map(each => this.snapshots(each)))).flat()];
  }

  /** Removes the log groups that RDS made for the databases of a stack. They belong to no stack, and RDS leaves them. */
  public async removeDatabaseLogs(stackId: string): Promise<string[]> {
    const groups = (await Promise.all(databasesOf(await this.resources(stackId)).map(each => this.logGroups(`/aws/rds/instance/${each}/`)))).flat();
    for (const logGroupName of groups) await this.logs.send(new logs.DeleteLogGroupCommand({ logGroupName }));
    return groups;
  }

  private async snapshots(database: string): Promise<string[]> {
    const answer = await this.rds.send(new rds.DescribeDBSnapshotsCommand({ DBInstanceIdentifier: database, SnapshotType: 'manual' }));
    return (answer.DBSnapshots ?? []).map(each => `snapshot ${each.DBSnapshotIdentifier}`);
  }

  private async logGroups(prefix: string): Promise<string[]> {
    const answer = await this.logs.send(new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: prefix }));
    return (answer.logGroups ?? []).map(each => each.logGroupName!);
  }
}

function databasesOf(resources: readonly cloudformation.StackResourceSummary[]): string[] {
  return resources.filter(each => each.ResourceType === 'AWS::RDS::DBInstance').flatMap(each => each.PhysicalResourceId ?? []);
}

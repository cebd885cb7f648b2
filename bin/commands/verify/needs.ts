import { MEMBERSHIP_ACTION } from './membership';
import { FileSource } from '../../../lib/boot/node-document';
import { referencesIn } from '../../../lib/configuration/plan';
import { NodeUserData, resolve } from '../../deployed-user-data';

/** An action that somebody must be allowed, on one resource. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  /** Region of the call. */
  readonly region: string;
  /** What else a policy's conditions may look at, by their keys. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Where the machine is. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/**
 * What a machine does under its own role, read from what it is told.
 *
 * @param regions whose EC2 its members ask under the role, besides its own
 */
export function needsOf(userData: NodeUserData, place: Place, regions: readonly string[]): Need[] {
  const { region } = place;
  const stack = resolve(userData.document.signal?.stack, userData.values);
  const asked = new Set([...(asksForInstances(userData) ? [region] : []), ...regions]);
  return [
    ...[...asked].map(each => ({ action: MEMBERSHIP_ACTION, resource: '*', region: each })),
    ...secretIds(userData).map(each => ({ action: 'secretsmanager:GetSecretValue', resource: secretArn(each, place), region })),
    ...objects(userData).map(each => ({ action: 's3:GetObject', resource: `arn:${place.partition}:s3:::${each}`, region })),
    ...listedObjects(userData).map(({ bucket, key }) => ({
      action: 's3:ListBucket', resource: `arn:${place.partition}:s3:::${bucket}`, region, context: { 's3:prefix': key },
    })),
    ...fileSystemNeeds(userData, place),
    ...bucketNeeds(userData, place),
    ...metricNeeds(userData, place),
    ...interfaceNeeds(userData, place),
    ...(stack === undefined ? [] : [{ action: 'cloudformation:SignalResource', resource: stack, region }]),
  ];
}

/** That its server has left, or hangs, is for its own group to hear (lib/access/leaving.ts). */
export function groupNeeds({ document }: NodeUserData, groupArn: string | undefined, region: string): Need[] {
  if (!document.leaving || groupArn === undefined) return [];
  return [
    ...['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'].map(action => ({ action, resource: groupArn, region })),
    { action: 'autoscaling:DescribeAutoScalingInstances', resource: '*', region },
  ];
}

/** For its own tag before its server starts, for the members, or for the nodes behind it. */
function asksForInstances({ document: { start, configuration, discovery } }: NodeUserData): boolean {
  if (start !== undefined || discovery !== undefined) return true;
  const { members } = configuration ?? {};
  return members !== undefined && 'tag' in members;
}

function secretIds({ document, values }: NodeUserData): string[] {
  const { databases, certificate, configuration, keystore } = document;
  const names = [
    keystore?.secret,
    ...referencesIn(configuration, 'secret'),
    databases?.start.secret,
    ...(databases?.schemas ?? []).map(each => each.secret),
    certificate && 'secret' in certificate ? certificate.secret : undefined,
  ];
  return [...new Set(names.filter(each => each !== undefined).map(each => values[each]).filter(each => each !== undefined))];
}

/**
 * IAM compares whole ARNs. A node may know a secret by its name or without the six characters that Secrets Manager appends; any six stand for them,
 * because policies do not name them then (lib/access/secret-access.ts).
 */
function secretArn(id: string, { partition, region, account }: Place): string {
  if (!id.startsWith('arn:')) return `arn:${partition}:secretsmanager:${region}:${account}:secret:${id}-AbCdEf`;
  return /-[A-Za-z0-9]{6}$/.test(id) ? id : `${id}-AbCdEf`;
}

interface StoredObject { readonly bucket: string | undefined; readonly key: string }

function objects(userData: NodeUserData): string[] {
  const { values } = userData;
  return [`${values.ProgramsBucket}/${values.ProgramsKey}`, ...listedObjects(userData).map(({ bucket, key }) => `${bucket}/${key}`)];
}

/** Those of which a node must learn that they are missing. */
function listedObjects({ document, values }: NodeUserData): StoredObject[] {
  const sources = [document.pack, document.driver?.source, ...(document.trust?.certificates ?? []).map(each => each.source)];
  return sources.filter(each => each !== undefined).flatMap(each => objectsOf(each, values));
}

/** Without a checksum in the document, the node reads the one beside the file. */
function objectsOf(source: FileSource, values: NodeUserData['values']): StoredObject[] {
  const bucket = resolve(source.bucket, values);
  const key = `${resolve(source.key, values)}`;
  return source.sha256 === undefined ? [{ bucket, key }, { bucket, key: `${key}.sha256` }] : [{ bucket, key }];
}

/** Through the access point only (lib/artifacts/efs-synchronizer.ts). */
function fileSystemNeeds({ document: { artifacts }, values }: NodeUserData, { partition, region, account }: Place): Need[] {
  if (!artifacts || !('fileSystem' in artifacts)) return [];
  const arn = (kind: string, id: string | undefined): string => `arn:${partition}:elasticfilesystem:${region}:${account}:${kind}/${id}`;
  const resource = arn('file-system', resolve(artifacts.fileSystem, values));
  const context = { 'elasticfilesystem:AccessPointArn': arn('access-point', resolve(artifacts.accessPoint, values)) };
  const actions = ['elasticfilesystem:ClientMount', ...(artifacts.readOnly ? [] : ['elasticfilesystem:ClientWrite'])];
  return actions.map(action => ({ action, resource, region, context }));
}

function bucketNeeds({ document: { artifacts }, values }: NodeUserData, { partition, region }: Place): Need[] {
  if (!artifacts || !('bucket' in artifacts)) return [];
  const { prefix, folders, publishes } = artifacts;
  const bucket = `arn:${partition}:s3:::${resolve(artifacts.bucket, values)}`;
  const actions = ['s3:GetObject', ...(publishes ? ['s3:PutObject', 's3:DeleteObject'] : [])];
  return [
    ...actions.map(action => ({ action, resource: `${bucket}/${prefix}/${folders[0]}/artifact`, region })),
    ...folders.map(folder => ({ action: 's3:ListBucket', resource: bucket, region, context: { 's3:prefix': `${prefix}/${folder}/` } })),
  ];
}

function metricNeeds({ document: { logs } }: NodeUserData, { region }: Place): Need[] {
  if (!logs?.metrics) return [];
  return [{ action: 'cloudwatch:PutMetricData', resource: '*', region, context: { 'cloudwatch:namespace': logs.metrics.namespace } }];
}

/** The one interface, to an instance of its own cluster (lib/access/interface-attachment.ts). */
function interfaceNeeds({ document, values }: NodeUserData, { partition, region, account }: Place): Need[] {
  const { start } = document;
  if (!document.interface || !start) return [];
  const arn = (kind: string, id: string | undefined): string => `arn:${partition}:ec2:${region}:${account}:${kind}/${id}`;
  const context = { [`aws:ResourceTag/${resolve(start.tag, values)}`]: resolve(start.value, values)! };
  return [
    { action: 'ec2:AttachNetworkInterface', resource: arn('network-interface', resolve(document.interface.id, values)), region },
    { action: 'ec2:AttachNetworkInterface', resource: arn('instance', 'i-00000000000000000'), region, context },
    { action: 'ec2:DescribeNetworkInterfaces', resource: '*', region },
  ];
}

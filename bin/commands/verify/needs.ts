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
    ...secretArns(userData).map(resource => ({ action: 'secretsmanager:GetSecretValue', resource, region })),
    ...keystoreNeeds(userData, region),
    ...objects(userData).map(each => ({ action: 's3:GetObject', resource: `arn:${place.partition}:s3:::${each}`, region })),
    ...fileSystemNeeds(userData, place),
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

/** For its turn to start, for the members, for the node to copy from, or for the nodes behind it. */
function asksForInstances({ document: { start, configuration, artifacts, discovery } }: NodeUserData): boolean {
  if (start !== undefined || discovery !== undefined) return true;
  const { members } = configuration ?? {};
  return (members !== undefined && 'tag' in members) || (artifacts !== undefined && 'from' in artifacts);
}

function secretArns({ document, values }: NodeUserData): string[] {
  const { databases, artifacts, certificate, configuration, keystore } = document;
  const names = [
    keystore?.secret,
    ...referencesIn(configuration, 'secret'),
    databases?.admin,
    ...(databases?.schemas ?? []).map(each => each.secret),
    artifacts && 'keyPair' in artifacts ? artifacts.keyPair : undefined,
    certificate && 'secret' in certificate ? certificate.secret : undefined,
  ];
  return [...new Set(names.filter(each => each !== undefined).map(each => values[each]).filter(each => each !== undefined))];
}

/** Whichever node is the first puts the key pair there. */
function keystoreNeeds({ document: { keystore }, values }: NodeUserData, region: string): Need[] {
  return keystore?.names ? [{ action: 'secretsmanager:PutSecretValue', resource: values[keystore.secret], region }] : [];
}

function objects({ document, values }: NodeUserData): string[] {
  const sources = [document.pack, document.driver?.source, ...(document.trust?.certificates ?? []).map(each => each.source)];
  return [
    `${values.ProgramsBucket}/${values.ProgramsKey}`,
    ...sources.filter(each => each !== undefined).flatMap(each => objectsOf(each, values)),
  ];
}

/** Without a checksum in the document, the node reads the one beside the file. */
function objectsOf(source: FileSource, values: NodeUserData['values']): string[] {
  const object = `${resolve(source.bucket, values)}/${resolve(source.key, values)}`;
  return source.sha256 === undefined ? [object, `${object}.sha256`] : [object];
}

/** Through the access point only (lib/artifacts/efs-synchronizer.ts). */
function fileSystemNeeds({ document: { artifacts }, values }: NodeUserData, { partition, region, account }: Place): Need[] {
  if (!artifacts || !('fileSystem' in artifacts)) return [];
  const arn = (kind: string, id: string | undefined): string => `arn:${partition}:elasticfilesystem:${region}:${account}:${kind}/${id}`;
  const resource = arn('file-system', resolve(artifacts.fileSystem, values));
  const context = { 'elasticfilesystem:AccessPointArn': arn('access-point', resolve(artifacts.accessPoint, values)) };
  return ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'].map(action => ({ action, resource, region, context }));
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

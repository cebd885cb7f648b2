/** What the scenarios do to, and ask of, the emulator's API, as an operator would with AWS's. */
import { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseUserData, resolve } from '../../../bin/deployed-user-data';
import { clusterDocument, Json } from '../cluster-document';
import { deployedDocument } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { must } from './scenario';

const CREDENTIALS = { accessKeyId: 'testing', secretAccessKey: 'testing' };

export function settings(rehearsal: Rehearsal): { endpoint: string; region: string; credentials: typeof CREDENTIALS } {
  return { endpoint: rehearsal.emulator.url, region: rehearsal.emulator.region, credentials: CREDENTIALS };
}

/** Terminates an instance and returns what its auto scaling group launched instead, as the machine room wants it. */
export async function relaunched(rehearsal: Rehearsal, node: RehearsedNode): Promise<Json> {
  await new AutoScalingClient(settings(rehearsal)).send(new TerminateInstanceInAutoScalingGroupCommand({
    InstanceId: node.id, ShouldDecrementDesiredCapacity: false,
  }));
  const document = await clusterDocument(rehearsal.emulator, { healthCheckSpeed: 1, java: [] });
  const [fresh, ...more] = (document.nodes as Json[]).filter(each => !rehearsal.nodes.has(each.instanceId));
  must(fresh !== undefined && more.length === 0, `the auto scaling group launched ${fresh ? more.length + 1 : 0} instances instead of one`);
  must(!document.nodes.some((each: Json) => each.instanceId === node.id), `${node.id} is still running for the EC2 API`);
  return fresh;
}

/** The reasons of a stack's events: what somebody who deploys sees. */
export async function stackEvents(rehearsal: Rehearsal, node: RehearsedNode): Promise<string> {
  const { values, document } = parseUserData(userDataOf(rehearsal, node))!;
  const stack = resolve((document.signal as Json).stack, values)!;
  const scope = `${CREDENTIALS.accessKeyId}/20200101/${rehearsal.emulator.region}/cloudformation/aws4_request`;
  // One call does not need a client of its own; the emulator looks at the scope only.
  const answer = await fetch(rehearsal.emulator.url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded', 'X-Amz-Date': '20200101T000000Z',
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({ Action: 'DescribeStackEvents', Version: '2010-05-15', StackName: stack }).toString(),
  });
  const text = await answer.text();
  must(answer.ok, `the events of ${stack} cannot be read: ${text.slice(0, 200)}`);
  return text;
}

export interface PackObject {
  readonly bucket: string;
  readonly key: string;
}

export function packOf(rehearsal: Rehearsal, node: RehearsedNode): PackObject {
  const { values, document } = parseUserData(userDataOf(rehearsal, node))!;
  const source = document.pack as Json;
  return { bucket: resolve(source.bucket, values)!, key: resolve(source.key, values)! };
}

export async function upload(rehearsal: Rehearsal, bucket: string, key: string, body: Buffer | string): Promise<void> {
  await new S3Client({ ...settings(rehearsal), forcePathStyle: true }).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}

/** Deletes for good the secret with the first database user's password. */
export async function deleteDatabaseSecret(rehearsal: Rehearsal, node: RehearsedNode): Promise<void> {
  const { values, document } = parseUserData(userDataOf(rehearsal, node))!;
  const [schema] = (document.databases as Json).schemas as Json[];
  const arn = values[schema.secret];
  must(arn !== undefined, `the user data of ${node.id} names no secret of a database user`);
  await new SecretsManagerClient(settings(rehearsal)).send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
}

function userDataOf(rehearsal: Rehearsal, node: RehearsedNode): string {
  return deployedDocument(rehearsal).nodes.find((each: Json) => each.instanceId === node.id).userData;
}

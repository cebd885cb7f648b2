/**
 * The authorities that nodes trust for their database. On AWS these are RDS's, or those that the app names. The database of a rehearsal has a
 * certificate of the rehearsal's own authority, so the rehearsal puts this authority's certificate into the bucket, in the place of the file
 * that the nodes fetch. Template, user data and node stay as they are.
 */
import { CreateBucketCommand, GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseUserData, resolve } from '../../bin/deployed-user-data';
import { FileSource } from '../../lib/boot/node-document';
import { Emulator } from '../emulator/emulator';
import { MACHINE_ROOM, REHEARSAL_FOLDER } from '../places';
import { Json } from './cluster-document';

/** One object that nodes fetch. */
export interface AuthoritiesObject {
  readonly bucket: string;
  readonly key: string;
  /** The node reads the checksum from the object beside it. */
  readonly checksumBeside: boolean;
  /** What was deployed; nothing for a bucket that is not the app's. */
  readonly deployed?: string;
}

/** Puts the rehearsal's authority where the nodes look, and returns what was there. */
export async function replaceAuthorities(emulator: Emulator, nodes: readonly Json[], onProgress: (line: string) => void): Promise<AuthoritiesObject[]> {
  const client = s3(emulator);
  const found = objectsOf(nodes, onProgress);
  const pem = rehearsalAuthority();
  return Promise.all(found.map(async each => {
    const deployed = await client.send(new GetObjectCommand({ Bucket: each.bucket, Key: each.key })).then(got => got.Body!.transformToString(), () => undefined);
    await putAuthorities(emulator, each, pem);
    return { ...each, deployed };
  }));
}

export async function putAuthorities(emulator: Emulator, { bucket, key, checksumBeside }: AuthoritiesObject, pem: string): Promise<void> {
  const client = s3(emulator);
  const exists = await client.send(new HeadBucketCommand({ Bucket: bucket })).then(() => true, () => false);
  if (!exists) await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: pem }));
  if (!checksumBeside) return;
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${key}.sha256`, Body: createHash('sha256').update(pem).digest('hex') }));
}

/** PEM of the authority that signs for the rehearsal's database. */
export function rehearsalAuthority(): string {
  const main = path.join(MACHINE_ROOM, 'main.py');
  return fs.readFileSync(execFileSync('python3', ['-B', main, '--base', REHEARSAL_FOLDER, 'authority'], { encoding: 'utf8' }).trim(), 'utf8');
}

function objectsOf(nodes: readonly Json[], onProgress: (line: string) => void): AuthoritiesObject[] {
  const found = new Map<string, AuthoritiesObject>();
  for (const node of nodes) {
    const parsed = parseUserData(node.userData);
    const tls = parsed?.document.databases?.tls;
    const file: FileSource | undefined = tls?.asset ?? tls?.source;
    if (!file) continue;
    if (file.sha256) {
      onProgress('warning: certificateAuthority has a checksum, so the nodes will refuse the certificate of the rehearsal\'s database');
      continue;
    }
    const [bucket, key] = [resolve(file.bucket, parsed!.values)!, resolve(file.key, parsed!.values)!];
    found.set(`${bucket}/${key}`, { bucket, key, checksumBeside: tls!.asset === undefined });
  }
  return [...found.values()];
}

function s3(emulator: Emulator): S3Client {
  return new S3Client({
    endpoint: emulator.url, region: emulator.region, forcePathStyle: true, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  });
}

/** The product pack of a rehearsal: the user's, or a stand-in for the version that the nodes ask for. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CATALOGUE } from '../../lib/products/catalogue';
import { Emulator } from '../emulator/emulator';
import { CARBON_CONF, REHEARSAL_FOLDER, standInSources } from '../places';

const PACKS = path.join(REHEARSAL_FOLDER, 'packs');

/** What a node's document says of its pack. */
export interface WantedPack {
  readonly bucket: string;
  readonly key: string;
}

export interface Pack {
  readonly file: string;
  readonly standIn: boolean;
}

/** `wso2am-2.2.0.zip` is WSO2 API Manager 2.2.0: the name says what the stand-in must stand for. */
export function standInPack(key: string, onProgress: (line: string) => void): Pack {
  const name = path.basename(key);
  const product = CATALOGUE.find(each => name === `${each.pack}-${each.version}.zip`);
  if (!product) throw new Error(`no stand-in can be built for ${name}, which is no pack of the catalogue: give yours with --pack`);
  fs.mkdirSync(PACKS, { recursive: true });
  const vendors = CARBON_CONF && path.join(CARBON_CONF, `${product.pack}-${product.version}`, product.profiles[0].layout.folder);
  onProgress(`building the stand-in for ${product.title} ${product.version} (Hazelcast ${product.hazelcast})`);
  const file = path.join(PACKS, name);
  build(['--product', product.pack, '--version', product.version, '--kernel', product.kernel, '--hazelcast', product.hazelcast,
    ...vendors && fs.existsSync(vendors) ? ['--conf', vendors] : [], '--out', file]);
  return { file, standIn: true };
}

function build(options: readonly string[]): void {
  const builder = path.join(standInSources(), 'build_pack.py');
  const { status, stderr } = spawnSync('python3', ['-B', builder, ...options], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(`the stand-in could not be built, give your product's pack with --pack or mend this: ${stderr.trim()}`);
}

/** Puts the pack and its checksum where the nodes look for them. */
export async function uploadPack(emulator: Emulator, wanted: WantedPack, pack: Pack): Promise<void> {
  const client = new S3Client({
    endpoint: emulator.url, region: emulator.region, forcePathStyle: true, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  });
  const exists = await client.send(new HeadBucketCommand({ Bucket: wanted.bucket })).then(() => true, () => false);
  if (!exists) await client.send(new CreateBucketCommand({ Bucket: wanted.bucket }));
  const body = fs.readFileSync(pack.file);
  const checksum = createHash('sha256').update(body).digest('hex');
  await client.send(new PutObjectCommand({ Bucket: wanted.bucket, Key: wanted.key, Body: body }));
  await client.send(new PutObjectCommand({ Bucket: wanted.bucket, Key: `${wanted.key}.sha256`, Body: `${checksum}  ${path.basename(wanted.key)}\n` }));
}

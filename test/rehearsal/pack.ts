/** The product pack of a rehearsal: the user's, or a stand-in for the version that the nodes ask for. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ConfigurationLayout } from '../../lib/configuration/node-model';
import { CATALOGUE } from '../../lib/products/catalogue';
import { ELASTIC_LOAD_BALANCER, ELASTIC_LOAD_BALANCER_VERSIONS, hazelcastVersionsJoin } from '../../lib/products/catalogue-elastic-load-balancer';
import { ProductVersion } from '../../lib/products/product-version';
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

/** What build_pack.py must make, and what to tell of it. */
export interface StandIn {
  readonly name: string;
  readonly says: string;
  readonly options: readonly string[];
  /** Where the vendor's configuration folder would be, to be laid over the stand-in's own. */
  readonly conf: string;
}

/** The pack for a key: the user's, which is one of a load balancer's nodes or of those behind it by its name, else a stand-in. */
export function packFor(wanted: WantedPack, all: readonly WantedPack[], given: string | undefined, onProgress: (line: string) => void): Pack {
  if (given !== undefined && isLoadBalancers(given) === isLoadBalancers(wanted.key)) return { file: given, standIn: false };
  const { name, says, options, conf } = standInOf(wanted.key, all.map(each => each.key));
  fs.mkdirSync(PACKS, { recursive: true });
  onProgress(says);
  const vendors = CARBON_CONF && path.join(CARBON_CONF, conf);
  const file = path.join(PACKS, name);
  build([...options, ...vendors && fs.existsSync(vendors) ? ['--conf', vendors] : [], '--out', file]);
  return { file, standIn: true };
}

function isLoadBalancers(file: string): boolean {
  return path.basename(file).startsWith(`${ELASTIC_LOAD_BALANCER.pack}-`);
}

/** `wso2am-2.2.0.zip` is WSO2 API Manager 2.2.0: the name says what the stand-in must stand for. `all` are the keys of the whole stack. */
export function standInOf(key: string, all: readonly string[]): StandIn {
  if (isLoadBalancers(key)) return loadBalancer(key, all);
  const product = productOf(key);
  if (!product) throw noStandIn(key, 'which is no pack of the catalogue');
  return {
    name: path.basename(key),
    says: `building the stand-in for ${product.title} ${product.version} (Hazelcast ${product.hazelcast})`,
    options: optionsOf(product, product.hazelcast),
    conf: confOf(product, product.profiles[0].layout),
  };
}

function productOf(key: string): ProductVersion | undefined {
  return CATALOGUE.find(each => path.basename(key) === `${each.pack}-${each.version}.zip`);
}

function noStandIn(key: string, because: string): Error {
  return new Error(`no stand-in can be built for ${path.basename(key)}, ${because}: give yours with --pack`);
}

function confOf({ pack, version }: { pack: string; version: string }, { folder }: ConfigurationLayout): string {
  return path.join(`${pack}-${version}`, folder);
}

function optionsOf({ pack, version, kernel }: { pack: string; version: string; kernel: string }, hazelcast: string): string[] {
  return ['--product', pack, '--version', version, '--kernel', kernel, '--hazelcast', hazelcast];
}

/** It gets the nodes' Hazelcast, for with its own it could join no group of theirs, and there would be nothing to rehearse. */
function loadBalancer(key: string, all: readonly string[]): StandIn {
  const name = path.basename(key);
  const version = ELASTIC_LOAD_BALANCER_VERSIONS.find(each => name === `${each.pack}-${each.version}.zip`);
  if (!version) throw noStandIn(key, 'a version that the library does not know');
  const nodes = new Set(all.map(productOf).filter(each => each !== undefined).map(each => each.hazelcast));
  if (nodes.size !== 1) throw noStandIn(key, `for the nodes behind it have ${nodes.size === 0 ? 'no pack of the catalogue' : `Hazelcast ${[...nodes].join(' and ')}`}`);
  const [hazelcast] = nodes;
  const joins = version.hazelcast !== undefined && hazelcastVersionsJoin(version.hazelcast, hazelcast);
  const its = version.hazelcast === undefined ? 'does not cluster by Hazelcast' : `has Hazelcast ${version.hazelcast}`;
  return {
    name,
    says: `building the stand-in for ${version.title} ${version.version} (Hazelcast ${hazelcast}, the nodes' version`
      + `${joins ? '' : `; the product ${its} and could not join them`})`,
    options: optionsOf(version, hazelcast),
    conf: confOf(version, version.layout),
  };
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

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BucketFile } from './bucket-file';

/** A file of the machine that synthesizes, uploaded as an asset; nodes verify the checksum that it has now. */
export function assetFile(scope: Construct, id: string, path: string): BucketFile {
  const asset = new assets.Asset(scope, id, { path });
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return new BucketFile(id, asset.bucket, asset.s3ObjectKey, '', { sha256 });
}

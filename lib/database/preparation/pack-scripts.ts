import { S3Client } from '@aws-sdk/client-s3';
import { BucketObject } from './bucket-object';
import { FileProperties } from './request';
import { SqlScript } from './sql-script';
import { ZipArchive } from './zip-archive';

/** Scripts out of the product pack, which is verified before any of them is given out. */
export async function packScripts(s3: S3Client, pack: FileProperties, wanted: readonly string[]): Promise<ReadonlyMap<string, SqlScript>> {
  const object = await BucketObject.open(s3, pack);
  const scripts = await inPack(pack.Key, async () => {
    const archive = await ZipArchive.open(object);
    const found: SqlScript[] = [];
    for (const name of new Set(wanted)) found.push({ name, content: await archive.content(entryName(archive, name)) });
    return found;
  });
  await object.verify();
  return new Map(scripts.map(each => [each.name, each]));
}

async function inPack<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    const { message } = problem as Error;
    throw message.startsWith(key) ? problem : new Error(`${key}: ${message}`);
  }
}

/** A pack is one folder with the product in it. */
function entryName({ names }: ZipArchive, script: string): string {
  const found = names.filter(each => each.slice(each.indexOf('/') + 1) === script);
  if (found.length === 1) return found[0];
  throw new Error(found.length === 0 ? `the pack has no ${script}` : `the pack has ${script} in ${found.length} folders`);
}

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { FileProperties } from './request';
import { PartialFile } from './zip-archive';

const SHA256 = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/i;

interface Part { readonly start: number; readonly bytes: Buffer }

/** An object in S3 that is read in parts, and then once as a whole, to know that the parts are of the file that was meant. */
export class BucketObject implements PartialFile {
  public static async open(s3: S3Client, file: FileProperties): Promise<BucketObject> {
    const { ContentLength: size = 0, ETag: tag } = await named(file.Key, s3.send(new HeadObjectCommand({ Bucket: file.Bucket, Key: file.Key })));
    return new BucketObject(s3, file, size, tag);
  }

  private readonly parts: Part[] = [];

  private constructor(
    private readonly s3: S3Client,
    private readonly file: FileProperties,
    public readonly size: number,
    private readonly tag?: string,
  ) {}

  public async read(start: number, length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    const bytes = await bytesOf(await this.get(`bytes=${start}-${start + length - 1}`));
    if (bytes.length !== length) throw new Error(`${this.file.Key} ends before byte ${start + length}`);
    this.parts.push({ start, bytes });
    return bytes;
  }

  /**
   * A checksum is about the whole file, so the whole file is read, without being kept, and what was read of it before must be in it.
   *
   * @throws if the file is another one than the checksum is of, or has changed meanwhile
   */
  public async verify(): Promise<void> {
    if (this.file.Asset === 'true') return;
    const expected = this.file.Sha256 ?? await this.checksumBeside();
    const hash = createHash('sha256');
    let position = 0;
    for await (const chunk of await this.get() as AsyncIterable<Buffer>) {
      hash.update(chunk);
      if (!this.parts.every(each => agrees(each, position, chunk))) throw new Error(`${this.file.Key} has changed while it was read`);
      position += chunk.length;
    }
    const found = hash.digest('hex');
    if (found !== expected) throw new Error(`${this.file.Key} has the SHA-256 checksum ${found}, expected ${expected}`);
  }

  private async checksumBeside(): Promise<string> {
    const key = `${this.file.Key}.sha256`;
    const { Body: body } = await named(key, this.s3.send(new GetObjectCommand({ Bucket: this.file.Bucket, Key: key, Range: 'bytes=0-4095' })));
    const [found] = SHA256.exec((await bytesOf(body as Readable)).toString('latin1')) ?? [];
    if (found === undefined) throw new Error(`${key} holds no SHA-256 checksum`);
    return found.toLowerCase();
  }

  private async get(range?: string): Promise<Readable> {
    const command = new GetObjectCommand({ Bucket: this.file.Bucket, Key: this.file.Key, Range: range, IfMatch: this.tag });
    return (await named(this.file.Key, this.s3.send(command))).Body as Readable;
  }
}

/** The whole of a small file, verified. */
export async function wholeFile(s3: S3Client, file: FileProperties): Promise<Buffer> {
  const object = await BucketObject.open(s3, file);
  const bytes = await object.read(0, object.size);
  await object.verify();
  return bytes;
}

/** As far as both have the same places of the file, they have the same bytes. */
function agrees({ start, bytes }: Part, position: number, chunk: Buffer): boolean {
  const [from, to] = [Math.max(start, position), Math.min(start + bytes.length, position + chunk.length)];
  return from >= to || bytes.subarray(from - start, to - start).equals(chunk.subarray(from - position, to - position));
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Errors of S3 do not name the object. */
async function named<T>(key: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (problem) {
    const { name, message } = problem as Error;
    const reasons = [name, message].filter(each => each !== 'UnknownError').join(': ');
    throw Object.assign(new Error(`${key} cannot be read from its bucket: ${reasons}`), { name });
  }
}

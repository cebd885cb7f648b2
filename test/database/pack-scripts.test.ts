/** Scripts out of packs that Python's zipfile has written, read in parts as from S3. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { packScripts } from '../../lib/database/preparation/pack-scripts';

const WRITE = `
import sys, zipfile
path, kind = sys.argv[1:]
with zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED if kind == 'stored' else zipfile.ZIP_BZIP2 if kind == 'bzip2' else zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('product-1.0/', '')
    archive.writestr('product-1.0/dbscripts/mysql.sql', 'CREATE TABLE T (A INT);\\n' * 500)
    archive.writestr('product-1.0/dbscripts/empty.sql', '')
    archive.writestr('product-1.0/lib/large.bin', bytes(range(256)) * 4096)
    archive.writestr('product-1.0/dbscripts/more/mysql.sql', 'CREATE TABLE U (A INT);\\n')
    if kind == 'zip64':  # of the directory, which is written last
        zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 0
    if kind == 'twice':
        archive.writestr('other/dbscripts/mysql.sql', 'CREATE TABLE EVIL (A INT);\\n')
    if kind == 'comment':
        archive.comment = b'PK\\x05\\x06' + b'x' * 60000
`;
const SCRIPT = 'CREATE TABLE T (A INT);\n'.repeat(500);

let folder: string;
beforeAll(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carbon-pack-')); });
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function archive(kind: string): Buffer {
  const file = path.join(folder, `${kind}.zip`);
  execFileSync('python3', ['-c', WRITE, file, kind]);
  return fs.readFileSync(file);
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** A bucket; `later` is what it has when the whole of a file is asked for. */
class Bucket {
  public bytes = 0;
  public constructor(private readonly objects: Record<string, Buffer>, private readonly later?: Buffer) {}

  public get client(): S3Client {
    return { send: async (command: HeadObjectCommand | GetObjectCommand) => this.answer(command) } as unknown as S3Client;
  }

  private async answer(command: HeadObjectCommand | GetObjectCommand): Promise<unknown> {
    const { Key: key, Range: range } = command.input as { Key: string; Range?: string };
    let content = this.objects[key];
    if (!content) throw Object.assign(new Error('The specified key does not exist.'), { name: 'NoSuchKey' });
    if (command instanceof HeadObjectCommand) return { ContentLength: content.length, ETag: '"1"' };
    if (!range && this.later) content = this.later;
    const [from, to] = /(\d+)-(\d+)/.exec(range ?? '')?.slice(1).map(Number) ?? [0, content.length - 1];
    const part = content.subarray(from, to + 1);
    if (range) this.bytes += part.length;
    return { Body: Readable.from(Array.from({ length: Math.ceil(part.length / 1000) }, (_, index) => part.subarray(index * 1000, index * 1000 + 1000))) };
  }
}

async function read(objects: Record<string, Buffer>, names: string[], Sha256?: string, later?: Buffer): Promise<string[]> {
  const bucket = new Bucket(objects, later);
  const scripts = await packScripts(bucket.client, { Bucket: 'b', Key: 'p.zip', Sha256 }, names);
  return names.map(each => scripts.get(each)!.content.toString());
}

test.each(['deflated', 'stored', 'zip64', 'comment'])('scripts out of a pack that is %s', async kind => {
  const pack = archive(kind);
  const names = ['dbscripts/mysql.sql', 'dbscripts/empty.sql', 'dbscripts/more/mysql.sql'];
  expect(await read({ 'p.zip': pack }, names, sha256(pack))).toEqual([SCRIPT, '', 'CREATE TABLE U (A INT);\n']);
});

test('only what is needed is read in parts', async () => {
  const pack = archive('stored');
  const bucket = new Bucket({ 'p.zip': pack });
  await packScripts(bucket.client, { Bucket: 'b', Key: 'p.zip', Sha256: sha256(pack) }, ['dbscripts/more/mysql.sql']);
  expect(bucket.bytes).toBeLessThan(70_000);
  expect(pack.length).toBeGreaterThan(1_000_000);
});

test('the checksum beside the pack will do, and a wrong one will not', async () => {
  const pack = archive('deflated');
  const beside = Buffer.from(`${sha256(pack).toUpperCase()} *p.zip\n`);
  expect(await read({ 'p.zip': pack, 'p.zip.sha256': beside }, ['dbscripts/mysql.sql'])).toEqual([SCRIPT]);
  await expect(read({ 'p.zip': pack }, ['dbscripts/mysql.sql'], 'a'.repeat(64))).rejects.toThrow(`p.zip has the SHA-256 checksum ${sha256(pack)}, expected aaa`);
  await expect(read({ 'p.zip': pack, 'p.zip.sha256': Buffer.from('none') }, ['dbscripts/mysql.sql'])).rejects.toThrow('p.zip.sha256 holds no SHA-256 checksum');
  await expect(read({ 'p.zip': pack }, ['dbscripts/mysql.sql'])).rejects.toThrow('p.zip.sha256 cannot be read from its bucket: NoSuchKey: The specified key does not exist.');
});

test('a pack that is exchanged between its parts and its checksum is refused', async () => {
  const pack = archive('deflated');
  const evil = archive('stored');
  await expect(read({ 'p.zip': evil }, ['dbscripts/mysql.sql'], sha256(pack), pack)).rejects.toThrow('p.zip has changed while it was read');
});

test.each([
  ['no script of that name', 'deflated', 'dbscripts/missing.sql', 'p.zip: the pack has no dbscripts/missing.sql'],
  ['two of them', 'twice', 'dbscripts/mysql.sql', 'p.zip: the pack has dbscripts/mysql.sql in 2 folders'],
  ['another compression', 'bzip2', 'dbscripts/mysql.sql', 'p.zip: product-1.0/dbscripts/mysql.sql is compressed by method 12 of the zip format'],
])('a pack with %s is refused', async (_, kind, script, sentence) => {
  const pack = archive(kind);
  await expect(read({ 'p.zip': pack }, [script], sha256(pack))).rejects.toThrow(sentence);
});

test('what is no archive, is cut off or damaged is refused', async () => {
  const pack = archive('stored');
  const damaged = Buffer.from(pack);
  damaged[pack.indexOf('CREATE TABLE T') + 3] ^= 1;
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('no zip'), /^p.zip: it is not a zip archive/], [Buffer.alloc(0), /^p.zip: it is not a zip archive/],
    [pack.subarray(0, -30), /^p.zip: it is not a zip archive/], [pack.subarray(2000), /damaged/], [damaged, /mysql.sql is damaged in the zip archive/],
  ];
  for (const [content, sentence] of cases) await expect(read({ 'p.zip': content }, ['dbscripts/mysql.sql'], sha256(content))).rejects.toThrow(sentence);
});

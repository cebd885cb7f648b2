import { crc32, inflateRawSync } from 'node:zlib';

/** A file of which parts can be read. */
export interface PartialFile {
  readonly size: number;
  read(start: number, length: number): Promise<Buffer>;
}

/** A file in the archive, as the archive's directory describes it. */
interface Entry {
  readonly name: string;
  readonly encrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

/** Sizes and signatures of the format: PKWARE's APPNOTE.TXT, 4.3.7, 4.3.12, and 4.3.14 to 4.3.16. */
const END = { signature: 0x06054b50, size: 22, longestComment: 0xffff };
const END_64 = { signature: 0x06064b50, size: 56 };
const LOCATOR_64 = { signature: 0x07064b50, size: 20 };
const DIRECTORY_ENTRY = { signature: 0x02014b50, size: 46 };
const LOCAL_HEADER = { signature: 0x04034b50, size: 30 };
const ZIP64_EXTRA = 1;
const IN_ZIP64 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

/** A directory of more is not that of a product. */
const LARGEST_DIRECTORY = 64 << 20;
/** A script of more is none: WSO2's largest has 0.2 MB. */
const LARGEST_FILE = 16 << 20;

/** The directory of a zip archive, and single files out of it. The rest of the archive is not read. */
export class ZipArchive {
  public static async open(file: PartialFile): Promise<ZipArchive> {
    const tail = await readTail(file);
    const { offset, size } = await directoryPlace(file, tail);
    if (size > LARGEST_DIRECTORY || offset + size > file.size) throw new Error('the directory of the zip archive is damaged');
    return new ZipArchive(file, entriesOf(await file.read(offset, size)));
  }

  private constructor(private readonly file: PartialFile, private readonly entries: readonly Entry[]) {}

  /** The names of all files and folders in it. */
  public get names(): string[] {
    return this.entries.map(each => each.name);
  }

  public async content(name: string): Promise<Buffer> {
    const entry = this.entries.find(each => each.name === name)!;
    if (entry.encrypted) throw new Error(`${name} is encrypted`);
    if (Math.max(entry.size, entry.compressedSize) > LARGEST_FILE) {
      throw new Error(`${name} has ${entry.size} bytes, which is more than ${LARGEST_FILE}`);
    }
    const header = await this.file.read(entry.headerOffset, LOCAL_HEADER.size);
    if (header.readUInt32LE(0) !== LOCAL_HEADER.signature) throw new Error(`${name} is damaged in the zip archive`);
    const start = entry.headerOffset + LOCAL_HEADER.size + header.readUInt16LE(26) + header.readUInt16LE(28);
    const content = unpacked(entry, await this.file.read(start, entry.compressedSize));
    if (content.length !== entry.size || crc32(content) !== entry.crc) throw new Error(`${name} is damaged in the zip archive`);
    return content;
  }
}

function unpacked({ method, name, size }: Entry, content: Buffer): Buffer {
  if (method === STORED) return content;
  // 1 byte, because 0 is no limit.
  if (method === DEFLATED) return inflateRawSync(content, { maxOutputLength: Math.max(size, 1) });
  throw new Error(`${name} is compressed by method ${method} of the zip format, which this program does not know`);
}

interface Tail { readonly start: number; readonly bytes: Buffer }

async function readTail(file: PartialFile): Promise<Tail> {
  const length = Math.min(file.size, LOCATOR_64.size + END.size + END.longestComment);
  return { start: file.size - length, bytes: await file.read(file.size - length, length) };
}

async function directoryPlace(file: PartialFile, { start, bytes }: Tail): Promise<{ offset: number; size: number }> {
  const end = endOf(bytes);
  const locator = end - LOCATOR_64.size;
  if (locator < 0 || bytes.readUInt32LE(locator) !== LOCATOR_64.signature) {
    return { size: bytes.readUInt32LE(end + 12), offset: bytes.readUInt32LE(end + 16) };
  }
  const place = Number(bytes.readBigUInt64LE(locator + 8));
  if (place + END_64.size > start + locator) throw new Error('the end of the zip archive is damaged');
  const record = await file.read(place, END_64.size);
  if (record.readUInt32LE(0) !== END_64.signature) throw new Error('the end of the zip archive is damaged');
  return { size: Number(record.readBigUInt64LE(40)), offset: Number(record.readBigUInt64LE(48)) };
}

/** From the end: the comment after it may be of any length. */
function endOf(bytes: Buffer): number {
  for (let at = bytes.length - END.size; at >= 0; at -= 1) {
    if (bytes.readUInt32LE(at) === END.signature && at + END.size + bytes.readUInt16LE(at + 20) === bytes.length) return at;
  }
  throw new Error('it is not a zip archive, or the end of it is missing');
}

function entriesOf(directory: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < directory.length;) {
    if (at + DIRECTORY_ENTRY.size > directory.length || directory.readUInt32LE(at) !== DIRECTORY_ENTRY.signature) {
      throw new Error('the directory of the zip archive is damaged');
    }
    const [name, extra, comment] = [28, 30, 32].map(offset => directory.readUInt16LE(at + offset));
    const end = at + DIRECTORY_ENTRY.size + name + extra + comment;
    if (end > directory.length) throw new Error('the directory of the zip archive is damaged');
    entries.push(entryOf(directory.subarray(at, end), name, extra));
    at = end;
  }
  return entries;
}

function entryOf(bytes: Buffer, nameLength: number, extraLength: number): Entry {
  const nameEnd = DIRECTORY_ENTRY.size + nameLength;
  const [compressedSize, size, headerOffset] = [20, 24, 42].map(offset => bytes.readUInt32LE(offset));
  return {
    name: bytes.toString('utf8', DIRECTORY_ENTRY.size, nameEnd),
    encrypted: (bytes.readUInt16LE(8) & 1) === 1,
    method: bytes.readUInt16LE(10),
    crc: bytes.readUInt32LE(16),
    ...withZip64({ size, compressedSize, headerOffset }, bytes.subarray(nameEnd, nameEnd + extraLength)),
  };
}

type Places = Pick<Entry, 'size' | 'compressedSize' | 'headerOffset'>;

/** The extra field has, in this order, those values that do not fit into the entry itself. */
function withZip64(places: Places, extra: Buffer): Places {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_EXTRA) continue;
    let value = at + 4;
    const long = (short: number): number => {
      if (short !== IN_ZIP64) return short;
      value += 8;
      return Number(extra.readBigUInt64LE(value - 8));
    };
    return { size: long(places.size), compressedSize: long(places.compressedSize), headerOffset: long(places.headerOffset) };
  }
  return places;
}

/**
 * A key store of Java's own type, JKS, with one private key. Every Java reads it, Java 7 included, which reads no PKCS #12 where JKS is configured.
 * No library writes it. Its format is that of `sun.security.provider.JavaKeyStore` and `KeyProtector` in OpenJDK; keytool of several versions of
 * Java reads it in the tests.
 */
import { createHash, randomBytes } from 'node:crypto';

export interface KeyEntry {
  readonly alias: string;
  /** Of the store and of the key. */
  readonly password: string;
  /** PKCS #8, in DER. */
  readonly privateKey: Buffer;
  /** X.509, in DER. */
  readonly certificate: Buffer;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const PRIVATE_KEY = 1;
const WHITENER = 'Mighty Aphrodite';
const SALT_BYTES = 20;
/** SEQUENCE of the object identifier 1.3.6.1.4.1.42.2.17.1.1 and NULL. */
const PROTECTED_BY_SUN = Buffer.from('300e060a2b060104012a021101010500', 'hex');

export function javaKeystore({ alias, password, privateKey, certificate, time }: KeyEntry): Buffer {
  const created = Buffer.alloc(8);
  created.writeBigInt64BE(BigInt(time));
  const content = Buffer.concat([
    ...[MAGIC, VERSION, 1, PRIVATE_KEY].map(int),
    text(alias), created,
    counted(protect(privateKey, password)),
    int(1), text('X.509'), counted(certificate),
  ]);
  return Buffer.concat([content, sha1(encoded(password), Buffer.from(WHITENER), content)]);
}

/** EncryptedPrivateKeyInfo: the salt, the key combined with digests of the password, and a digest of both by which a wrong password is noticed. */
function protect(key: Buffer, password: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const stream: Buffer[] = [];
  for (let digest: Buffer = salt, length = 0; length < key.length; length += digest.length) {
    digest = sha1(encoded(password), digest);
    stream.push(digest);
  }
  const mask = Buffer.concat(stream);
  const hidden = Buffer.from(key.map((byte, index) => byte ^ mask[index]));
  return der(0x30, PROTECTED_BY_SUN, der(0x04, salt, hidden, sha1(encoded(password), key)));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  // The length in two bytes: no key that is worth protecting is shorter than 256 bytes, or longer than 65535.
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
}

function sha1(...parts: readonly Buffer[]): Buffer {
  return parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
}

/** As Java encodes passwords. */
function encoded(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16();
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The texts are ASCII, whose encoding in Java's modified UTF-8 is their own. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length >> 8, value.length & 0xff]), Buffer.from(value, 'ascii')]);
}

function counted(bytes: Buffer): Buffer {
  return Buffer.concat([int(bytes.length), bytes]);
}

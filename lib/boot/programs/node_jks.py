"""Key stores of Java's own type, JKS, read and written without Java, which would take a second for each step.

A library, not a command. The format is that of `sun.security.provider.JavaKeyStore` and `KeyProtector` in OpenJDK, which every Java since 1.2 reads.
Aliases are in lower case, as Java writes them.
"""
import collections
import hashlib
import os
import struct

MAGIC = b"\xfe\xed\xfe\xed"
VERSIONS = (1, 2)
PRIVATE_KEY, TRUSTED = 1, 2
WHITENER = b"Mighty Aphrodite"
DIGEST_BYTES = 20
SALT_BYTES = 20
# SEQUENCE of the object identifier 1.3.6.1.4.1.42.2.17.1.1 and NULL.
PROTECTED_BY_SUN = bytes.fromhex("300e060a2b060104012a021101010500")

# `time` is in milliseconds since 1970, `key` is protected and None for a trusted certificate, `chain` holds pairs of a type and its bytes.
Entry = collections.namedtuple("Entry", "alias time key chain")


class JksError(Exception):
    """`code` is short enough for a signal; the message tells no password."""

    code = "keystore"


def is_jks(data):
    return data.startswith(MAGIC)


def read(data, password=None):
    """The entries. Whether the password is right is looked at where one is given."""
    if not is_jks(data):
        raise JksError("it is not of type JKS")
    if password is not None and _digest(data[:-DIGEST_BYTES], password) != data[-DIGEST_BYTES:]:
        raise JksError("its password is wrong, or it is damaged")
    try:
        return _entries(_Reader(data[:-DIGEST_BYTES], len(MAGIC)))
    except (struct.error, UnicodeDecodeError, IndexError) as problem:
        raise JksError("it is damaged: %s" % problem) from problem


def write(entries, password):
    parts = [MAGIC, struct.pack(">II", 2, len(entries))]
    for each in entries:
        parts += [struct.pack(">I", TRUSTED if each.key is None else PRIVATE_KEY), _text(each.alias), struct.pack(">q", each.time)]
        if each.key is not None:
            parts += [_counted(each.key), struct.pack(">I", len(each.chain))]
        for kind, certificate in each.chain:
            parts += [_text(kind), _counted(certificate)]
    content = b"".join(parts)
    return content + _digest(content, password)


def reveal(protected, password):
    """The private key, PKCS #8 in DER, of EncryptedPrivateKeyInfo."""
    content, rest = _unwrapped(protected, 0x30)
    if rest or not content.startswith(PROTECTED_BY_SUN):
        raise JksError("its key is not protected as keytool protects the keys of JKS")
    content, _ = _unwrapped(content[len(PROTECTED_BY_SUN):], 0x04)
    salt, hidden, check = content[:SALT_BYTES], content[SALT_BYTES:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    key = _combined(hidden, password, salt)
    if _sha1(_encoded(password) + key) != check:
        raise JksError("the password of its key is not that of the store")
    return key


def protect(key, password):
    salt = os.urandom(SALT_BYTES)
    return _wrapped(0x30, PROTECTED_BY_SUN + _wrapped(0x04, salt + _combined(key, password, salt) + _sha1(_encoded(password) + key)))


def _entries(reader):
    version, count = reader.int(), reader.int()
    if version not in VERSIONS:
        raise JksError("its version is %d" % version)
    return [_entry(reader, version) for _ in range(count)]


def _entry(reader, version):
    kind, alias, time = reader.int(), reader.text(), reader.long()
    if kind not in (PRIVATE_KEY, TRUSTED):
        raise JksError("it has an entry of the unknown kind %d" % kind)
    key = reader.counted() if kind == PRIVATE_KEY else None
    certificates = reader.int() if kind == PRIVATE_KEY else 1
    return Entry(alias, time, key, [(reader.text() if version == 2 else "X.509", reader.counted()) for _ in range(certificates)])


class _Reader:
    def __init__(self, data, position):
        self.data, self.position = data, position

    def _take(self, count):
        if self.position + count > len(self.data):
            raise IndexError("it ends too early")
        self.position += count
        return self.data[self.position - count:self.position]

    def int(self):
        return struct.unpack(">I", self._take(4))[0]

    def long(self):
        return struct.unpack(">q", self._take(8))[0]

    def counted(self):
        return self._take(self.int())

    def text(self):
        return self._take(struct.unpack(">H", self._take(2))[0]).decode("utf-8", "surrogateescape")


def _text(text):
    data = text.encode("utf-8", "surrogateescape")
    return struct.pack(">H", len(data)) + data


def _counted(data):
    return struct.pack(">I", len(data)) + data


def _unwrapped(data, tag):
    """Content of the first element of DER, and what follows it."""
    if len(data) < 2 or data[0] != tag:
        raise JksError("its key is damaged")
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7f
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise JksError("its key is damaged")
    return data[start:start + length], data[start + length:]


def _wrapped(tag, content):
    size = len(content)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big") if size > 0xff else b"\x81" + bytes([size])
    return bytes([tag]) + length + content


def _combined(data, password, salt):
    """The data combined with digests of the password, each of which goes into the next."""
    stream, digest = b"", salt
    while len(stream) < len(data):
        digest = _sha1(_encoded(password) + digest)
        stream += digest
    return bytes(one ^ other for one, other in zip(data, stream))


def _digest(content, password):
    return _sha1(_encoded(password) + WHITENER + content)


def _encoded(password):
    return password.encode("utf-16-be")


def _sha1(data):
    return hashlib.sha1(data, usedforsecurity=False).digest()

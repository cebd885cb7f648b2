"""The authorities that sign the certificate of the database server, in the two forms in which clients and JDBC drivers read them.

A library, not a command. They are in files of their own and not in the product's trust store, because that store also holds public
authorities: a driver that does not compare host names would accept a certificate that any of those has issued to anybody.
"""
import base64
import binascii
import hashlib
import os
import re
import struct

from node_error import CodedError

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
# Of the key store that MySQL's drivers read. It protects nothing: the certificates are public. The URL names it, see
# lib/database/database-tls.ts.
STORE_PASSWORD = "changeit"
# The format JKS as the JDK's own sun.security.provider.JavaKeyStore reads it: every Java from 7 to 25 does, and none reads PEM.
MAGIC, VERSION, TRUSTED = 0xFEEDFEED, 2, 2
WHITENER = b"Mighty Aphrodite"


class AuthorityError(CodedError):
    """`code` is short enough for a signal."""


def install(source, pem, keystore):
    """Writes the certificates of a PEM file to both places."""
    with open(source, encoding="utf-8", errors="replace") as file:
        certificates = certificates_of(file.read())
    if not certificates:
        raise AuthorityError("authorities", "%s holds no PEM certificate of an authority for the database" % os.path.basename(source))
    _put(pem, b"".join(_pem(each) for each in certificates))
    _put(keystore, key_store(certificates))
    print("  the database's certificate must be signed by one of %d authorities" % len(certificates), flush=True)


def certificates_of(text):
    """DER of each certificate."""
    try:
        return [base64.b64decode("".join(each.split()), validate=True) for each in CERTIFICATE.findall(text)]
    except binascii.Error as problem:
        raise AuthorityError("authorities", "a PEM certificate of an authority for the database is damaged: %s" % problem) from problem


def key_store(certificates):
    """A JKS key store with these trusted certificates. The same certificates give the same bytes."""
    entries = b"".join(_entry("authority%d" % index, each) for index, each in enumerate(certificates))
    content = struct.pack(">III", MAGIC, VERSION, len(certificates)) + entries
    return content + hashlib.sha1(STORE_PASSWORD.encode("utf-16-be") + WHITENER + content, usedforsecurity=False).digest()


def _entry(alias, certificate):
    return struct.pack(">I", TRUSTED) + _text(alias) + struct.pack(">Q", 0) + _text("X.509") + struct.pack(">I", len(certificate)) + certificate


def _text(text):
    return struct.pack(">H", len(text)) + text.encode("ascii")


def _pem(certificate):
    lines = re.findall(".{1,64}", base64.b64encode(certificate).decode())
    return "\n".join(["-----BEGIN CERTIFICATE-----"] + lines + ["-----END CERTIFICATE-----", ""]).encode()


def _put(path, content):
    """Everybody may read it, root alone writes it; whole or not at all."""
    part = path + ".part"
    with open(part, "wb") as file:
        file.write(content)
    os.chmod(part, 0o644)
    os.replace(part, path)

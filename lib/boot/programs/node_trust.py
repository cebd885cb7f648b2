"""Certificates that the product trusts besides those of its pack.

A library, not a command.
"""
import os
import subprocess

# As in every pack of WSO2; it keeps nobody out of a store of public certificates.
TRUST_STORE_PASSWORD = "wso2carbon"
# As in every Java.
SYSTEM_PASSWORD = "changeit"
SYSTEM_ROOTS = ("lib/security/cacerts", "jre/lib/security/cacerts")


class TrustError(Exception):
    """`code` is short enough for a signal."""

    code = "truststore"


def import_certificate(keytool, store, alias, certificate, run):
    """Adds a certificate unless the store has one of that alias already."""
    password = _password_file(run, "truststore", TRUST_STORE_PASSWORD)
    common = ["-alias", alias, "-keystore", store, "-storepass:file", password]
    try:
        if _keytool(keytool, "-list", *common).returncode == 0:
            return
        done = _keytool(keytool, "-importcert", "-noprompt", "-file", certificate, *common)
    finally:
        os.remove(password)
    if done.returncode != 0:
        raise TrustError("%s does not go into the trust store: %s" % (alias, done.stdout.decode(errors="replace").strip()))


def import_system_roots(keytool, store, java_home, run):
    """Adds the authorities that the machine's Java trusts. Carbon points the whole JVM at its own trust store, and those of
    packs up to 2018 lack the authorities that sign for AWS today: Hazelcast could not ask the EC2 API."""
    roots = next(path for path in (os.path.join(java_home, each) for each in SYSTEM_ROOTS) if os.path.exists(path))
    passwords = [_password_file(run, name, text) for name, text in (("roots", SYSTEM_PASSWORD), ("truststore", TRUST_STORE_PASSWORD))]
    try:
        done = _keytool(keytool, "-importkeystore", "-noprompt", "-srckeystore", roots, "-srcstorepass:file", passwords[0],
                        "-destkeystore", store, "-deststorepass:file", passwords[1])
    finally:
        for path in passwords:
            os.remove(path)
    if done.returncode != 0:
        raise TrustError("the machine's authorities do not go into the trust store: %s" % done.stdout.decode(errors="replace").strip())


def _password_file(run, name, text):
    os.makedirs(run, mode=0o700, exist_ok=True)
    path = os.path.join(run, name + "-password")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def _keytool(keytool, *arguments):
    return subprocess.run([keytool] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

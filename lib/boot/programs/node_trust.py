"""Certificates that the product trusts besides those of its pack.

A library, not a command.
"""
import os
import subprocess

# As in every pack of WSO2; it keeps nobody out of a store of public certificates.
SHIPPED_PASSWORD = "wso2carbon"


class TrustError(Exception):
    """`code` is short enough for a signal."""

    code = "truststore"


def import_certificate(keytool, store, alias, certificate, run):
    """Adds a certificate unless the store has one of that alias already."""
    os.makedirs(run, mode=0o700, exist_ok=True)
    password = os.path.join(run, "truststore-password")
    with open(password, "w", encoding="ascii") as file:
        file.write(SHIPPED_PASSWORD)
    common = ["-alias", alias, "-keystore", store, "-storepass:file", password]
    try:
        if _keytool(keytool, "-list", *common).returncode == 0:
            return
        done = _keytool(keytool, "-importcert", "-noprompt", "-file", certificate, *common)
    finally:
        os.remove(password)
    if done.returncode != 0:
        raise TrustError("%s does not go into the trust store: %s" % (alias, done.stdout.decode(errors="replace").strip()))


def _keytool(keytool, *arguments):
    return subprocess.run([keytool] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

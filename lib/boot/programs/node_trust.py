"""Certificates that the product trusts besides those of its pack.

A library, not a command.
"""
import base64
import os

from node_keytool import Keytool

# As in every pack of WSO2; it keeps nobody out of a store of public certificates.
TRUST_STORE_PASSWORD = "wso2carbon"
# As in every Java.
SYSTEM_PASSWORD = "changeit"
SYSTEM_ROOTS = ("lib/security/cacerts", "jre/lib/security/cacerts")


class TrustError(Exception):
    """`code` is short enough for a signal."""

    code = "truststore"


def store(path):
    """The trust store; Identity Server has it as PKCS12 from 7.1 on."""
    other = os.path.splitext(path)[0] + ".p12"
    return other if os.path.exists(other) and not os.path.exists(path) else path


def import_all(path, system_roots, certificates, java_home, run):
    """The authorities of the machine's Java, and certificates by their alias, each as base64 of its file. The service's user does this."""
    with Keytool(java_home, run) as keytool:
        if system_roots:
            import_system_roots(keytool, store(path), java_home)
        for index, each in enumerate(certificates):
            file = keytool.path("certificate-%d" % index)
            with open(file, "wb") as target:
                target.write(base64.b64decode(each["content"]))
            import_certificate(keytool, store(path), each["alias"], file)


def import_certificate(keytool, trust_store, alias, certificate):
    """Adds a certificate unless the store has one of that alias already."""
    common = _common(keytool, trust_store, alias)
    if keytool.run("-list", *common)[0]:
        return
    _import(keytool, alias, certificate, common)


def replace_certificate(keytool, trust_store, alias, certificate):
    """The certificate of that alias is this one, whatever it was before."""
    common = _common(keytool, trust_store, alias)
    keytool.run("-delete", *common)
    _import(keytool, alias, certificate, common)


def has_alias(keytool, trust_store, alias):
    return keytool.run("-list", *_common(keytool, trust_store, alias))[0]


def import_system_roots(keytool, trust_store, java_home):
    """Adds the authorities that the machine's Java trusts. Carbon points the whole JVM at its own trust store, and those of
    packs up to 2018 lack the authorities that sign for AWS today: Hazelcast could not ask the EC2 API."""
    roots = next(path for path in (os.path.join(java_home, each) for each in SYSTEM_ROOTS) if os.path.exists(path))
    done, said = keytool.run("-importkeystore", "-noprompt", "-srckeystore", roots, "-srcstorepass:file", keytool.secret(SYSTEM_PASSWORD),
                             "-destkeystore", trust_store, "-deststorepass:file", keytool.secret(TRUST_STORE_PASSWORD))
    if not done:
        raise TrustError("the machine's authorities do not go into the trust store: %s" % said)


def _import(keytool, alias, certificate, common):
    done, said = keytool.run("-importcert", "-noprompt", "-file", certificate, *common)
    if not done:
        raise TrustError("%s does not go into the trust store: %s" % (alias, said))


def _common(keytool, trust_store, alias):
    return ["-alias", alias, "-keystore", trust_store, "-storepass:file", keytool.secret(TRUST_STORE_PASSWORD)]

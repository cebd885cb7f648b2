"""The key store of a cluster: one key pair for all its nodes, which a function makes when the cluster is deployed, or its owner.

A library, not a command. What Carbon has encrypted on one node it must decrypt on another, so there is only one key pair. A key store of type JKS
costs no run of keytool. Passwords are never on a command line.
"""
import base64
import json
import os

import carbon_files
import node_jks
import node_trust
from node_keytool import Keytool

FIELDS = ("keystore", "password", "alias")
# The same key pair under the pack's alias and password, where the deployment made it.
SHIPPED_PKCS12 = "shippedPkcs12"

# WSO2's documented default for every pack: the alias of its key pair, and the password of store and key. It keeps nobody out. Files of the
# pack that no plan is about name it so: they shall find the cluster's key pair there, and not the one that everybody has who has the pack.
SHIPPED_STORES = {"wso2carbon.jks": "JKS", "wso2carbon.p12": "PKCS12"}
SHIPPED_DEFAULT = "wso2carbon"
# Entries of the pack's trust store that are the certificate of the pack's key pair; the second is API Manager's.
TRUSTED_AS = ("wso2carbon", "gateway_certificate_alias")


class KeystoreError(Exception):
    """`code` is short enough for a signal; the message never holds a password."""

    code = "keystore"


def fetch(document, resolver):
    """What the secret of the key store holds. Root does this, as it reads all secrets."""
    content = json.loads(resolver.refreshed_secret(document["secret"]))
    missing = [field for field in FIELDS if not content.get(field)]
    if missing:
        raise KeystoreError("the secret of the key store has no %s, give it the JSON fields %s" % (missing[0], ", ".join(FIELDS)))
    return {field: content[field] for field in FIELDS + (SHIPPED_PKCS12,) if field in content}


def put_all(home, keystore, trust_store, trusted, java_home, run):
    """All key work of a node, as the service's user. `keystore` is the document and the content of the cluster's key store, or nothing; `trusted` is
    what the product trusts besides, or nothing."""
    with Keytool(java_home, run) as keytool, node_trust.TrustStore(home, trust_store, keytool) as store:
        if trusted:
            node_trust.add_all(store, java_home, **trusted)
        if keystore:
            put(home, keystore["document"], keystore["content"], store, keytool)
        store.save()


def put(home, document, content, store, keytool):
    """Puts the cluster's key store into the product, in the place of the pack's, unless it is there already."""
    data = base64.b64decode(content["keystore"])
    parts = carbon_files.parts_of(document["file"])
    folder = carbon_files.open_folder(home, parts[:-1])
    try:
        if _holds(folder, parts[-1], data):
            return
        pair = _KeyPair(keytool, data, document["type"], content)
        for alias in TRUSTED_AS:
            if alias == SHIPPED_DEFAULT or alias in store.aliases():
                store.replace(alias, pair.certificate)
        # The file comes last: a node that dies in between does it all again.
        store.save()
        for name in sorted(set(SHIPPED_STORES).intersection(os.listdir(folder))):
            carbon_files.replace_file(folder, name, [pair.copy(SHIPPED_STORES[name])], 0o600)
        carbon_files.replace_file(folder, parts[-1], [data], 0o600)
    finally:
        os.close(folder)
    print("the server has the cluster's key pair", flush=True)


class _KeyPair:
    """The key pair in the secret. Whoever cannot read it has another password, alias or type than the secret says."""

    def __init__(self, keytool, data, store_type, content):
        self._keytool, self._content = keytool, content
        try:
            # Without Java where it is JKS, which Java tells by the first bytes, too.
            jks = data if node_jks.is_jks(data) else self._as_jks(data, store_type)
            entries = {each.alias: each for each in node_jks.read(jks, content["password"])}
            entry = entries.get(content["alias"].lower())
            if entry is None or entry.key is None:
                raise node_jks.JksError("it has no private key of that alias")
            self._entry, self._key = entry, node_jks.reveal(entry.key, content["password"])
        except node_jks.JksError as problem:
            raise KeystoreError("the key store in the secret does not open as its password, alias and type say: %s" % problem) from problem

    @property
    def certificate(self):
        return self._entry.chain[0][1]

    def copy(self, store_type):
        """The same key pair under the pack's alias and password."""
        if store_type == "PKCS12" and SHIPPED_PKCS12 in self._content:
            return base64.b64decode(self._content[SHIPPED_PKCS12])
        copied = self._entry._replace(alias=SHIPPED_DEFAULT, key=node_jks.protect(self._key, SHIPPED_DEFAULT))
        data = node_jks.write([copied], SHIPPED_DEFAULT)
        return data if store_type == "JKS" else self._converted(data)

    def _as_jks(self, data, store_type):
        source, made, password = self._keytool.file("given", data), self._keytool.path("given.jks"), self._keytool.secret(self._content["password"])
        alias = self._content["alias"]
        done, said = self._keytool.run(
            "-importkeystore", "-noprompt", "-srckeystore", source, "-srcstoretype", store_type, "-srcalias", alias, "-srcstorepass:file", password,
            "-srckeypass:file", password, "-destkeystore", made, "-deststoretype", "JKS", "-destalias", alias, "-deststorepass:file", password,
            "-destkeypass:file", password)
        if not done:
            raise node_jks.JksError(said)
        with open(made, "rb") as file:
            return file.read()

    def _converted(self, data):
        source, made, password = self._keytool.file("copy.jks", data), self._keytool.path("copy.p12"), self._keytool.secret(SHIPPED_DEFAULT)
        done, said = self._keytool.run("-importkeystore", "-noprompt", "-srckeystore", source, "-srcstorepass:file", password,
                                       "-destkeystore", made, "-deststoretype", "PKCS12", "-deststorepass:file", password)
        if not done:
            raise KeystoreError("the key pair does not go into the place of the pack's: %s" % said)
        with open(made, "rb") as file:
            return file.read()


def _holds(folder, name, data):
    try:
        return carbon_files.read_file(folder, name, name)[0] == data
    except FileNotFoundError:
        return False

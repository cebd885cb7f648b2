"""The key store of a cluster: one key pair for all its nodes, made by whichever of them comes first.

A library, not a command. What Carbon has encrypted on one node it must decrypt on another, so there is only one key pair. Nobody holds a
lock while it is made: a node that finds none in the secret offers its own under a fixed name of a version, which Secrets Manager
takes once, and then all take what is there. Passwords are never on a command line.
"""
import base64
import json
import os
import time

import carbon_files
import node_trust
from node_aws import AwsError, aws
from node_keytool import Keytool

RUN = "/run/carbon-cluster"
# Name of the version with the first key pair. Secrets Manager wants 32 characters or more.
VERSION = "carbon-cluster-first-key-pair-of-all"
DAYS = "3650"
PUBLISHED_SECONDS = 120
PUBLISHED_PAUSE = 3
FIELDS = ("keystore", "password", "alias")

# WSO2's documented default for every pack: the alias of its key pair, and the password of store and key. It keeps nobody out. Files of the
# pack that no plan is about name it so: they shall find the cluster's key pair there, and not the one that everybody has who has the pack.
SHIPPED_STORES = {"wso2carbon.jks": "JKS", "wso2carbon.p12": "PKCS12"}
SHIPPED_DEFAULT = "wso2carbon"
# Entries of the pack's trust store that are the certificate of the pack's key pair; the second is API Manager's.
TRUSTED_AS = ("wso2carbon", "gateway_certificate_alias")


class KeystoreError(Exception):
    """`code` is short enough for a signal; the message never holds a password."""

    code = "keystore"


def fetch(document, resolver, java_home, run=RUN):
    """What the secret of the key store holds. Root does this, because the secret is not for the service's user before it is complete."""
    with Keytool(java_home, run) as keytool:
        content = published(document, resolver, keytool)
    missing = [field for field in FIELDS if not content.get(field)]
    if missing:
        raise KeystoreError("the secret of the key store has no %s, give it the JSON fields %s" % (missing[0], ", ".join(FIELDS)))
    return {field: content[field] for field in FIELDS}


def put(document, content, java_home, home, trust_store, run):
    """Puts the cluster's key store into the product, in the place of the pack's, unless it is there already. The service's user does this."""
    data = base64.b64decode(content["keystore"])
    parts = carbon_files.parts_of(document["file"])
    folder = carbon_files.open_folder(home, parts[:-1])
    try:
        if _holds(folder, parts[-1], data):
            return
        with Keytool(java_home, run) as keytool:
            # The file comes last: a node that dies in between does it all again.
            source = _Source(keytool, data, document["type"], content)
            _trust(keytool, trust_store, source.certificate())
            for name in set(SHIPPED_STORES).intersection(os.listdir(folder)):
                _put(source.copy(SHIPPED_STORES[name]), folder, name)
            _put(source.path, folder, parts[-1])
    finally:
        os.close(folder)
    print("the server has the cluster's key pair", flush=True)


def published(document, resolver, keytool):
    """What the secret holds, when it holds a key store. `names` are there only where the nodes are to make it."""
    content = json.loads(resolver.refreshed_secret(document["secret"]))
    if "keystore" in content or "names" not in document:
        return content
    offered = dict(content, keystore=base64.b64encode(_made(keytool, document, content)).decode())
    _offer(resolver.env(document["secret"]), offered, keytool)
    end = time.monotonic() + PUBLISHED_SECONDS
    while "keystore" not in content:
        if time.monotonic() > end:
            raise KeystoreError("the secret of the key store holds none %d s after one was put there" % PUBLISHED_SECONDS)
        time.sleep(PUBLISHED_PAUSE)
        content = json.loads(resolver.refreshed_secret(document["secret"]))
    return content


def _made(keytool, document, content):
    path, password = keytool.path("made"), keytool.secret(content["password"])
    # Without the last usage Carbon may not encrypt with it.
    done, said = keytool.run(
        "-genkeypair", "-alias", content["alias"], "-keyalg", "RSA", "-keysize", "2048", "-sigalg", "SHA256withRSA", "-validity", DAYS,
        "-dname", "CN=carbon-cluster", "-ext", "SAN=" + ",".join("dns:" + name for name in document["names"]),
        "-ext", "KeyUsage=digitalSignature,keyEncipherment,dataEncipherment", "-storetype", document["type"], "-keystore", path,
        "-storepass:file", password, "-keypass:file", password)
    if not done:
        raise KeystoreError("keytool makes no key pair: %s" % said)
    with open(path, "rb") as file:
        return file.read()


def _offer(secret, content, keytool):
    path = keytool.secret(json.dumps(content))
    try:
        aws("secretsmanager", "put-secret-value", "--secret-id", secret, "--client-request-token", VERSION, "--secret-string", "file://" + path)
        print("  this node made the cluster's key pair", flush=True)
    except AwsError as problem:
        if problem.code != "ResourceExistsException":
            raise
        print("  another node made the cluster's key pair first", flush=True)


class _Source:
    """The key store on its way into the product."""

    def __init__(self, keytool, data, store_type, content):
        self.keytool, self.alias = keytool, content["alias"]
        self.path = keytool.path("published")
        with open(self.path, "wb") as file:
            file.write(data)
        self._password = keytool.secret(content["password"])
        self._type = store_type

    def certificate(self):
        """Its certificate, in a file; whoever cannot read it has another password, alias or type than the secret says."""
        path = self.keytool.path("certificate")
        done, said = self.keytool.run("-exportcert", "-rfc", "-alias", self.alias, "-file", path, "-keystore", self.path, "-storetype", self._type,
                                      "-storepass:file", self._password)
        if not done:
            raise KeystoreError("the key store in the secret does not open as its password, alias and type say: %s" % said)
        return path

    def copy(self, store_type):
        """The same key pair under the pack's alias and password, in a file."""
        path, shipped = self.keytool.path("copy." + store_type), self.keytool.secret(SHIPPED_DEFAULT)
        done, said = self.keytool.run(
            "-importkeystore", "-noprompt", "-srckeystore", self.path, "-srcstoretype", self._type, "-srcalias", self.alias,
            "-srcstorepass:file", self._password, "-srckeypass:file", self._password,
            "-destkeystore", path, "-deststoretype", store_type, "-destalias", SHIPPED_DEFAULT, "-deststorepass:file", shipped,
            "-destkeypass:file", shipped)
        if not done:
            raise KeystoreError("the key pair does not go into the place of the pack's: %s" % said)
        return path


def _trust(keytool, trust_store, certificate):
    """Nodes trust each other, and no longer the key pair that everybody has who has the pack."""
    for alias in TRUSTED_AS:
        if alias == SHIPPED_DEFAULT or node_trust.has_alias(keytool, trust_store, alias):
            node_trust.replace_certificate(keytool, trust_store, alias, certificate)


def _holds(folder, name, data):
    try:
        return carbon_files.read_file(folder, name, name)[0] == data
    except FileNotFoundError:
        return False


def _put(source, folder, name):
    with open(source, "rb") as file:
        carbon_files.replace_file(folder, name, [file.read()], 0o600)

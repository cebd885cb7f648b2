"""Certificates that the product trusts besides those of its pack.

A library, not a command. The service's user does all this. A trust store of type JKS, as in all packs but the newest, is read and written without
Java; one of type PKCS12 costs one run of keytool to read it and one to write it, however many certificates there are.
"""
import base64
import os
import re
import time

import carbon_files
import node_jks

# As in every pack of WSO2; it keeps nobody out of a store of public certificates.
TRUST_STORE_PASSWORD = "wso2carbon"
# As in every Java.
SYSTEM_PASSWORD = "changeit"
SYSTEM_ROOTS = ("lib/security/cacerts", "jre/lib/security/cacerts")
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
MODE = 0o644


class TrustError(Exception):
    """`code` is short enough for a signal."""

    code = "truststore"


class TrustStore:
    """The product's own, read when it is first needed and written when something in it has changed."""

    def __init__(self, home, path, keytool):
        """`path` is that of the .jks; Identity Server has it as .p12 from 7.1 on."""
        self._keytool = keytool
        parts = carbon_files.parts_of(path)
        self._folder = carbon_files.open_folder(home, parts[:-1])
        self._name = self._name_of(parts[-1])
        self._entries, self._changed, self._mode, self._converted = None, False, MODE, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._folder)

    def aliases(self):
        return set(self._read())

    def replace(self, alias, certificate):
        """The certificate of that alias is this one, in DER, whatever it was before."""
        entry = node_jks.Entry(alias.lower(), int(time.time() * 1000), None, [("X.509", certificate)])
        before = self._read().get(entry.alias)
        if before is not None and before.key is None and before.chain == entry.chain:
            return
        self._entries[entry.alias] = entry
        self._changed = True

    def add(self, alias, certificate):
        """Unless the store has one of that alias already."""
        if alias.lower() not in self._read():
            self.replace(alias, certificate)

    def add_system_roots(self, java_home):
        """Adds the authorities that the machine's Java trusts. Carbon points the whole JVM at its own trust store, and those of packs up to 2018
        lack the authorities that sign for AWS today: Hazelcast could not ask the EC2 API."""
        path = next(path for path in (os.path.join(java_home, each) for each in SYSTEM_ROOTS) if os.path.exists(path))
        with open(path, "rb") as file:
            data = file.read()
        if not node_jks.is_jks(data):
            data = self._convert(path, SYSTEM_PASSWORD, "the machine's authorities cannot be read")
        for each in node_jks.read(data):
            self.replace(each.alias, each.chain[0][1])

    def save(self):
        if not self._changed:
            return
        data = node_jks.write(list(self._entries.values()), TRUST_STORE_PASSWORD)
        carbon_files.replace_file(self._folder, self._name, [self._converted_back(data) if self._converted else data], self._mode)
        self._changed = False

    def _name_of(self, name):
        other = os.path.splitext(name)[0] + ".p12"
        names = os.listdir(self._folder)
        return other if other in names and name not in names else name

    def _read(self):
        if self._entries is None:
            self._entries = {each.alias: each for each in self._loaded()}
        return self._entries

    def _loaded(self):
        try:
            data, status = carbon_files.read_file(self._folder, self._name, self._name)
        except FileNotFoundError:
            return []
        self._mode = status.st_mode & 0o777
        if not node_jks.is_jks(data):
            self._converted = True
            path = self._keytool.file("trust.p12", data)
            data = self._convert(path, TRUST_STORE_PASSWORD, "the trust store %s does not open" % self._name)
        return node_jks.read(data)

    def _convert(self, path, password, failure):
        """A store of another type as JKS. keytool finds out by itself which type it is."""
        made = self._keytool.path(os.path.basename(path) + ".jks")
        return self._import(failure, path, password, made, "JKS")

    def _converted_back(self, data):
        path, made = self._keytool.file("trust.jks", data), self._keytool.path("trust.new.p12")
        return self._import("the trust store %s cannot be written" % self._name, path, TRUST_STORE_PASSWORD, made, "PKCS12")

    def _import(self, failure, source, password, made, made_type):
        done, said = self._keytool.run(
            "-importkeystore", "-noprompt", "-srckeystore", source, "-srcstorepass:file", self._keytool.secret(password),
            "-destkeystore", made, "-deststoretype", made_type, "-deststorepass:file", self._keytool.secret(TRUST_STORE_PASSWORD))
        if not done:
            raise TrustError("%s: %s" % (failure, said))
        with open(made, "rb") as file:
            return file.read()


def add_all(store, java_home, system_roots, certificates):
    """The authorities of the machine's Java, and certificates by their alias, each as base64 of its file in DER or PEM."""
    if system_roots:
        store.add_system_roots(java_home)
    for each in certificates:
        store.add(each["alias"], certificate(each["alias"], base64.b64decode(each["content"])))


def certificate(alias, data):
    """In DER; of several in PEM the first, as keytool does."""
    found = PEM.search(data)
    der = base64.b64decode(found.group(1)) if found else data
    if not der.startswith(b"\x30"):
        raise TrustError("%s does not go into the trust store: the file holds no certificate in PEM or DER" % alias)
    return der

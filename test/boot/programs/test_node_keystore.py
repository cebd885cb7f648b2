"""What nodes make of the one secret that they share, read back by a real keytool."""
import base64
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_jks  # noqa: E402
import node_keystore  # noqa: E402
import node_trust  # noqa: E402
from node_keytool import Keytool  # noqa: E402

FOLDER = "repository/resources/security"
TRUST_STORE = FOLDER + "/client-truststore.jks"
DOCUMENT = {"secret": "Keystore", "file": FOLDER + "/carbon-cluster.jks", "type": "JKS"}
GIVEN = {"secret": "Keystore", "file": FOLDER + "/carbon-cluster.p12", "type": "PKCS12"}
PASSWORD = "TheOnlySecretOfAll"
USER = pwd.getpwuid(os.geteuid()).pw_name
KEYTOOL = shutil.which("keytool")
JAVA_HOME = os.path.dirname(os.path.dirname(os.path.realpath(KEYTOOL))) if KEYTOOL else None


def keytool(*arguments):
    return subprocess.run([KEYTOOL, *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout


def make_store(path, password, alias="wso2carbon", store_type="JKS"):
    keytool("-genkeypair", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=somebody", "-alias", alias, "-storetype", store_type, "-keystore", path,
            "-storepass", password, "-keypass", password)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Resolver:
    """Secrets Manager, with one secret."""

    def __init__(self, **content):
        self.content = content

    def refreshed_secret(self, _name):
        return json.dumps(self.content)


def security(home, name):
    return os.path.join(home, FOLDER, name)


def entries(store, password):
    """Certificate by alias."""
    said = keytool("-list", "-rfc", "-keystore", store, "-storepass", password)
    return {part.split("\n", 1)[0]: part[part.index("-----BEGIN"):part.index("-----END")] for part in said.split("Alias name: ")[1:]}


@unittest.skipUnless(KEYTOOL, "keytool is not installed")
class KeystoreTest(unittest.TestCase):
    """A JVM for each look takes its time, so what can be made once is made once."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.run_folder = os.path.join(cls.folder, "run")
        cls.pack = os.path.join(cls.folder, "pack")
        os.mkdir(cls.pack)
        make_store(os.path.join(cls.pack, "wso2carbon.jks"), "wso2carbon")
        cls.pem = os.path.join(cls.folder, "pem")
        keytool("-exportcert", "-rfc", "-file", cls.pem, "-keystore", os.path.join(cls.pack, "wso2carbon.jks"), "-storepass", "wso2carbon",
                "-alias", "wso2carbon")
        for alias in ("wso2carbon", "gateway_certificate_alias", "another"):
            keytool("-importcert", "-noprompt", "-file", cls.pem, "-alias", alias, "-storetype", "JKS", "-keystore",
                    os.path.join(cls.pack, "client-truststore.jks"), "-storepass", "wso2carbon")
        os.chmod(os.path.join(cls.pack, "client-truststore.jks"), 0o640)
        # As in Identity Server 7.1.
        cls.new_pack = os.path.join(cls.folder, "new-pack")
        os.mkdir(cls.new_pack)
        for name in ("wso2carbon", "client-truststore"):
            keytool("-importkeystore", "-noprompt", "-srckeystore", os.path.join(cls.pack, name + ".jks"), "-srcstorepass", "wso2carbon",
                    "-destkeystore", os.path.join(cls.new_pack, name + ".p12"), "-deststoretype", "PKCS12", "-deststorepass", "wso2carbon")
        cls.roots = node_jks.read(read(os.path.realpath(os.path.join(JAVA_HOME, "lib/security/cacerts"))))
        cls.made = os.path.join(cls.folder, "made")
        make_store(cls.made, PASSWORD)
        cls.given = os.path.join(cls.folder, "given")
        make_store(cls.given, PASSWORD, "mine", "PKCS12")
        cls.first, cls.commands = cls.node("first"), []
        cls.put(cls.first)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def node(cls, name, pack=None):
        """The home of an unpacked product."""
        home = os.path.join(cls.folder, name)
        shutil.copytree(pack or cls.pack, os.path.join(home, FOLDER))
        return home

    @classmethod
    def secret(cls, path=None, **more):
        content = {"keystore": base64.b64encode(read(path or cls.made)).decode(), "password": PASSWORD, "alias": "wso2carbon", **more}
        return Resolver(**{key: value for key, value in content.items() if value is not None})

    @classmethod
    def put(cls, home, document=None, secret=None, trusted=None):
        """How many processes of keytool it took."""
        document, real, before = document or DOCUMENT, subprocess.run, len(cls.commands)

        def run(command, **options):
            cls.commands.append(command)
            return real(command, **options)
        with mock.patch.object(subprocess, "run", run):
            content = node_keystore.fetch(document, secret or cls.secret())
            node_keystore.put_all(home, {"document": document, "content": content}, TRUST_STORE, trusted, JAVA_HOME, cls.run_folder)
        return len(cls.commands) - before

    def test_nodes_have_the_key_store_of_the_secret_as_it_is(self):
        self.assertEqual(read(os.path.join(self.first, DOCUMENT["file"])), read(self.made))

    def test_files_with_a_key_are_the_services_own(self):
        for name in ("carbon-cluster.jks", "wso2carbon.jks"):
            status = os.stat(security(self.first, name))
            self.assertEqual((stat.S_IMODE(status.st_mode), pwd.getpwuid(status.st_uid).pw_name), (0o600, USER))
        self.assertEqual(stat.S_IMODE(os.stat(security(self.first, "client-truststore.jks")).st_mode), 0o640)

    def test_nothing_uses_or_trusts_the_packs_key_pair_any_more(self):
        packs = entries(os.path.join(self.pack, "wso2carbon.jks"), "wso2carbon")["wso2carbon"]
        own = entries(self.made, PASSWORD)["wso2carbon"]
        self.assertNotEqual(own, packs)
        self.assertEqual(entries(security(self.first, "wso2carbon.jks"), "wso2carbon"), {"wso2carbon": own})
        self.assertEqual(entries(security(self.first, "client-truststore.jks"), "wso2carbon"),
                         {"wso2carbon": own, "gateway_certificate_alias": own, "another": packs})

    def test_the_copy_has_the_key_under_the_packs_password(self):
        keytool("-certreq", "-keystore", security(self.first, "wso2carbon.jks"), "-storepass", "wso2carbon", "-keypass", "wso2carbon", "-alias", "wso2carbon")

    def test_key_stores_of_jks_need_no_java_whatever_else_is_trusted(self):
        trusted = {"system_roots": True, "certificates": [{"alias": "Mine", "content": base64.b64encode(read(self.pem)).decode()}]}
        home = self.node("without-java")
        self.assertEqual(self.put(home, trusted=trusted), 0)
        found = entries(security(home, "client-truststore.jks"), "wso2carbon")
        self.assertEqual(found["mine"], found["another"])
        self.assertEqual(len(found), 4 + len(self.roots))

    def test_a_pack_with_pkcs12_needs_java_to_read_and_to_write_its_trust_store(self):
        home = self.node("new", self.new_pack)
        copy = os.path.join(self.folder, "copy.p12")
        keytool("-importkeystore", "-srckeystore", self.made, "-srcstorepass", PASSWORD, "-destkeystore", copy, "-deststoretype", "PKCS12",
                "-deststorepass", "wso2carbon", "-srcalias", "wso2carbon", "-destkeypass", "wso2carbon")
        secret = self.secret(shippedPkcs12=base64.b64encode(read(copy)).decode())
        self.assertEqual(self.put(home, None, secret, {"system_roots": True, "certificates": []}), 2)
        own = entries(self.made, PASSWORD)["wso2carbon"]
        self.assertEqual(entries(security(home, "wso2carbon.p12"), "wso2carbon"), {"wso2carbon": own})
        found = entries(security(home, "client-truststore.p12"), "wso2carbon")
        self.assertEqual((found["wso2carbon"], found["gateway_certificate_alias"], len(found)), (own, own, 3 + len(self.roots)))
        self.assertFalse(os.path.exists(security(home, "client-truststore.jks")))

    def test_a_secret_of_an_older_release_has_no_copy_for_such_a_pack(self):
        home = self.node("older", self.new_pack)
        self.assertEqual(self.put(home), 3)
        self.assertEqual(entries(security(home, "wso2carbon.p12"), "wso2carbon"), {"wso2carbon": entries(self.made, PASSWORD)["wso2carbon"]})
        keytool("-certreq", "-keystore", security(home, "wso2carbon.p12"), "-storepass", "wso2carbon", "-alias", "wso2carbon")

    def test_authorities_of_another_type_are_read_by_keytool(self):
        java = os.path.join(self.folder, "java")
        os.makedirs(os.path.join(java, "lib/security"))
        os.symlink(os.path.join(JAVA_HOME, "bin"), os.path.join(java, "bin"))
        keytool("-importcert", "-noprompt", "-file", self.pem, "-alias", "authority", "-storetype", "PKCS12", "-keystore",
                os.path.join(java, "lib/security/cacerts"), "-storepass", "changeit")
        home = self.node("roots")
        with Keytool(java, self.run_folder) as keytool_there, node_trust.TrustStore(home, TRUST_STORE, keytool_there) as store:
            store.add_system_roots(java)
            store.save()
        self.assertIn("authority", entries(security(home, "client-truststore.jks"), "wso2carbon"))

    def test_a_certificate_does_not_take_the_place_of_one_that_is_there(self):
        home = self.node("there")
        other = base64.b64encode(node_jks.read(read(self.made))[0].chain[0][1]).decode()
        self.put(home, trusted={"system_roots": False, "certificates": [{"alias": "Another", "content": other}]})
        found = entries(security(home, "client-truststore.jks"), "wso2carbon")
        self.assertNotEqual(found["another"], found["wso2carbon"])

    def test_a_file_that_is_no_certificate_ends_the_boot(self):
        with self.assertRaisesRegex(node_trust.TrustError, "mine does not go into the trust store"):
            self.put(self.node("none"), trusted={"system_roots": False, "certificates": [{"alias": "mine", "content": "bm9uZQ=="}]})

    def test_secrets_are_on_no_command_line_and_stay_nowhere(self):
        self.put(self.node("quiet"), dict(GIVEN), self.secret(self.given, alias="mine"))
        self.assertGreater(len(self.commands), 0)
        self.assertNotIn(PASSWORD, json.dumps(self.commands))
        self.assertEqual(os.listdir(self.run_folder), [])

    def test_a_second_run_changes_nothing(self):
        before = {name: (read(security(self.first, name)), os.stat(security(self.first, name)).st_ino) for name in os.listdir(security(self.first, ""))}
        self.put(self.first)
        self.assertEqual({name: (read(security(self.first, name)), os.stat(security(self.first, name)).st_ino)
                          for name in os.listdir(security(self.first, ""))}, before)

    def test_a_node_that_dies_in_the_middle_does_it_all_again(self):
        home = self.node("dies")
        with mock.patch.object(node_trust.TrustStore, "save", side_effect=OSError("disk full")), self.assertRaises(OSError):
            self.put(home)
        self.assertFalse(os.path.exists(os.path.join(home, DOCUMENT["file"])))
        self.put(home)
        self.assertEqual(read(os.path.join(home, DOCUMENT["file"])), read(self.made))

    def test_a_given_one_is_taken_as_it_is(self):
        home = self.node("taken")
        self.assertEqual(self.put(home, GIVEN, self.secret(self.given, alias="mine")), 1)
        self.assertEqual(read(os.path.join(home, GIVEN["file"])), read(self.given))
        own = entries(self.given, PASSWORD)["mine"]
        self.assertEqual(entries(security(home, "wso2carbon.jks"), "wso2carbon"), {"wso2carbon": own})

    def test_one_that_does_not_open_ends_the_boot_and_says_why_without_the_password(self):
        home = self.node("refused")
        cases = ((GIVEN, self.given, "mine"), (DOCUMENT, self.made, "wso2carbon"))
        for document, path, alias in cases:
            for more, said in (({"password": "another1"}, "does not open"), ({"alias": "yours"}, "does not open"),
                               ({"alias": None}, "has no alias"), ({"keystore": None}, "has no keystore"), ({"keystore": "bm9uZQ=="}, "does not open")):
                with self.subTest(document=document["type"], more=more):
                    with self.assertRaisesRegex(node_keystore.KeystoreError, said) as caught:
                        self.put(home, document, self.secret(path, **{"alias": alias, **more}))
                    self.assertNotIn("another1", str(caught.exception))
            self.assertFalse(os.path.exists(os.path.join(home, document["file"])))

    def test_the_boot_takes_no_others_values_of_the_secret_along(self):
        self.assertEqual(set(node_keystore.fetch(DOCUMENT, self.secret(more="x"))), {"keystore", "password", "alias"})


@unittest.skipUnless(KEYTOOL, "keytool is not installed")
class JksTest(unittest.TestCase):
    """keytool and these programs read what the other wrote."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.path = os.path.join(cls.folder, "store")
        make_store(cls.path, PASSWORD, "MyAlias")
        cls.entry, = node_jks.read(read(cls.path), PASSWORD)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_what_was_read_is_written_as_it_was(self):
        self.assertEqual(node_jks.write([self.entry], PASSWORD), read(self.path))

    def test_a_key_of_any_password_is_that_of_the_store(self):
        key = node_jks.reveal(self.entry.key, PASSWORD)
        for password in ("wso2carbon", "pässwörd", "x" * 200):
            with self.subTest(password=password):
                path = os.path.join(self.folder, "again")
                with open(path, "wb") as file:
                    file.write(node_jks.write([self.entry._replace(key=node_jks.protect(key, password))], password))
                subprocess.run([KEYTOOL, "-J-Dsun.stdout.encoding=UTF-8", "-certreq", "-keystore", path, "-storepass:file", self.password(password),
                                "-alias", "myalias"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, LC_ALL="C.UTF-8"))

    def password(self, text):
        path = os.path.join(self.folder, "password")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_wrong_passwords_and_damage_are_told(self):
        for data, password in ((read(self.path), "other"), (read(self.path)[:-30], PASSWORD), (b"none", PASSWORD)):
            with self.assertRaises(node_jks.JksError):
                node_jks.read(data, password)
        with self.assertRaises(node_jks.JksError):
            node_jks.reveal(self.entry.key, "other")
        for length in range(0, len(read(self.path)) - 21, 7):
            with self.subTest(length=length), self.assertRaises(node_jks.JksError):
                node_jks.read(read(self.path)[:length] + b"0" * 20)
        for length in range(0, len(self.entry.key) - 1, 7):
            with self.subTest(length=length), self.assertRaises(node_jks.JksError):
                node_jks.reveal(self.entry.key[:length], PASSWORD)


if __name__ == "__main__":
    unittest.main()

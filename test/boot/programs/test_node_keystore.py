"""A real keytool: what nodes make of the one secret that they share, also when they come at the same moment."""
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
import node_aws  # noqa: E402
import node_keystore  # noqa: E402
import node_trust  # noqa: E402

FILE = "repository/resources/security/carbon-cluster.jks"
DOCUMENT = {"secret": "Keystore", "file": FILE, "type": "JKS", "names": ["am.example.com", "mgt.am.example.com", "localhost"]}
GIVEN = {"secret": "Keystore", "file": FILE.replace(".jks", ".p12"), "type": "PKCS12"}
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


class SecretsManager:
    """The one secret, with what AWS documents of versions: one that is there stays as it is."""

    def __init__(self, **content):
        self.versions = {"of-cloudformation": json.dumps(content)}
        self.current = "of-cloudformation"
        self.offers = 0

    def aws(self, *arguments):
        options = dict(zip(arguments[2::2], arguments[3::2]))
        assert arguments[:2] == ("secretsmanager", "put-secret-value"), arguments
        text = read(options["--secret-string"][len("file://"):]).decode()
        version = options["--client-request-token"]
        assert 32 <= len(version) <= 64, version
        self.offers += 1
        if self.versions.setdefault(version, text) != text:
            raise node_aws.AwsError("An error occurred (ResourceExistsException) when calling the PutSecretValue operation")
        self.current = version

    def env(self, _name):
        return "arn:aws:secretsmanager:eu-west-1:1:secret:keystore"

    def refreshed_secret(self, _name):
        return self.versions[self.current]


def security(home, name):
    return os.path.join(home, os.path.dirname(FILE), name)


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
        pem = os.path.join(cls.folder, "pem")
        keytool("-exportcert", "-file", pem, "-keystore", os.path.join(cls.pack, "wso2carbon.jks"), "-storepass", "wso2carbon", "-alias", "wso2carbon")
        for alias in ("wso2carbon", "gateway_certificate_alias", "another"):
            keytool("-importcert", "-noprompt", "-file", pem, "-alias", alias, "-storetype", "JKS", "-keystore",
                    os.path.join(cls.pack, "client-truststore.jks"), "-storepass", "wso2carbon")
        cls.given = os.path.join(cls.folder, "given")
        make_store(cls.given, PASSWORD, "mine", "PKCS12")
        cls.secret, cls.first, cls.commands = SecretsManager(alias="wso2carbon", password=PASSWORD), cls.node("first"), []
        real = subprocess.run

        def run(command, **options):
            cls.commands.append(command)
            return real(command, **options)
        with mock.patch.object(subprocess, "run", run):
            cls.prepare(cls.first)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def node(cls, name):
        """The home of an unpacked product."""
        home = os.path.join(cls.folder, name)
        shutil.copytree(cls.pack, os.path.join(home, os.path.dirname(FILE)))
        return home

    @classmethod
    def prepare(cls, home, document=None, secret=None):
        secret = secret or cls.secret
        document = document or DOCUMENT
        with mock.patch.object(node_keystore, "aws", secret.aws):
            content = node_keystore.fetch(document, secret, JAVA_HOME, cls.run_folder)
        node_keystore.put(document, content, JAVA_HOME, home, security(home, "client-truststore.jks"), cls.run_folder)

    def test_the_first_node_makes_it_and_the_next_takes_it(self):
        second = self.node("second")
        self.prepare(second)
        self.assertEqual(self.secret.offers, 1)
        self.assertEqual(read(os.path.join(self.first, FILE)), read(os.path.join(second, FILE)))

    def test_of_nodes_that_come_at_the_same_moment_one_is_taken_at_its_word(self):
        secret = SecretsManager(alias="wso2carbon", password=PASSWORD)
        empty = secret.refreshed_secret("")
        with node_keystore.Keytool(JAVA_HOME, self.run_folder) as workbench, mock.patch.object(node_keystore, "aws", secret.aws), \
                mock.patch.object(node_keystore, "_made", side_effect=[b"one", b"two", b"three"]):
            # Each has looked before any of them offers.
            with mock.patch.object(secret, "refreshed_secret", side_effect=[empty, '{"keystore":"b25l"}'] * 3):
                for _ in range(3):
                    self.assertEqual(node_keystore.published(DOCUMENT, secret, workbench), {"keystore": "b25l"})
        self.assertEqual(secret.offers, 3)
        self.assertEqual(base64.b64decode(json.loads(secret.refreshed_secret(""))["keystore"]), b"one")

    def test_a_node_waits_for_what_it_put_there(self):
        secret = SecretsManager(alias="wso2carbon", password=PASSWORD)
        empty = secret.refreshed_secret("")
        with node_keystore.Keytool(JAVA_HOME, self.run_folder) as workbench, mock.patch.object(node_keystore, "aws", secret.aws), \
                mock.patch.object(node_keystore, "_made", return_value=b"one"), mock.patch.object(node_keystore.time, "sleep") as pause:
            with mock.patch.object(secret, "refreshed_secret", side_effect=[empty, empty, empty, '{"keystore":"b25l"}']):
                node_keystore.published(DOCUMENT, secret, workbench)
            self.assertEqual(pause.call_count, 3)
            with mock.patch.object(secret, "refreshed_secret", return_value=empty), mock.patch.object(node_keystore, "PUBLISHED_SECONDS", -1), \
                    self.assertRaisesRegex(node_keystore.KeystoreError, "holds none"):
                node_keystore.published(DOCUMENT, secret, workbench)

    def test_a_refusal_of_another_kind_ends_the_boot(self):
        secret = SecretsManager(alias="wso2carbon", password=PASSWORD)
        denied = node_aws.AwsError("An error occurred (AccessDeniedException) when calling the PutSecretValue operation")
        with node_keystore.Keytool(JAVA_HOME, self.run_folder) as workbench, mock.patch.object(node_keystore, "aws", side_effect=denied), \
                mock.patch.object(node_keystore, "_made", return_value=b"one"), self.assertRaises(node_aws.AwsError):
            node_keystore.published(DOCUMENT, secret, workbench)

    def test_it_is_for_the_names_that_the_servers_have_and_may_encrypt(self):
        said = keytool("-list", "-v", "-keystore", os.path.join(self.first, FILE), "-storepass", PASSWORD)
        for name in DOCUMENT["names"]:
            self.assertIn("DNSName: %s\n" % name, said)
        self.assertIn("Data_Encipherment", said)
        self.assertIn("2048-bit RSA", said)

    def test_the_key_has_the_password_of_the_store_or_tomcat_could_not_read_it(self):
        keytool("-certreq", "-keystore", os.path.join(self.first, FILE), "-storepass", PASSWORD, "-keypass", PASSWORD, "-alias", "wso2carbon")

    def test_files_with_a_key_are_the_services_own(self):
        for name in ("carbon-cluster.jks", "wso2carbon.jks"):
            status = os.stat(security(self.first, name))
            self.assertEqual((stat.S_IMODE(status.st_mode), pwd.getpwuid(status.st_uid).pw_name), (0o600, USER))

    def test_nothing_uses_or_trusts_the_packs_key_pair_any_more(self):
        packs = entries(os.path.join(self.pack, "wso2carbon.jks"), "wso2carbon")["wso2carbon"]
        own = entries(os.path.join(self.first, FILE), PASSWORD)["wso2carbon"]
        self.assertNotEqual(own, packs)
        self.assertEqual(entries(security(self.first, "wso2carbon.jks"), "wso2carbon"), {"wso2carbon": own})
        self.assertEqual(entries(security(self.first, "client-truststore.jks"), "wso2carbon"),
                         {"wso2carbon": own, "gateway_certificate_alias": own, "another": packs})

    def test_secrets_are_on_no_command_line_and_stay_nowhere(self):
        self.assertGreater(len(self.commands), 3)
        self.assertNotIn(PASSWORD, json.dumps(self.commands))
        self.assertEqual(os.listdir(self.run_folder), [])

    def test_a_second_run_changes_nothing(self):
        names = os.listdir(security(self.first, ""))
        before = {name: read(security(self.first, name)) for name in names}
        with mock.patch.object(node_keystore.Keytool, "run", side_effect=AssertionError("keytool runs again")):
            self.prepare(self.first)
        self.assertEqual({name: read(security(self.first, name)) for name in os.listdir(security(self.first, ""))}, before)

    def test_a_node_that_dies_in_the_middle_does_it_all_again(self):
        home = self.node("dies")
        os.remove(security(home, "wso2carbon.jks"))
        broken = mock.patch.object(node_trust, "replace_certificate", side_effect=node_trust.TrustError("disk full"))
        with broken, self.assertRaises(node_trust.TrustError):
            self.prepare(home)
        self.assertFalse(os.path.exists(os.path.join(home, FILE)))
        with mock.patch.object(node_trust, "replace_certificate") as replaced:
            self.prepare(home)
        self.assertEqual([call.args[2] for call in replaced.call_args_list], ["wso2carbon", "gateway_certificate_alias"])

    def filled(self, **more):
        """A secret that a user filled, of another type than the pack's."""
        content = {"keystore": base64.b64encode(read(self.given)).decode(), "password": PASSWORD, "alias": "mine", **more}
        return SecretsManager(**{key: value for key, value in content.items() if value is not None})

    def test_a_given_one_is_taken_as_it_is(self):
        home, secret = self.node("taken"), self.filled()
        self.prepare(home, GIVEN, secret)
        self.assertEqual(read(os.path.join(home, GIVEN["file"])), read(self.given))
        self.assertEqual(secret.offers, 0)
        own = entries(self.given, PASSWORD)["mine"]
        self.assertEqual(entries(security(home, "wso2carbon.jks"), "wso2carbon"), {"wso2carbon": own})

    def test_a_given_one_that_does_not_open_ends_the_boot_and_says_why_without_the_password(self):
        home = self.node("refused")
        for more, said in (({"password": "another1"}, "does not open"), ({"alias": "yours"}, "does not open"),
                           ({"alias": None}, "has no alias"), ({"keystore": None}, "has no keystore"), ({"keystore": "bm9uZQ=="}, "does not open")):
            with self.subTest(more=more):
                with self.assertRaisesRegex(node_keystore.KeystoreError, said) as caught:
                    self.prepare(home, GIVEN, self.filled(**more))
                self.assertNotIn("another1", str(caught.exception))
        self.assertFalse(os.path.exists(os.path.join(home, GIVEN["file"])))

    def test_the_trust_store_of_todays_packs_is_found(self):
        path = os.path.join(self.folder, "client-truststore.jks")
        self.assertEqual(node_trust.store(path), path)
        with open(path.replace(".jks", ".p12"), "wb"):
            pass
        self.assertEqual(node_trust.store(path), path.replace(".jks", ".p12"))


if __name__ == "__main__":
    unittest.main()

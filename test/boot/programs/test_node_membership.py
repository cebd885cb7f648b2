"""The key that a node's server holds: which it is, and that it is used."""
import configparser
import json
import os
import shutil
import sys
import tempfile
import unittest
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import boot  # noqa: E402
import node_aws  # noqa: E402
import node_membership  # noqa: E402

VALUES = {"MembershipCredentials": "arn:secret", "Region": "eu-west-1"}
KEY = {"accessKeyId": "the-id", "secretAccessKey": "the-secret"}


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


class MembershipTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.files = []

    def resolver(self, version):
        resolver = node_aws.LiveResolver(VALUES)
        answer = {"VersionId": version, "SecretString": json.dumps(KEY)}
        with mock.patch.object(node_aws, "aws", return_value=answer):
            resolver.secret("MembershipCredentials", "accessKeyId")
        return resolver

    def use(self, values=VALUES, key=KEY):
        calls = []

        def aws(*arguments, credentials=None):
            calls.append(arguments)
            if credentials:
                self.files.append((credentials, os.stat(credentials).st_mode & 0o777, read(credentials)))
            return {"SecretString": json.dumps(key)}
        with mock.patch.object(node_membership, "RUN", os.path.join(self.folder, "run")):
            node_membership.use(aws, self.folder, values)
        return calls

    def test_the_key_of_the_last_start_is_used(self):
        node_membership.remember(self.folder, self.resolver("first"))
        node_membership.remember(self.folder, self.resolver("second"))
        asked, used = self.use()
        self.assertEqual(asked, ("secretsmanager", "get-secret-value", "--secret-id", "arn:secret", "--version-id", "second"))
        self.assertEqual(used, ("ec2", "describe-instances", "--max-results", "5", "--region", "eu-west-1"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["membership-key-version", "run"])

    def test_the_key_is_in_a_private_file_that_is_gone_afterwards(self):
        node_membership.remember(self.folder, self.resolver("first"))
        self.use()
        [(path, mode, text)] = self.files
        self.assertEqual(mode, 0o600)
        parsed = configparser.ConfigParser()
        parsed.read_string(text)
        self.assertEqual(dict(parsed["default"]), {"aws_access_key_id": "the-id", "aws_secret_access_key": "the-secret"})
        self.assertFalse(os.path.exists(path))

    def test_what_is_not_a_key_gets_into_no_file_of_the_cli(self):
        node_membership.remember(self.folder, self.resolver("first"))
        with self.assertRaisesRegex(node_membership.MembershipError, "something that is not an access key"):
            self.use(key=dict(KEY, accessKeyId="x\ncredential_process = /bin/sh"))
        self.assertEqual(self.files, [])

    def test_in_the_region_of_the_members(self):
        node_membership.remember(self.folder, self.resolver("first"))
        self.assertIn("eu-central-1", self.use(dict(VALUES, MembershipRegion="eu-central-1"))[1])

    def test_a_start_that_read_no_key_changes_nothing(self):
        node_membership.remember(self.folder, self.resolver("first"))
        node_membership.remember(self.folder, node_aws.LiveResolver({}))
        self.assertIn("first", self.use()[0])

    def test_no_server_yet(self):
        with self.assertRaisesRegex(node_membership.MembershipError, "no server of this node was configured with an access key yet"):
            self.use()

    def test_a_configuration_that_is_kept_keeps_its_key(self):
        """AWS did not answer: the server goes on with the files as they are."""
        node_membership.remember(self.folder, self.resolver("first"))
        node = mock.Mock(document={}, resolver=self.resolver("second"))
        refusal = node_aws.AwsError("no answer")
        with mock.patch.object(boot, "STATE", self.folder), mock.patch.object(boot, "CONFIGURED", os.path.join(self.folder, "configured")), \
                mock.patch.object(boot.carbon_configuration_lookups, "look_up", side_effect=refusal), mock.patch("builtins.print"):
            node.document["configuration"] = {"files": []}
            self.assertTrue(boot.configure(node))
        self.assertIn("first", self.use()[0])

    def test_the_timer_is_there_where_members_have_a_key(self):
        with mock.patch.object(node_membership, "UNITS", self.folder), mock.patch.object(node_membership.node_units.subprocess, "run") as run:
            node_membership.install({"Region": "eu-west-1"}, "/boot.py")
            self.assertEqual((os.listdir(self.folder), run.call_count), ([], 0))
            node_membership.install(VALUES, "/boot.py")
        self.assertEqual(sorted(os.listdir(self.folder)), ["carbon-membership-key.service", "carbon-membership-key.timer"])
        with open(os.path.join(self.folder, "carbon-membership-key.service"), encoding="utf-8") as file:
            self.assertIn("ExecStart=/usr/bin/python3 /boot.py use-key\n", file.read())
        self.assertEqual(run.call_args[0][0], ["systemctl", "enable", "--now", "carbon-membership-key.timer"])

    def test_a_failure_is_an_exit_code_and_a_line_without_the_key(self):
        with mock.patch.object(boot, "Node"), mock.patch.object(node_membership, "use", side_effect=node_aws.AwsError("refused")), \
                mock.patch("builtins.print") as printed:
            self.assertEqual(boot.main(["use-key"]), boot.FAILED)
        self.assertRegex(printed.call_args[0][0], "was not used: refused$")


if __name__ == "__main__":
    unittest.main()

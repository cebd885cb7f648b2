"""What of a machine's logs is sent, and by which agent."""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

try:
    import jsonschema
except ImportError:
    jsonschema = None

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import boot  # noqa: E402
import node_logs  # noqa: E402

DOCUMENT = {"stream": "Workers", "files": ["boot", "carbon", "access"]}
PRODUCT = "/opt/wso2/carbon"
SCHEMA = os.environ.get("CLOUDWATCH_AGENT_SCHEMA")
# Of the agent's own schema (aws/amazon-cloudwatch-agent, translator/config/schema.json): what an entry of collect_list may hold.
ENTRY = {"file_path", "log_group_name", "log_stream_name", "log_group_class", "multi_line_start_pattern", "timestamp_format", "timezone",
         "trim_timestamp", "encoding", "auto_removal", "backpressure_mode", "blacklist", "publish_multi_logs", "retention_in_days", "filters",
         "service.name", "deployment.environment"}
# Lines in the layouts of the log4j.properties and log4j2.properties that WSO2 ships, or documents.
STARTS = ("TID: [-1234] [] [2026-11-26 00:53:58,112]  INFO {org.wso2.carbon.core.internal.CarbonCoreActivator} -  Starting WSO2 Carbon...",
          "TID: [-1234] [api] [2026-11-26 00:53:58,112] [7f2c] ERROR {org.wso2.x} - no",
          "[2026-11-26 00:53:58,112] [-1234] [] [main]  INFO {org.wso2.x} -  x",
          "[2026-11-26 00:53:58,112]  INFO {AUDIT_LOG}-  x")
CONTINUATIONS = ("\tat org.wso2.x.Y.z(Y.java:1)", "Caused by: java.lang.IllegalStateException: at 2026-11-26 00:53:58,112", "Members [2] {",
                 "\tMember [10.0.128.4]:5701 this", "}", "", "  [main] 2026-11-26")


def env(name):
    return {"bootLog": "boot-1", "carbonLog": "carbon-1", "accessLog": "access-1", "Region": "eu-west-1"}[name]


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.configuration = node_logs.configuration(DOCUMENT, env, PRODUCT)
        self.entries = self.configuration["logs"]["logs_collected"]["files"]["collect_list"]

    def test_each_file_goes_to_its_group_in_a_stream_with_the_instance(self):
        self.assertEqual([(each["file_path"], each["log_group_name"], each["log_stream_name"]) for each in self.entries], [
            ("/var/log/carbon-cluster/boot.log", "boot-1", "Workers/{instance_id}"),
            ("/opt/wso2/carbon/repository/logs/wso2carbon.log", "carbon-1", "Workers/{instance_id}"),
            ("/opt/wso2/carbon/repository/logs/http_access_*.log", "access-1", "Workers/{instance_id}")])

    def test_a_product_below_its_folder_has_its_logs_there(self):
        configuration = node_logs.configuration({"stream": "Nodes", "home": "wso2/broker", "files": ["carbon"]}, env, PRODUCT)
        entry, = configuration["logs"]["logs_collected"]["files"]["collect_list"]
        self.assertEqual(entry["file_path"], "/opt/wso2/carbon/wso2/broker/repository/logs/wso2carbon.log")

    def test_it_is_what_the_agent_takes(self):
        self.assertEqual(set(self.configuration), {"agent", "logs"})
        self.assertEqual(set(self.configuration["logs"]), {"logs_collected", "force_flush_interval"})
        for entry in self.entries:
            self.assertLessEqual(set(entry), ENTRY)
            self.assertIn(entry.get("timezone", "UTC"), ("UTC", "Local", "LOCAL"))
            self.assertLessEqual(set(re.findall("%.", entry.get("timestamp_format", ""))), {"%Y", "%m", "%d", "%H", "%M", "%S", "%f"})

    def test_the_agent_is_neither_root_nor_the_owner_of_what_it_reads(self):
        self.assertEqual(self.configuration["agent"], {"region": "eu-west-1", "run_as_user": "carbon-logs"})

    def test_without_metrics_the_agent_sends_none(self):
        self.assertNotIn("metrics", self.configuration)

    def test_the_group_is_never_the_agents_to_make_or_to_keep(self):
        for entry in self.entries:
            self.assertNotIn("retention_in_days", entry)

    def test_an_entry_of_the_log_begins_with_its_time_in_every_layout(self):
        pattern = re.compile(self.entries[1]["multi_line_start_pattern"])
        self.assertEqual([bool(pattern.search(each)) for each in STARTS], [True] * len(STARTS))
        self.assertEqual([bool(pattern.search(each)) for each in CONTINUATIONS], [False] * len(CONTINUATIONS))

    def test_the_boot_log_says_its_time_in_utc(self):
        self.assertEqual((self.entries[0]["timestamp_format"], self.entries[0]["timezone"]), ("%Y-%m-%dT%H:%M:%SZ", "UTC"))
        self.assertNotIn("multi_line_start_pattern", self.entries[0])


class MetricsTest(unittest.TestCase):
    def configuration(self):
        document = dict(DOCUMENT, metrics={"namespace": "CarbonCluster/a"})
        return node_logs.configuration(document, env, PRODUCT)

    def test_each_is_sent_for_the_instance_the_group_and_the_cluster(self):
        metrics = self.configuration()["metrics"]
        self.assertEqual(metrics["namespace"], "CarbonCluster/a")
        self.assertEqual(metrics["append_dimensions"], {"InstanceId": "${aws:InstanceId}"})
        self.assertEqual(metrics["aggregation_dimensions"], [["Group"], []])
        collected = metrics["metrics_collected"]
        self.assertEqual(set(collected), {"mem", "disk", "swap"})
        for each in (collected["mem"], collected["disk"], collected["swap"]):
            self.assertEqual(each["append_dimensions"], {"Group": "Workers"})
        # One device less to tell apart, so that the rollup of the disk is that of its mount point.
        self.assertEqual((collected["disk"]["resources"], collected["disk"]["drop_device"]), (["/"], True))

    def test_no_permission_of_ec2_is_needed(self):
        """The agent reads the name of the auto scaling group from tags, and identifiers of volumes from EC2; the instance's id is in its metadata."""
        self.assertNotRegex(json.dumps(self.configuration()), "AutoScalingGroupName|VolumeId")

    @unittest.skipUnless(SCHEMA and jsonschema, "the agent's own schema is not there: CLOUDWATCH_AGENT_SCHEMA names translator/config/schema.json "
                         "of aws/amazon-cloudwatch-agent, and Python's jsonschema must be installed")
    def test_the_agents_own_schema_takes_it(self):
        with open(SCHEMA, encoding="utf-8") as file:
            validator = jsonschema.Draft4Validator(json.load(file))
        for configuration in (self.configuration(), node_logs.configuration(DOCUMENT, env, PRODUCT)):
            self.assertEqual([each.message for each in validator.iter_errors(configuration)], [])
        wrong = self.configuration()
        wrong["metrics"]["metrics_collected"]["mem"]["measurement"] = "used_percent"
        self.assertNotEqual(list(validator.iter_errors(wrong)), [], "the schema takes anything")


class AgentTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.agent = os.path.join(self.folder, "ctl")
        for name, path in (("AGENT", self.agent), ("CONFIGURATION", os.path.join(self.folder, "logs.json")), ("ensure_user", mock.Mock(return_value=995))):
            patcher = mock.patch.object(node_logs, name, path)
            patcher.start()
            self.addCleanup(patcher.stop)

    def write_agent(self, code):
        with open(self.agent, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\necho "$@" > %s/said\necho trouble\nexit %d\n' % (self.folder, code))
        os.chmod(self.agent, 0o755)

    def test_an_agent_that_is_there_takes_the_configuration_and_starts(self):
        self.write_agent(0)
        with mock.patch.object(node_logs, "install_agent") as install:
            node_logs.ship(DOCUMENT, env, PRODUCT)
        install.assert_not_called()
        with open(os.path.join(self.folder, "said"), encoding="utf-8") as file:
            self.assertEqual(file.read().split(), ["-a", "fetch-config", "-m", "ec2", "-s", "-c", "file:%s/logs.json" % self.folder])

    def test_one_that_does_not_start_fails_with_its_last_words(self):
        self.write_agent(1)
        with self.assertRaisesRegex(node_logs.LogsError, "did not start: trouble"):
            node_logs.ship(DOCUMENT, env, PRODUCT)

    def test_one_that_is_missing_is_installed(self):
        with mock.patch.object(node_logs, "install_agent", lambda region: self.write_agent(0)):
            node_logs.ship(DOCUMENT, env, PRODUCT)

    def test_amazon_linux_has_the_package(self):
        with mock.patch("node_packages.package_manager", lambda: "dnf"), mock.patch("node_packages.install") as install:
            node_logs.install_agent("eu-west-1")
        install.assert_called_once_with("amazon-cloudwatch-agent")

    def test_the_package_of_other_distributions_is_in_the_bucket_of_the_region(self):
        for system, machine, region, expected in (
                ('ID=debian\n', "x86_64", "eu-west-1", "https://amazoncloudwatch-agent-eu-west-1.s3.eu-west-1.amazonaws.com/debian/amd64/"),
                ('NAME="Ubuntu"\nID=ubuntu\n', "aarch64", "us-east-1",
                 "https://amazoncloudwatch-agent-us-east-1.s3.us-east-1.amazonaws.com/ubuntu/arm64/"),
                ('ID=ubuntu\n', "x86_64", "cn-north-1", "https://amazoncloudwatch-agent-cn-north-1.s3.cn-north-1.amazonaws.com.cn/ubuntu/amd64/"),
                ('ID=debian\n', "x86_64", "eusc-de-east-1", "https://amazoncloudwatch-agent-eusc-de-east-1.s3.eusc-de-east-1.amazonaws.eu/debian/amd64/")):
            path = os.path.join(self.folder, "os-release")
            with open(path, "w", encoding="utf-8") as file:
                file.write(system)
            with mock.patch.object(node_logs, "distribution", lambda path=path, read=node_logs.distribution: read(path)), \
                    mock.patch("platform.machine", lambda machine=machine: machine):
                self.assertEqual(node_logs.package_url(region), expected + "latest/amazon-cloudwatch-agent.deb")


@unittest.skipUnless(shutil.which("gpg") and shutil.which("gpgv"), "gpg and gpgv are not installed")
class SignatureTest(unittest.TestCase):
    """A package that a key of ours signed, by the real tools."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gpg", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.package = os.path.join(self.folder, "agent.deb")
        with open(self.package, "wb") as file:
            file.write(b"a package")
        self.gpg("--passphrase", "", "--quick-generate-key", "test@example.com", "rsa2048", "sign", "never")
        self.addCleanup(subprocess.run, ["gpgconf", "--homedir", self.folder, "--kill", "all"])
        listed = self.gpg("--with-colons", "--fingerprint")
        self.fingerprint = re.search(r"^fpr:+([0-9A-F]{40}):", listed, re.MULTILINE).group(1)
        self.gpg("--armor", "--output", self.package + ".asc", "--export")
        self.gpg("--detach-sign", "--output", self.package + ".sig", self.package)

    def gpg(self, *arguments):
        done = subprocess.run(("gpg", "--homedir", self.folder, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback") + arguments,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def test_the_right_key_and_package_pass(self):
        node_logs.check_signature(self.package, self.fingerprint)

    def test_a_key_that_is_not_amazons_is_refused(self):
        with self.assertRaisesRegex(node_logs.LogsError, node_logs.FINGERPRINT):
            node_logs.check_signature(self.package)

    def test_a_changed_package_is_refused(self):
        with open(self.package, "ab") as file:
            file.write(b"!")
        with self.assertRaises(node_logs.LogsError):
            node_logs.check_signature(self.package, self.fingerprint)

    def test_what_is_no_key_is_refused(self):
        with open(self.package + ".asc", "w", encoding="ascii") as file:
            file.write("<html>")
        with self.assertRaisesRegex(node_logs.LogsError, "no OpenPGP key"):
            node_logs.check_signature(self.package, self.fingerprint)


class ArmorTest(unittest.TestCase):
    def test_the_block_with_headers_and_checksum(self):
        text = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: GnuPG v2.0.22\n\n%s\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
        self.assertEqual(node_logs.dearmored(text % base64.encodebytes(b"key" * 40).decode().strip()), b"key" * 40)


class BootTest(unittest.TestCase):
    def test_a_boot_goes_on_without_the_agent(self):
        said = []
        node = mock.Mock(document={"logs": DOCUMENT})
        with mock.patch.object(node_logs, "install", side_effect=OSError("no systemd")), mock.patch.object(boot, "log", said.append):
            boot.send_logs(node)
        self.assertEqual(said, ["logs stay on this machine: no systemd"])

    def test_a_machine_without_log_groups_sends_nothing(self):
        with mock.patch.object(node_logs, "install") as install:
            boot.send_logs(mock.Mock(document={}))
        install.assert_not_called()

    def test_the_service_fails_so_that_it_is_tried_again(self):
        said = []
        problem = node_logs.LogsError("signature", "not Amazon's")
        with mock.patch.object(boot, "Node", lambda: mock.Mock(document={"logs": DOCUMENT})), mock.patch.object(boot, "log", said.append), \
                mock.patch.object(node_logs, "ship", side_effect=problem):
            self.assertEqual(boot.ship_logs(), boot.FAILED)
        self.assertEqual(said, ["logs stay on this machine for now: not Amazon's"])
        self.assertIn("Restart=on-failure", node_logs.UNIT_TEXT)


if __name__ == "__main__":
    unittest.main()

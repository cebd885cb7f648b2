"""Artifacts in a bucket: the real AWS CLI against a real S3 API (moto's), as a manager, as the one after it, and as workers.

The CLI runs in this process, which takes a tenth of the time of a process each.
"""
import contextlib
import importlib.util
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_aws  # noqa: E402
import node_bucket  # noqa: E402

AVAILABLE = importlib.util.find_spec("awscli") and importlib.util.find_spec("moto") and importlib.util.find_spec("flask")
FOLDER = "repository/deployment/server"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}


def launch():
    """moto's server at a free port, until the tests end."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    unittest.addModuleCleanup(server.wait)
    unittest.addModuleCleanup(server.terminate)
    address = "http://127.0.0.1:%d" % port
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(address + "/moto-api/").close()
            return address
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def run(command, **_):
    """As subprocess.run does with a command of the AWS CLI."""
    from awscli.clidriver import create_clidriver
    out, err = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = create_clidriver().main(list(command[1:]))
    return mock.Mock(returncode=code, stdout=out.buffer.getvalue(), stderr=err.buffer.getvalue())


def setUpModule():
    if AVAILABLE:
        for patched in (mock.patch.dict(os.environ, dict(ENVIRONMENT, AWS_ENDPOINT_URL=launch())), mock.patch.object(node_aws.subprocess, "run", run)):
            patched.start()
            unittest.addModuleCleanup(patched.stop)


@unittest.skipUnless(AVAILABLE, "artifacts are not copied by a real AWS CLI: it, or moto's server, is not installed")
class BucketTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.bucket = "artifacts-" + os.path.basename(self.root).lower().replace("_", "-")
        node_aws.aws("s3api", "create-bucket", "--bucket", self.bucket)
        node_aws.aws("s3api", "put-bucket-versioning", "--bucket", self.bucket, "--versioning-configuration", "Status=Enabled")

    def node(self, name, publishes, **files):
        node = Node(os.path.join(self.root, name), self.bucket, publishes)
        for path, text in files.items():
            node.write(path.replace("__", "/").replace("_", "."), text)
        return node

    def test_what_the_manager_deploys_changes_and_removes_is_so_on_a_worker(self):
        manager = self.node("m", True, webapps__a_war="one", old_car="old")
        manager.copy()
        worker = self.node("w", False, old_car="as shipped", worker_txt="of the worker")
        worker.copy()
        self.assertEqual(worker.files(), {"webapps/a.war": "one", "old.car": "old"})
        manager.write("webapps/a.war", "three")
        os.remove(manager.path("old.car"))
        manager.copy()
        worker.copy()
        self.assertEqual(worker.files(), {"webapps/a.war": "three"})

    def test_a_change_of_the_same_size_that_looks_older_arrives(self):
        manager, worker = self.node("m", True, a_xml="one"), self.node("w", False)
        manager.copy()
        worker.copy()
        manager.write("a.xml", "two")
        os.utime(manager.path("a.xml"), (1000000000, 1000000000))
        manager.copy()
        worker.copy()
        self.assertEqual(worker.files(), {"a.xml": "two"})

    def test_what_a_worker_changed_becomes_the_managers_again(self):
        manager, worker = self.node("m", True, a_xml="one"), self.node("w", False)
        manager.copy()
        worker.copy()
        worker.write("a.xml", "bad")
        worker.write("more.xml", "worse")
        worker.copy()
        manager.copy()
        self.assertEqual((worker.files(), manager.files()), ({"a.xml": "one"}, {"a.xml": "one"}))

    def test_an_instance_in_the_place_of_the_manager_gets_back_what_was_published(self):
        first = self.node("m", True, a_war="deployed", shipped_xml="as wanted!")
        first.copy()
        fresh = self.node("n", True, shipped_xml="as shipped", newer_xml="of a newer pack")
        # As what comes from a zip: older than what was published, and as large.
        os.utime(fresh.path("shipped.xml"), (1000000000, 1000000000))
        fresh.copy()
        self.assertEqual(fresh.files(), {"a.war": "deployed", "shipped.xml": "as wanted!", "newer.xml": "of a newer pack"})
        worker = self.node("w", False)
        worker.copy()
        self.assertEqual(worker.files(), fresh.files())

    def test_it_gets_them_back_once_and_not_again_after_a_reboot(self):
        manager = self.node("m", True, a_war="one")
        manager.copy()
        manager.write("a.war", "newer than what was published")
        manager.copy()
        self.assertEqual(manager.files(), {"a.war": "newer than what was published"})

    def test_nothing_is_published_before_all_was_got_back(self):
        self.node("m", True, a_war="deployed").copy()
        fresh = self.node("n", True)
        real = node_bucket.aws

        def failing(*arguments, **more):
            if arguments[:2] == ("s3", "sync") and arguments[-1].startswith("/"):
                raise node_aws.AwsError("no answer")
            return real(*arguments, **more)
        with mock.patch.object(node_bucket, "aws", failing), self.assertRaises(node_aws.AwsError):
            fresh.copy()
        worker = self.node("w", False)
        worker.copy()
        self.assertEqual(worker.files(), {"a.war": "deployed"})

    def test_a_worker_removes_nothing_before_the_manager_has_published(self):
        worker = self.node("w", False, shipped_xml="as shipped")
        with self.assertRaises(node_bucket.BucketError) as caught:
            worker.copy()
        self.assertEqual((caught.exception.code, worker.files()), ("not-published", {"shipped.xml": "as shipped"}))

    def test_what_was_removed_stays_as_a_version(self):
        manager = self.node("m", True, a_war="one")
        manager.copy()
        os.remove(manager.path("a.war"))
        manager.copy()
        found = node_aws.aws("s3api", "list-object-versions", "--bucket", self.bucket, "--prefix", "cluster/" + FOLDER)
        self.assertEqual((len(found["Versions"]), len(found["DeleteMarkers"])), (1, 1))

    def test_the_content_behind_a_link_is_not_published(self):
        manager = self.node("m", True, a_war="one")
        secret = os.path.join(self.root, "secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("secret")
        os.symlink(secret, manager.path("link"))
        manager.copy()
        worker = self.node("w", False)
        worker.copy()
        self.assertEqual(worker.files(), {"a.war": "one"})

    def test_what_did_not_change_asks_nobody(self):
        manager = self.node("m", True, a_war="one")
        manager.copy()
        with mock.patch.object(node_bucket, "aws", side_effect=AssertionError("it was asked")):
            manager.copy()


class Node:
    def __init__(self, folder, bucket, publishes):
        self.home, self.state, self.bucket = os.path.join(folder, "home"), os.path.join(folder, "state"), bucket
        self.document = dict({"bucket": {"env": "x"}, "prefix": "cluster", "folders": [FOLDER], "seconds": 60}, **({"publishes": True} if publishes else {}))
        for each in (os.path.join(self.home, FOLDER), self.state):
            os.makedirs(each)

    def path(self, name):
        return os.path.join(self.home, FOLDER, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def copy(self):
        with mock.patch("builtins.print"):
            node_bucket.copy(self.document, self.bucket, self.home, self.state)

    def files(self):
        found = {}
        for place, _, names in os.walk(os.path.join(self.home, FOLDER)):
            for path in (os.path.join(place, name) for name in names):
                with open(path, encoding="ascii") as file:
                    found[os.path.relpath(path, os.path.join(self.home, FOLDER))] = file.read()
        return found


class UnitTest(unittest.TestCase):
    def test_the_copies_are_the_work_of_the_services_user(self):
        self.assertIn("User=%(owner)s\n", node_bucket.UNIT_TEXT)
        self.assertNotIn("ExecStart=+", node_bucket.UNIT_TEXT)

    def prepared(self, results, **document):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(node_bucket, "UNITS", folder), mock.patch.object(node_bucket, "time") as clock, \
                mock.patch("builtins.print"), mock.patch.object(node_bucket.subprocess, "run") as run, mock.patch.object(node_bucket, "_last_line", return_value="x"):
            clock.monotonic.side_effect = range(0, 10 ** 6, 100)
            codes = iter(results)
            run.side_effect = lambda command, **_: mock.Mock(returncode=next(codes) if command[:2] == ["systemctl", "start"] else 0, stdout=b"")
            node_bucket.prepare(dict({"folders": [FOLDER], "seconds": 30}, **document), "/home", "wso2carbon", "/boot.py")
            return [call[0][0] for call in run.call_args_list], [call[1] for call in run.call_args_list]

    def test_the_first_copy_is_waited_for_and_then_the_timer_runs(self):
        commands, options = self.prepared([1, 1, 0])
        self.assertEqual([each[1] for each in commands if each[0] == "systemctl"], ["daemon-reload", "start", "start", "start", "enable"])
        # Below the product's home nothing is root's work.
        self.assertEqual([(each[0], more["user"]) for each, more in zip(commands, options) if each[0] != "systemctl"], [("mkdir", "wso2carbon")])

    def test_a_first_copy_that_never_succeeds_fails_the_boot(self):
        for document, code in (({}, "manager-away"), ({"publishes": True}, "artifacts-bucket")):
            with self.assertRaises(node_bucket.BucketError) as caught:
                self.prepared([1] * 20, **document)
            self.assertEqual(caught.exception.code, code)


if __name__ == "__main__":
    unittest.main()

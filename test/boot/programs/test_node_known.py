"""A server that was a member starts again while AWS and the database do not answer, with what its node was told last."""
import contextlib
import io
import json
import os
import shutil
import socket
import sys
import tempfile
import time
import unittest
import urllib.error
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import boot  # noqa: E402
import node_aws  # noqa: E402
import node_clock  # noqa: E402
import node_home  # noqa: E402
import node_known  # noqa: E402
import node_mysql  # noqa: E402

OWN, OTHER = {"id": "i-2", "address": "127.0.0.2"}, {"id": "i-1", "address": "127.0.0.1"}
AWAY = node_aws.AwsError("Could not connect to the endpoint URL")


class LastKnownTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        patched = mock.patch("sys.stdout", io.StringIO())
        patched.start()
        self.addCleanup(patched.stop)

    def known(self, **values):
        known = node_known.LastKnown(self.folder)
        known.remember(**values)
        return node_known.LastKnown(self.folder)

    def test_answers_are_kept_where_only_root_reads_them(self):
        self.known().ask("peers", lambda: [OTHER])
        self.assertEqual(self.known().values, {"peers": [OTHER]})
        self.assertEqual(os.stat(os.path.join(self.folder, node_known.FILE)).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(self.folder), [node_known.FILE])

    def test_whatever_kind_of_absence_is_answered_with_the_last_known(self):
        for problem in (AWAY, node_aws.MetadataError("away"), urllib.error.URLError("no route")):
            known = self.known(peers=[OTHER], member=True)
            self.assertEqual(known.ask("peers", mock.Mock(side_effect=problem)), [OTHER])
            self.assertTrue(known.away)

    def test_who_did_not_answer_is_not_asked_again_for_what_is_known(self):
        known = self.known(peers=[OTHER], address="127.0.0.2", member=True)
        known.ask("peers", mock.Mock(side_effect=AWAY))
        question = mock.Mock()
        self.assertEqual(known.ask("address", question), "127.0.0.2")
        question.assert_not_called()

    def test_a_node_that_was_never_a_member_does_not_trust_what_it_knows(self):
        with self.assertRaises(node_aws.AwsError):
            self.known(peers=[OTHER]).ask("peers", mock.Mock(side_effect=AWAY))

    def test_what_was_never_answered_is_an_error(self):
        with self.assertRaises(node_aws.AwsError):
            self.known(member=True).ask("peers", mock.Mock(side_effect=AWAY))

    def test_other_errors_are_errors(self):
        with self.assertRaises(OSError):
            self.known(peers=[], member=True).ask("peers", mock.Mock(side_effect=OSError(28, "disk full")))

    def test_a_file_that_is_damaged_is_no_answer(self):
        self.known(member=True)
        for text in ("", "[]", "{"):
            with open(os.path.join(self.folder, node_known.FILE), "w", encoding="utf-8") as file:
                file.write(text)
            self.assertFalse(node_known.LastKnown(self.folder).suffices)

    def test_an_image_of_a_node_does_not_make_others_take_its_place(self):
        known = self.known(instance="i-9", member=True)
        known.forget()
        known.forget()
        self.assertEqual((known.values, self.known().values), ({}, {}))


class RestartTest(unittest.TestCase):
    """`boot.py before-start` and `after-start` with the real rules, and ports of this machine for members."""

    def setUp(self):
        self.state = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.state)
        self.member = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.member.close)
        self.port = self.member.getsockname()[1]
        document = {"start": {"cluster": "c", "tag": "t", "value": "v", "ports": [self.port]}, "join": {"log": "log", "line": "joined"},
                    "health": {"seconds": 60}, "configuration": {}, "databases": {"endpoint": "db", "port": "3306", "start": {"secret": "Start"}}}
        with open(os.path.join(self.state, "node.json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
        with open(os.path.join(self.state, "values"), "w", encoding="utf-8") as file:
            file.write("Region=eu-west-1\nStart=arn\n")
        self.output = io.StringIO()
        for target, name, value in ((boot, "RUN", self.state), (boot, "CONFIGURED", self.path("configured")), (boot, "START_FAILURE", self.path("failure")),
                                    (boot, "LOG_OFFSET", self.path("offset")), (boot, "STARTED_FOR", self.path("for")), (boot, "apply", self.apply),
                                    (boot.Node, "home", self.state), (sys, "stdout", self.output), (boot.node_start, "SETTLED_SECONDS", 1),
                                    (boot.node_start, "PAUSE", 0.1), (boot.node_start, "WAIT_PAUSE", 0.2), (boot, "AWS_SECONDS", 2), (node_clock.Budget, "LEAST_SECONDS", 1),
                                    # The AWS CLI of a test is a process of its own.
                                    (node_aws.node_aws_cli, "_loaded", lambda: None),
                                    (boot.node_service, "runs", lambda: True),
                                    # As this user: `test_root_and_home.py` is about whose process it is.
                                    (boot.Node, "as_service", lambda node, task, **arguments: node_home.TASKS[task](node.home, **arguments))):
            patched = mock.patch.object(target, name, value)
            patched.start()
            self.addCleanup(patched.stop)
        self.metadata = mock.Mock(side_effect=node_aws.MetadataError("away"))
        self.known(instance=OWN["id"], address=OWN["address"], peers=[OTHER], members=[], member=True)

    def path(self, name):
        return os.path.join(self.state, name)

    def known(self, **values):
        known = node_known.LastKnown(self.state)
        known.remember(**values)

    def apply(self, node):
        """As much of it as asks AWS."""
        node.resolver.secret("Start", "username")
        boot.write(boot.CONFIGURED, "")

    def node(self):
        node = boot_node(self.state)
        node.resolver.cloud_metadata = mock.Mock(get=self.metadata)
        return node

    def run_boot(self, step, **environment):
        began = time.monotonic()
        with mock.patch.object(boot, "Node", self.node), mock.patch.dict(os.environ, environment):
            code = step()
        return code, time.monotonic() - began

    def cli(self, script):
        """An AWS CLI of this test's."""
        folder = self.path("bin")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "aws"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho \"$@\" >> %s\n%s\n" % (self.path("asked"), script))
        os.chmod(os.path.join(folder, "aws"), 0o755)
        return {"PATH": folder + os.pathsep + os.environ["PATH"]}

    UNREACHABLE = "echo 'Could not connect to the endpoint URL: \"https://ec2.eu-west-1.amazonaws.com/\"' >&2; exit 255"

    def started_for(self):
        with open(boot.STARTED_FOR, encoding="utf-8") as file:
            return json.load(file)

    def test_without_aws_a_restart_takes_the_last_known_peers_within_seconds(self):
        code, seconds = self.run_boot(boot.before_start, **self.cli(self.UNREACHABLE))
        self.assertEqual((code, self.started_for()), (0, [["127.0.0.1", self.port]]))
        self.assertLess(seconds, 10)
        self.assertIn("configuration is kept as it was", self.output.getvalue())

    def test_aws_that_takes_every_connection_and_says_nothing_costs_one_wait(self):
        code, seconds = self.run_boot(boot.before_start, **self.cli("exec sleep 60"))
        self.assertEqual((code, self.started_for()), (0, [["127.0.0.1", self.port]]))
        self.assertLess(seconds, 10)
        with open(self.path("asked"), encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 1)

    def test_without_anybody_the_lowest_instance_id_founds(self):
        self.member.close()
        self.known(instance="i-0")
        code, _ = self.run_boot(boot.before_start, **self.cli(self.UNREACHABLE))
        self.assertEqual((code, self.started_for()), (0, None))

    def test_a_first_boot_waits_for_aws_and_fails_without_it(self):
        self.known(member=False)
        with mock.patch.object(node_aws, "SECONDS", 1):
            code, _ = self.run_boot(boot.before_start, **self.cli(self.UNREACHABLE))
        self.assertEqual(code, boot.FAILED)

    ANSWERS = """case "$*" in
      *secret*) echo '{"VersionId": "1", "SecretString": "{\\\\"username\\\\": \\\\"u\\\\", \\\\"password\\\\": \\\\"p\\\\"}"}';;
      *) echo '{"Reservations": [{"Instances": [{"InstanceId": "i-2", "PrivateIpAddress": "127.0.0.2"}, {"InstanceId": "i-7", "PrivateIpAddress": "127.0.0.1"}]}]}';;
    esac"""

    def test_without_the_database_members_are_asked_at_their_ports(self):
        self.metadata = {"instance-id": "i-2", "local-ipv4": "127.0.0.2"}.get
        away = node_mysql.DatabaseError("refused", "ERROR 2003 (HY000): Can't connect to server on 'db'")
        with mock.patch.object(node_mysql.Server, "wait", side_effect=away) as wait, mock.patch.object(boot.node_packages, "mysql_client", lambda: "mysql"):
            code, _ = self.run_boot(boot.before_start, **self.cli(self.ANSWERS))
        self.assertEqual((code, self.started_for()), (0, [["127.0.0.1", self.port]]))
        wait.assert_called_once_with(boot.DATABASE_SECONDS)
        # EC2 answered, so that the next start knows these.
        self.assertEqual([each["id"] for each in node_known.LastKnown(self.state).values["peers"]], ["i-7"])

    def test_a_database_that_refuses_the_node_is_not_away(self):
        self.metadata = {"instance-id": "i-2", "local-ipv4": "127.0.0.2"}.get
        refused = node_mysql.DatabaseError("refused", "ERROR 1045 (28000): Access denied for user 'u'")
        with mock.patch.object(node_mysql.Server, "wait", side_effect=refused), mock.patch.object(boot.node_packages, "mysql_client", lambda: "mysql"):
            code, _ = self.run_boot(boot.before_start, **self.cli(self.ANSWERS))
        self.assertEqual(code, boot.FAILED)

    def test_a_server_that_joins_while_all_are_away_is_a_member(self):
        environment = self.cli(self.UNREACHABLE)
        self.run_boot(boot.before_start, **environment)
        with open(self.path("log"), "w", encoding="utf-8") as file:
            file.write("Members [2] {\n\tMember [127.0.0.1]:%d\n\tMember [127.0.0.2]:%d this\n}\njoined\n" % (self.port, self.port))
        code, seconds = self.run_boot(boot.after_start, **environment)
        self.assertEqual(code, 0)
        self.assertLess(seconds, 10)
        self.assertIn("the server is a member of 2", self.output.getvalue())


REAL_NODE = boot.Node


class RecordTest(unittest.TestCase):
    """When the record of a member ends."""

    def setUp(self):
        self.steps = []
        self.view = mock.Mock(forget=lambda: self.steps.append("forget"), record=lambda *place: self.steps.append("record %s:%d" % place),
                              give_back=lambda: self.steps.append("give back"))
        self.node = mock.Mock(document={"start": {"ports": [4000]}, "join": {"log": "log", "line": "joined"}, "health": {"seconds": 60}, "leaving": {"hook": "h"}})
        self.node.known.values = {"address": "10.0.1.5"}
        view = contextlib.nullcontext(self.view)
        for name, value in (("cluster_view", lambda _: view), ("patience", lambda _: contextlib.nullcontext()), ("log", print),
                            ("write", lambda *_: None), ("read", lambda path: "null" if path == boot.STARTED_FOR else "0")):
            patched = mock.patch.object(boot, name, value)
            patched.start()
            self.addCleanup(patched.stop)
        patched = mock.patch("sys.stdout", io.StringIO())
        patched.start()
        self.addCleanup(patched.stop)

    def test_before_its_server_starts_again(self):
        with mock.patch.object(boot.node_start, "wait_to_start", lambda *_: self.steps.append("look") or []):
            boot.look_for_members(self.node)
        self.assertEqual(self.steps, ["forget", "look"])

    def test_before_its_server_leaves(self):
        with mock.patch.object(boot.node_service, "stop", lambda: self.steps.append("stop")):
            boot.stop_server(self.node)
            self.view.forget = mock.Mock(side_effect=node_mysql.DatabaseError("refused", "ERROR 2002"))
            boot.stop_server(self.node)
        self.assertEqual(self.steps, ["forget", "stop", "stop"])

    def test_a_member_is_recorded_where_its_own_log_says_that_it_listens_before_the_next_may_found(self):
        listed = boot.node_start.Listed(("10.0.1.5", 4001), [])
        with mock.patch.object(boot.node_start, "wait_until_joined"), mock.patch.object(boot.node_start, "confirm", return_value=listed):
            boot.wait_for_membership(self.node)
        self.assertEqual(self.steps, ["record 10.0.1.5:4001", "give back"])

    def test_a_start_that_fails_gives_the_turn_back_and_records_nothing(self):
        failed = boot.node_start.StartError("strangers", "none was a member before")
        with mock.patch.object(boot.node_start, "wait_until_joined"), mock.patch.object(boot.node_start, "confirm", side_effect=failed):
            self.assertEqual(boot.guarded(boot.wait_for_membership, self.node), boot.FAILED)
        self.assertEqual(self.steps, ["give back"])


def boot_node(state):
    return REAL_NODE(state)


if __name__ == "__main__":
    unittest.main()

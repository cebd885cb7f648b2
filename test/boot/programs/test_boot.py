"""The phases, the signals and what goes into them."""
import ast
import errno
import glob
import io
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import boot  # noqa: E402
import node_artifacts  # noqa: E402
import node_aws  # noqa: E402
import node_home  # noqa: E402
import node_mysql  # noqa: E402
import node_packages  # noqa: E402
import node_service  # noqa: E402
import node_units  # noqa: E402


def instance(address):
    return {"InstanceId": "i-" + address, "PrivateIpAddress": address}


def pack_phase(_node):
    pass


pack_phase.__name__ = "pack"


class ProgramsTest(unittest.TestCase):
    def test_every_program_is_python_3_9(self):
        for path in glob.glob(os.path.join(PROGRAMS, "**", "*.py"), recursive=True):
            with open(path, encoding="utf-8") as file:
                ast.parse(file.read(), path, feature_version=(3, 9))

    def test_every_program_has_a_header(self):
        for path in glob.glob(os.path.join(PROGRAMS, "**", "*.py"), recursive=True):
            with open(path, encoding="utf-8") as file:
                self.assertTrue(ast.get_docstring(ast.parse(file.read())), path)


class BootTest(unittest.TestCase):
    def setUp(self):
        self.state = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.state)
        document = {"signal": {"stack": {"env": "StackId"}, "resource": {"env": "SignalResource"}}, "scripts": {"before-pack": ["exit 0"]},
                    "health": {"seconds": 900}}
        with open(os.path.join(self.state, "node.json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
        with open(os.path.join(self.state, "values"), "w", encoding="utf-8") as file:
            file.write("StackId=arn:stack\nSignalResource=Group\nRegion=eu-west-1\nOdd=a=b \n")
        self.node = boot.Node(self.state)
        self.node.resolver.cloud_metadata = mock.Mock(get=lambda path: "i-0123456789abcdef0")
        self.calls = []

    def run_phases(self, *phases):
        def aws(*arguments, **_):
            self.calls.append(arguments)
        with mock.patch.object(boot, "Node", lambda: self.node), mock.patch.object(boot, "aws", aws), mock.patch.object(boot, "PHASES", phases):
            return boot.first_boot()

    def signalled(self):
        self.assertEqual(len(self.calls), 1)
        arguments = dict(zip(self.calls[0][2::2], self.calls[0][3::2]))
        return arguments["--unique-id"], arguments["--status"]

    def test_success(self):
        seen = []

        def pack(node):
            seen.append(node)

        self.assertEqual(self.run_phases(pack), 0)
        self.assertEqual(seen, [self.node])
        self.assertEqual(self.signalled(), ("i-0123456789abcdef0", "SUCCESS"))

    def test_a_failure_names_its_phase_and_stops(self):
        def pack(_node):
            raise boot.node_pack.PackError("checksum", "details")

        def start(_node):
            self.fail("a phase after a failed one ran")

        self.assertEqual(self.run_phases(pack, start), boot.FAILED)
        self.assertEqual(self.signalled(), ("i-0123456789abcdef0:pack:checksum", "FAILURE"))

    def test_a_failing_script_of_the_user_fails_the_phase(self):
        self.node.document["scripts"] = {"before-pack": ["true", "export PASSWORD=in-the-script; exit 7"]}

        def pack(_node):
            self.fail("the phase ran although the script before it failed")

        with mock.patch("sys.stdout", io.StringIO()) as output:
            self.assertEqual(self.run_phases(pack), boot.FAILED)
        self.assertEqual(self.signalled(), ("i-0123456789abcdef0:pack:user-script", "FAILURE"))
        self.assertIn("phase pack failed: script 2 of 2 of before-pack ended with exit code 7\n", output.getvalue())
        self.assertNotIn("in-the-script", output.getvalue())

    def test_a_script_of_the_user_is_in_nobodys_arguments_and_may_read_its_input(self):
        seen = os.path.join(self.state, "seen")
        self.node.document["scripts"] = {"before-pack": ["# in-the-script\ntr '\\0' ' ' < /proc/$$/cmdline > %s; cat > /dev/null; echo and on >> %s" % (seen, seen)]}
        self.assertEqual(self.run_phases(pack_phase), 0)
        with open(seen, encoding="utf-8") as file:
            text = file.read()
        self.assertRegex(text, r"^bash -euo pipefail /dev/fd/\d+ and on\n$")

    def test_a_script_of_the_user_may_hold_late_bound_values(self):
        # The state of this node has Odd=a=b with a space behind it.
        self.node.document["scripts"] = {"before-pack": [{"join": ["test '", {"env": "Odd"}, "' = 'a=b '"]}]}

        def pack(_node):
            pass

        self.assertEqual(self.run_phases(pack), 0)

    def signalled_ids(self, *answers):
        """The unique ids with which `answers` were got, one after the other."""
        remaining = list(answers)
        self.options = []

        def aws(*arguments, **options):
            self.options.append(options)
            self.calls.append(arguments[arguments.index("--unique-id") + 1])
            answer = remaining.pop(0)
            if answer:
                raise answer
        with mock.patch.object(boot, "aws", aws), mock.patch("sys.stdout", io.StringIO()) as output:
            boot.signal(self.node, "FAILURE", ":pack:checksum")
        self.assertEqual(remaining, [])
        return self.calls, output.getvalue()

    def test_a_unique_id_that_is_refused_is_followed_by_the_plain_instance_id(self):
        refusal = node_aws.AwsError("An error occurred (ValidationError) when calling the SignalResource operation: Invalid unique id")
        ids, log = self.signalled_ids(refusal, None)
        self.assertEqual(ids, ["i-0123456789abcdef0:pack:checksum", "i-0123456789abcdef0"])
        # CloudFormation waits no longer than for the first attempt.
        self.assertTrue(all(set(boot.INVALID_ID) < set(each["final"]) for each in self.options))
        # A signal that gets lost is a failure of the stack, so it is tried for longer than other calls are.
        self.assertTrue(all(each["seconds"] > node_aws.SECONDS for each in self.options))
        self.assertRegex(log, r"no signal FAILURE as i-0123456789abcdef0:pack:checksum: .*\n.* signalled FAILURE as i-0123456789abcdef0\n")

    def test_each_unique_id_is_a_signal_of_its_own_so_an_accepted_one_is_not_followed(self):
        self.assertEqual(self.signalled_ids(None)[0], ["i-0123456789abcdef0:pack:checksum"])

    def test_a_signal_that_failed_otherwise_is_not_sent_under_the_other_id(self):
        lost = node_aws.AwsError("Could not connect to the endpoint URL")
        self.assertEqual(self.signalled_ids(lost)[0], ["i-0123456789abcdef0:pack:checksum"])

    def test_a_phase_that_does_not_end_is_told_while_cloudformation_still_waits(self):
        self.node.document["health"] = {"seconds": 0}

        def pack(_node):
            boot.time.sleep(30)

        with mock.patch.object(boot.node_clock, "PREPARATION_SECONDS", 0.2):
            self.assertEqual(self.run_phases(pack), boot.FAILED)
        self.assertEqual(self.signalled(), ("i-0123456789abcdef0:pack:late", "FAILURE"))

    def test_a_wait_ends_before_the_boot_does_and_no_later_than_cloudformation_waits(self):
        with mock.patch.object(boot.node_clock.time, "monotonic", return_value=1000.0) as now, mock.patch.dict(os.environ, {"CARBON_CLUSTER_BEGAN": ""}):
            clock = boot.node_clock.BootClock(900)
            with clock:
                self.assertEqual(clock.left(), 900 + 240 - 15)
                now.return_value = 1300.0
                self.assertEqual(clock.left(), 600 + 240 - 15)
                now.return_value = 9000.0
                self.assertEqual(clock.left(), 1)

    def test_the_time_of_the_boot_counts_from_the_beginning_of_the_user_data(self):
        with mock.patch.object(boot.node_clock.time, "monotonic", return_value=1000.0), mock.patch.dict(os.environ, {"CARBON_CLUSTER_BEGAN": "400.5"}):
            self.assertEqual(boot.node_clock.left(77), 77)
            with boot.node_clock.BootClock(900):
                self.assertEqual(boot.node_clock.left(77), int(900 + 240 - 599.5) - 15)
            self.assertEqual(boot.node_clock.left(77), 77)

    def test_a_boot_that_ended_is_not_interrupted_afterwards(self):
        self.node.document["health"] = {"seconds": 0}
        with mock.patch.object(boot.node_clock, "PREPARATION_SECONDS", 0.3):
            self.assertEqual(self.run_phases(), 0)
            boot.time.sleep(0.5)

    def test_codes(self):
        self.assertEqual(boot.code_of(OSError(errno.ENOSPC, "full")), "disk-full")
        missing = node_aws.AwsError("An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: ...")
        self.assertEqual(boot.code_of(missing), "ResourceNotFoundException")
        self.assertEqual(boot.code_of(node_aws.AwsError("Could not connect to the endpoint URL (odd)")), "aws")
        self.assertEqual(boot.code_of(KeyError("x")), "KeyError")

    def test_unique_ids_hold_what_cloudformation_takes(self):
        unique = boot.unique_id("i-0123456789abcdef0", ":databases:" + "odd text/" * 10)
        self.assertEqual(len(unique), 64)
        self.assertRegex(unique, r"^[A-Za-z0-9:.-]+$")

    def test_the_kind_of_a_document_says_what_the_machine_becomes(self):
        self.assertEqual([each.__name__ for each in boot.phases_of({})], ["prepare", "pack", "artifacts", "databases", "configuration", "start", "join", "health"])
        self.assertEqual(boot.phases_of({"kind": "elastic-load-balancer"}), boot.PHASES)
        self.assertEqual([each.__name__ for each in boot.phases_of({"kind": "nginx"})], ["prepare", "configuration", "start", "health"])

    def test_a_server_that_is_no_member_of_the_cluster_waits_for_no_turn(self):
        with mock.patch.object(boot, "Node", lambda: self.node), mock.patch.object(boot, "configure", return_value=True):
            self.assertEqual((boot.before_start(), boot.after_start()), (0, 0))
        with mock.patch.object(boot, "Node", lambda: self.node), mock.patch.object(boot, "configure", return_value=False):
            self.assertEqual(boot.before_start(), boot.FAILED)

    def test_a_refresh_that_aws_did_not_answer_is_no_failure(self):
        for problem, code in ((None, 0), (node_aws.AwsError("throttled"), 0), (ValueError("odd"), boot.FAILED)):
            with mock.patch.object(boot, "Node", lambda: self.node), mock.patch.object(boot.node_nginx, "refresh", side_effect=problem, return_value=True):
                self.assertEqual(boot.refresh(), code)

    def test_values_are_taken_as_they_are(self):
        self.assertEqual(self.node.resolver.env("Odd"), "a=b ")

    def test_usage(self):
        with mock.patch("sys.stderr"):
            self.assertEqual(boot.main([]), 2)
            self.assertEqual(boot.main(["other"]), 2)


class RenderedTest(unittest.TestCase):
    def modes(self, edited):
        with tempfile.TemporaryDirectory() as home:
            folder = os.path.join(home, "repository", "conf", "datasources")
            os.makedirs(folder)
            path = os.path.join(folder, "master-datasources.xml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("<password/>")
            os.chmod(path, 0o644)
            node_home.keep_rendered_private(home, {"files": [{"file": edited}, {"file": "repository/conf/other.xml"}]})
            return oct(os.stat(path).st_mode & 0o777)

    def test_what_a_product_renders_from_deployment_toml_is_its_own(self):
        self.assertEqual(self.modes("repository/conf/deployment.toml"), "0o600")
        self.assertIn("UMask=0077\n", node_service.UNIT_TEXT)

    def test_other_products_files_stay_as_they_are(self):
        self.assertEqual(self.modes("repository/conf/carbon.xml"), "0o644")


class ArtifactsTest(unittest.TestCase):
    FOLDERS = ["repository/tenants"]

    def prepared(self, document):
        with mock.patch.object(node_artifacts, "node_efs") as efs, mock.patch.object(node_artifacts, "node_bucket") as bucket:
            node_artifacts.prepare(dict(document, folders=self.FOLDERS), lambda value: value["env"], "/home", "wso2carbon", "/boot.py")
        return efs.mock_calls + bucket.mock_calls

    def test_a_file_system_is_shared(self):
        document = {"fileSystem": {"env": "fs-1"}, "accessPoint": {"env": "fsap-1"}}
        for more, read_only in (({}, False), ({"readOnly": True}, True)):
            self.assertEqual(self.prepared(dict(document, **more)), [mock.call.share("fs-1", "fsap-1", self.FOLDERS, "/home", "wso2carbon", "/boot.py", read_only)])

    def test_a_bucket_is_copied(self):
        document = {"bucket": {"env": "bucket-1"}, "prefix": "p", "seconds": 60}
        self.assertEqual(self.prepared(document), [mock.call.prepare(dict(document, folders=self.FOLDERS), "/home", "wso2carbon", "/boot.py")])
        with mock.patch.object(node_artifacts, "node_bucket") as bucket:
            node_artifacts.copy(document, lambda value: value["env"], "/home")
        bucket.copy.assert_called_once_with(document, "bucket-1", "/home")

    def test_a_copy_that_fails_says_why_and_fails_its_unit(self):
        with mock.patch.object(boot, "Node", side_effect=OSError("no address")), mock.patch.object(boot, "log") as log:
            self.assertEqual(boot.main(["copy-artifacts"]), boot.FAILED)
        log.assert_called_once_with("artifacts: no address")


class AwsTest(unittest.TestCase):
    def answers(self, *answers):
        results = [mock.Mock(returncode=code, stdout=out, stderr=err) for code, out, err in answers]
        return mock.patch.object(node_aws.node_aws_cli, "run", side_effect=results)

    def test_secrets_are_asked_for_once_and_never_on_a_command_line(self):
        resolver = node_aws.LiveResolver({"Secret": "arn:s"})
        with self.answers((0, b'{"VersionId": "v1", "SecretString": "{\\"username\\": \\"u\\", \\"password\\": \\"p\\"}"}', b"")) as run:
            self.assertEqual((resolver.secret("Secret", "username"), resolver.secret("Secret", "password")), ("u", "p"))
        self.assertEqual(run.call_count, 1)
        self.assertNotIn("p", run.call_args[0][0])
        self.assertEqual(resolver.versions, {"Secret": "v1"})

    def test_credentials_of_somebody_else_are_in_a_file_and_the_role_does_not_stand_in_for_them(self):
        with self.answers((0, b"", b"")) as run:
            node_aws.aws("ec2", "describe-instances", credentials="/run/key")
        environment = run.call_args[0][1]
        self.assertEqual((environment["AWS_SHARED_CREDENTIALS_FILE"], environment["AWS_EC2_METADATA_DISABLED"]), ("/run/key", "true"))
        with self.answers((0, b"", b"")) as run:
            node_aws.aws("ec2", "describe-instances")
        self.assertNotIn("AWS_SHARED_CREDENTIALS_FILE", run.call_args[0][1])

    def test_members(self):
        resolver = node_aws.LiveResolver({"Tag": "cluster"})
        resolver.cloud_metadata = mock.Mock(get=lambda path: "10.0.0.9")
        answer = {"Reservations": [{"Instances": [instance("10.0.0.9"), {"InstanceId": "i-early"}]}, {"Instances": [instance("10.0.0.10")]}]}
        with mock.patch.object(node_aws, "aws", return_value=answer) as asked:
            members = resolver.members({"tag": {"env": "Tag"}, "value": "mine", "port": "4000"})
        self.assertEqual(members, [{"host": "10.0.0.10", "port": "4000"}, {"host": "10.0.0.9", "port": "4000"}])
        self.assertIn("Name=tag:cluster,Values=mine", asked.call_args[0])


    def test_the_network_is_the_range_of_the_vpc_that_the_node_is_in(self):
        resolver = node_aws.LiveResolver({})
        answers = {"local-ipv4": "100.64.3.4", "mac": "02:00", "network/interfaces/macs/02:00/vpc-ipv4-cidr-blocks": "10.0.0.0/16\n100.64.0.0/16"}
        resolver.cloud_metadata = mock.Mock(get=answers.__getitem__)
        self.assertEqual(resolver.network(), "100.64.0.0/16")

    def test_a_node_waits_until_it_is_among_the_members(self):
        resolver = node_aws.LiveResolver({})
        resolver.cloud_metadata = mock.Mock(get=lambda path: "10.0.0.9")
        without = {"Reservations": [{"Instances": [instance("10.0.0.10")]}]}
        with_it = {"Reservations": [{"Instances": [instance("10.0.0.9")]}]}
        spec = {"tag": "t", "value": "v", "port": "4000"}
        with mock.patch.object(node_aws, "aws", side_effect=[without, with_it]), mock.patch.object(node_aws.time, "sleep"):
            self.assertEqual(resolver.members(spec), [{"host": "10.0.0.9", "port": "4000"}])
        with mock.patch.object(node_aws, "aws", return_value=without), mock.patch.object(node_aws.time, "sleep"), \
                self.assertRaises(node_aws.AwsError):
            resolver.members(spec)


class DatabasesTest(unittest.TestCase):
    def test_a_database_that_is_away_is_waited_for_and_one_that_refuses_is_not(self):
        server = node_mysql.Server.__new__(node_mysql.Server)
        away = refusal("ERROR 2002 (HY000): Can't connect to server on 'db.example.com' (115)")
        # A name, a user or a database may hold the number of an error that passes.
        refused = refusal("ERROR 1045 (28000): Access denied for user 'ERROR 2002'@'10.0.0.1'")
        with mock.patch.object(server, "_run_once", side_effect=[away, away, []], create=True) as run, mock.patch.object(node_mysql.time, "sleep"):
            server.wait()
        self.assertEqual(run.call_count, 3)
        with mock.patch.object(server, "_run_once", side_effect=[refused], create=True) as run, self.assertRaises(node_mysql.DatabaseError):
            server.wait()
        self.assertEqual(run.call_count, 1)

    def test_a_statement_that_a_failover_interrupts_is_run_again_no_longer_than_the_boot_lasts(self):
        server = node_mysql.Server.__new__(node_mysql.Server)
        away = [refusal("ERROR %d (HY000) at line 1: x" % number) for number in (2013, 2003, 1290)]
        now = [0]
        clock = mock.Mock(monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
        with mock.patch.object(node_mysql, "time", clock), mock.patch("sys.stdout", io.StringIO()):
            with mock.patch.object(server, "_run_once", side_effect=away + [[["x"]]], create=True):
                self.assertEqual(server.run("UPDATE turns SET holder = 'x'"), [["x"]])
            self.assertEqual(now[0], 15)
            for seconds, left, ends in ((60, None, 60), (60, 20, 20), (0, None, 0)):
                now[0] = 0
                with mock.patch.object(server, "_run_once", side_effect=away * 20, create=True), self.assertRaises(node_mysql.DatabaseError), \
                        mock.patch.object(boot.node_clock, "_running", left and mock.Mock(left=lambda: left)):
                    server.run("SELECT 1", seconds=seconds)
                self.assertEqual(now[0], ends)

    def test_a_name_that_does_not_resolve_is_waited_for_although_the_client_warns_of_an_option_as_well(self):
        # Both lines as the client of MariaDB 10.11 writes them.
        said = b"Warning: mariadb: unknown variable 'loose_ssl-mode=REQUIRED'\nERROR 2005 (HY000): Unknown server host 'db.example' (-3)\n"
        server = node_mysql.Server.__new__(node_mysql.Server)
        server.client, server.options = "mariadb", "/options"
        answers = [mock.Mock(returncode=1, stderr=said), mock.Mock(returncode=0, stdout=b"1\n")]
        with mock.patch.object(node_mysql.subprocess, "run", side_effect=answers), mock.patch.object(node_mysql.time, "sleep") as sleep, \
                mock.patch("sys.stdout", io.StringIO()) as output:
            server.wait()
        self.assertEqual(sleep.call_count, 1)
        self.assertIn("Unknown server host 'db.example'", output.getvalue())

    def test_an_error_in_a_script_is_told_by_its_number_and_line(self):
        self.assertEqual(node_mysql.DatabaseError("script", "ERROR 1064 (42000) at line 3: You have an error").number, 1064)
        self.assertIsNone(node_mysql.DatabaseError("lock", "the lock is held for more than 1800 s").number)

    def test_a_refusal_is_told_by_the_number_of_the_error(self):
        # Each as the clients of MySQL 8.0 and 8.4 and of MariaDB 10.5, 10.11 and 11.8 print it.
        for said, code, passes in (
                ("ERROR 2005 (HY000): Unknown server host 'db.example.com' (-2)", "refused", True),
                ("ERROR 2013 (HY000): Lost connection to server at 'handshake: reading initial communication packet'", "refused", True),
                ("ERROR 2026 (HY000): TLS/SSL error: unexpected eof while reading", "refused", True),
                ("ERROR 2026 (HY000): SSL connection error: error:0A000086:SSL routines::certificate verify failed", "certificate", False),
                ("ERROR 2026 (HY000): TLS/SSL error: unable to get local issuer certificate", "certificate", False),
                ("ERROR 2026 (HY000): TLS/SSL error: Validation of SSL server certificate failed", "certificate", False),
                ("ERROR 2026 (HY000): TLS/SSL error: Hostname verification failed", "certificate", False),
                ("ERROR 2026 (HY000): SSL connection error: SSL is required but the server doesn't support it", "no-tls", False),
                ("ERROR 2026 (HY000): TLS/SSL error: SSL is required, but the server does not support it", "no-tls", False),
                ("ERROR 1045 (28000): Access denied for user 'ERROR 2002'@'10.0.0.1'", "refused", False),
                ("ERROR 1290 (HY000) at line 1: The MySQL server is running with the --read-only option so it cannot execute this statement", "refused", True),
                ("ERROR 1836 (HY000) at line 1: Running in read-only mode", "refused", True),
                ("ERROR 1053 (08S01) at line 1: Server shutdown in progress", "refused", True),
                ("ERROR 1927 (70100) at line 1: Connection was killed", "refused", True),
                ("ERROR 2013 (HY000) at line 1: Lost connection to MySQL server during query", "refused", True),
                ("ERROR 3159 (HY000): Connections using insecure transport are prohibited while --require_secure_transport=ON.", "no-tls", False),
                ("ERROR 1064 (42000) at line 1: You have an error in your SQL syntax", "refused", False),
                ("ERROR 1142 (42000) at line 1: UPDATE command denied to user 'u'@'10.0.0.1' for table 'turns'", "refused", False),
        ):
            problem = refusal("mysql: [Warning] unknown variable 'loose_ssl-verify-server-cert=1'.\n" + said)
            self.assertEqual((problem.code, problem.passes), (code, passes), said)
            self.assertIn(said, str(problem))

    def test_a_wrong_certificate_is_not_waited_for(self):
        server = node_mysql.Server.__new__(node_mysql.Server)
        wrong = refusal("ERROR 2026 (HY000): TLS/SSL error: unable to get local issuer certificate")
        with mock.patch.object(server, "_run_once", side_effect=[wrong], create=True) as run, self.assertRaises(node_mysql.DatabaseError) as caught:
            server.wait()
        self.assertEqual((run.call_count, boot.code_of(caught.exception)), (1, "certificate"))

    def test_without_authorities_any_certificate_is_accepted_and_tls_asked_for(self):
        with_them = node_mysql.options_text("h", "3306", "u", "p", "/a.pem")
        self.assertIn('\nssl-ca="/a.pem"\nloose_ssl-mode=VERIFY_IDENTITY\nloose_ssl-verify-server-cert=1\n', with_them)
        self.assertNotIn("ssl-ca", node_mysql.options_text("h", "3306", "u", "p", None))

    def test_options_escape(self):
        text = node_mysql.options_text("h", "3306", "u", 'a"b\\c#d', "/a.pem")
        self.assertIn('password="a\\"b\\\\c#d"', text)

    def test_literals_escape(self):
        self.assertEqual(node_mysql.literal("a'b\\c"), "'a''b\\\\c'")


def refusal(said):
    return node_mysql.refusal(said.encode())


class PackagesTest(unittest.TestCase):
    def test_java_versions(self):
        self.assertEqual(node_packages.parse_java_version('openjdk version "1.8.0_402"'), 8)
        self.assertEqual(node_packages.parse_java_version('openjdk version "17.0.15" 2025-04-15'), 17)
        self.assertIsNone(node_packages.parse_java_version("nonsense"))

    def test_the_version_of_a_java_home_is_in_its_release_file_or_else_the_java_is_asked(self):
        with tempfile.TemporaryDirectory() as home:
            os.mkdir(os.path.join(home, "bin"))
            java = os.path.join(home, "bin", "java")
            with open(java, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
            os.chmod(java, 0o755)
            self.assertEqual(node_packages.java_version(home), 11)
            # As Corretto 8 and Ubuntu's packages of 21 write it, and one that says nothing.
            for text, version in (('JAVA_VERSION="1.8.0_402"\nOS_NAME="Linux"\n', 8),
                                  ('IMPLEMENTOR="Ubuntu"\nJAVA_RUNTIME_VERSION="21.0.1+12"\nJAVA_VERSION="21.0.1"\n', 21), ("nothing\n", 11)):
                with open(os.path.join(home, "release"), "w", encoding="ascii") as file:
                    file.write(text)
                self.assertEqual(node_packages.java_version(home), version)
            os.remove(os.path.join(home, "release"))
            os.remove(java)
            self.assertIsNone(node_packages.java_version(home))

    def test_package_names(self):
        for manager, version, package in (("dnf", 8, "java-1.8.0-amazon-corretto-devel"), ("dnf", 17, "java-17-amazon-corretto-headless"),
                                          ("apt-get", 8, "openjdk-8-jdk-headless")):
            with mock.patch.object(node_packages, "package_manager", return_value=manager):
                self.assertEqual(node_packages.java_package(version), package)

    def test_a_java_that_is_there_is_used(self):
        with mock.patch.object(node_packages, "installed_java", return_value={7: "/j7", 17: "/j17"}):
            self.assertEqual(node_packages.java_home(8, [7, 8]), "/j7")


class ServiceTest(unittest.TestCase):
    def test_unit(self):
        text = node_service.unit_text("Title", "/opt/wso2/x", {"JAVA_HOME": "/j", "JAVA_OPTS": '-Da="%b" -Dc=\\d'}, "bin/run.sh", ["-Dprofile=gateway-worker"], 4200, ["IPAddressDeny=169.254.169.254"])
        # WSO2's start scripts loop until Java did not ask for a restart, and so end with 0 however it ended (test/boot/out-of-memory.test.ts).
        self.assertIn("\nRestart=always\n", text)
        self.assertIn("ExecStart=/opt/wso2/x/bin/run.sh -Dprofile=gateway-worker\n", text)
        self.assertIn("User=wso2carbon\n", text)
        self.assertIn('ReadWritePaths="/opt/wso2/x"\n', text)
        self.assertIn("IPAddressDeny=169.254.169.254\n\n[Install]\n", text)
        self.assertIn('Environment="JAVA_OPTS=-Da=\\"%%b\\" -Dc=\\\\d"\n', text)

    def test_the_unit_denies_instance_metadata_where_the_document_says_so(self):
        product = {"title": "Title", "script": "bin/run.sh", "arguments": []}
        texts = {}
        for metadata in ("closed", None):
            node = mock.Mock(document={"product": dict(product, **({"metadata": metadata} if metadata else {})), "health": {"seconds": 60}}, java_home="/j", home="/opt/wso2/x")
            with mock.patch.object(node_service, "start") as started, mock.patch.object(boot.node_membership, "install"):
                boot.start(node)
            texts[metadata] = started.call_args[0][0]
            for step in started.call_args[0][1].values():
                self.assertNotIn("IPAddressDeny", step)
        self.assertIn("\nIPAddressDeny=169.254.169.254 fd00:ec2::254\n\n[Install]\n", texts["closed"])
        self.assertNotIn("IPAddressDeny", texts[None])

    def test_roots_part_of_a_start_is_in_units_of_its_own_that_end_with_the_service(self):
        text = node_service.unit_text("Title", "/opt/wso2/x", {}, "bin/run.sh", [], 4200)
        steps = node_service.step_texts("/boot.py", 4200)
        for unit, command in (("carbon-before-start.service", "before-start"), ("carbon-after-start.service", "after-start")):
            self.assertRegex(text, r"\nExecStart(Pre|Post)=\+/usr/bin/systemctl start %s\n" % re.escape(unit))
            self.assertIn("ExecStart=/usr/bin/python3 /boot.py %s\n" % command, steps[unit])
            self.assertIn("PartOf=carbon.service\n", steps[unit])
            self.assertIn("TimeoutStartSec=4200\n", steps[unit])
        # Nothing of root's runs in the control group of the server but the call of systemctl.
        self.assertNotIn("python3", text)

    def test_what_scripts_of_roots_made_is_handed_over_only_before_the_first_start(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(node_service, "UNIT", os.path.join(folder, "carbon.service")), \
                mock.patch.object(node_service.subprocess, "run") as run:
            node_service.hand_over("/opt/wso2/x")
            self.assertEqual(run.call_args[0][0][:3], ["find", "/opt/wso2/x", "-xdev"])
            with open(node_service.UNIT, "w", encoding="ascii"):
                pass
            node_service.hand_over("/opt/wso2/x")
        self.assertEqual(run.call_count, 1)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to give files away")
    def test_handing_over_gives_links_away_and_not_what_they_lead_to(self):
        account = pwd.getpwnam("nobody")
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(node_service, "UNIT", os.path.join(folder, "carbon.service")), \
                mock.patch.object(node_service, "USER", str(account.pw_uid)):
            home, outside = os.path.join(folder, "home"), os.path.join(folder, "outside")
            os.makedirs(os.path.join(home, "a", "b"))
            os.mkdir(outside)
            os.symlink(outside, os.path.join(home, "a", "link"))
            node_service.hand_over(home)
            owners = [os.lstat(os.path.join(folder, each)).st_uid for each in ("home", "home/a/b", "home/a/link", "outside")]
        self.assertEqual(owners, [account.pw_uid] * 3 + [0])

    def test_units_that_ask_aws_are_less_confined_where_the_cli_is_a_snap(self):
        for program, confined in (("/usr/bin/aws", True), ("/snap/bin/aws", False), (None, True)):
            with mock.patch.object(node_units.shutil, "which", return_value=program):
                text = node_units.root("CapabilityBoundingSet=")
            self.assertEqual(("NoNewPrivileges=yes" in text, "CapabilityBoundingSet=" in text, "ProtectClock=yes" in text), (confined, confined, True))

    def test_units_that_the_server_may_write_in_are_quoted(self):
        self.assertIn('ReadWritePaths="/opt/wso2/a b%%" "/c"\n', node_units.server(["/opt/wso2/a b%", "/c"]))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_finds_the_server_confined(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "carbon.service")
            with open(path, "w", encoding="utf-8") as file:
                file.write(node_service.unit_text("Title", "/opt/wso2/x", {}, "bin/run.sh", [], 4200))
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        found = re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout)
        if found is None:
            self.skipTest("this systemd-analyze measures no files")
        self.assertLess(float(found.group(1)), 2)

    def test_a_start_counts_when_the_server_is_a_member(self):
        asked = []
        # Each look asks twice: whether it has started, and whether it was given up.
        states = iter(["activating"] * 4 + ["active"])

        def systemctl(command, **_):
            asked.append(command)
            return mock.Mock(stdout=(next(states) if "ActiveState" in command else "0").encode())
        with mock.patch.object(node_service.subprocess, "run", systemctl), mock.patch.object(node_service.time, "sleep"):
            node_service.wait_until_started(60, lambda: None)
        self.assertEqual([command[-1] for command in asked], ["carbon.service"] * 7)

    def test_a_start_that_is_given_up_is_told_by_its_reason(self):
        with mock.patch.object(node_service, "unit_property", return_value="failed"), mock.patch.object(node_service, "last_lines", return_value=""), \
                self.assertRaisesRegex(node_service.ServiceError, "sees itself only") as caught:
            node_service.wait_until_started(60, lambda: "alone the server sees itself only")
        self.assertEqual(caught.exception.code, "alone")

    def test_what_another_start_may_mend_is_waited_for(self):
        with mock.patch.object(node_service, "_gave_up", return_value=True), mock.patch.object(node_service.time, "sleep"), \
                mock.patch.object(node_service, "unit_property", side_effect=["activating", "active"]):
            node_service.wait_until_started(60, lambda: "master-gone the others name another", ("master-gone",))

    def test_gives_up_when_the_service_does(self):
        with mock.patch.object(node_service, "probe", return_value="URLError"), mock.patch.object(node_service, "_gave_up", return_value=True), \
                mock.patch.object(node_service, "last_lines", return_value="boom"), self.assertRaises(node_service.ServiceError) as caught:
            node_service.wait_until_healthy("https://localhost/", 60)
        self.assertEqual(caught.exception.code, "service-failed")


if __name__ == "__main__":
    unittest.main()

"""The phases, the signals and what goes into them."""
import ast
import errno
import glob
import io
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
import node_artifacts  # noqa: E402
import node_aws  # noqa: E402
import node_mysql  # noqa: E402
import node_packages  # noqa: E402
import node_service  # noqa: E402


def instance(address):
    return {"InstanceId": "i-" + address, "PrivateIpAddress": address}


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
        self.node.document["scripts"] = {"before-pack": ["false"]}

        def pack(_node):
            self.fail("the phase ran although the script before it failed")

        self.assertEqual(self.run_phases(pack), boot.FAILED)
        self.assertEqual(self.signalled(), ("i-0123456789abcdef0:pack:CalledProcessError", "FAILURE"))

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

    def start_seconds(self, answer, **health):
        self.node.document.update(health=dict({"seconds": 900}, **health), start={"tag": "t", "value": "v", "ports": [4000]})
        with mock.patch.object(node_aws, "aws", **answer), mock.patch.object(boot.node_start, "is_member", return_value=False), \
                mock.patch("sys.stdout", io.StringIO()):
            return boot.start_seconds(self.node)

    def test_the_time_of_a_start_follows_from_how_many_start_before_it(self):
        instances = [dict(instance("10.0.0.%d" % index), InstanceId="i-%d" % index) for index in range(39)]
        instances.append(dict(instance("10.0.0.99"), InstanceId="i-0123456789abcdef0"))
        few, many = ({"return_value": {"Reservations": [{"Instances": each}]}} for each in (instances[-8:], instances))
        self.assertEqual(self.start_seconds(few), 900)
        self.assertEqual(self.start_seconds(many), 41 * 90)
        self.assertEqual(self.start_seconds(many, fixed=True), 900)
        self.assertEqual(self.start_seconds({"side_effect": node_aws.AwsError("away")}), 900)

    def test_a_wait_ends_before_the_boot_does_and_no_later_than_cloudformation_waits(self):
        with mock.patch.object(boot.node_clock.time, "monotonic", return_value=1000.0) as now, mock.patch.dict(os.environ, {"CARBON_CLUSTER_BEGAN": ""}):
            clock = boot.node_clock.BootClock(900)
            with clock:
                self.assertEqual(clock.left(), 900 + 240 - 15)
                clock.extend(600)
                now.return_value = 1300.0
                self.assertEqual(clock.left(), 600 + 240 - 15)
                clock.extend(3600)
                self.assertEqual(clock.left(), 3300 + 240 - 15)
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
            boot.keep_rendered_private(mock.Mock(home=home, document={"configuration": {"files": [{"file": edited}, {"file": "/etc/hosts"}]}}))
            return oct(os.stat(path).st_mode & 0o777)

    def test_what_a_product_renders_from_deployment_toml_is_its_own(self):
        self.assertEqual(self.modes("repository/conf/deployment.toml"), "0o600")
        self.assertIn("UMask=0077\n", node_service.UNIT_TEXT)

    def test_other_products_files_stay_as_they_are(self):
        self.assertEqual(self.modes("repository/conf/carbon.xml"), "0o644")


class ArtifactsTest(unittest.TestCase):
    FOLDERS = ["repository/tenants"]

    def prepared(self, document):
        with mock.patch.object(node_artifacts, "node_efs") as efs, mock.patch.object(node_artifacts, "node_rsync") as rsync:
            node_artifacts.prepare(dict(document, folders=self.FOLDERS), lambda value: value["env"], "/home", "wso2carbon", "/boot.py")
        return efs.mock_calls + rsync.mock_calls

    def test_a_file_system_is_shared(self):
        self.assertEqual(self.prepared({"fileSystem": {"env": "fs-1"}, "accessPoint": {"env": "fsap-1"}}),
                         [mock.call.share("fs-1", "fsap-1", self.FOLDERS, "/home", "wso2carbon")])

    COPIED = {"keyPair": "Pair", "port": 2222, "from": {"role": "some"}}

    def test_the_manager_gets_back_what_was_deployed_before_it_serves(self):
        steps = [each[0] for each in self.prepared(self.COPIED)]
        self.assertEqual(steps, ["prepare", "recover", "serve"])

    def test_a_worker_serves_and_copies(self):
        steps = [each[0] for each in self.prepared(dict(self.COPIED, seconds=60))]
        self.assertEqual(steps, ["prepare", "serve", "copy_on_timer"])

    def test_a_worker_mirrors_and_a_manager_restores_and_the_pair_is_asked_for_only_when_it_is_needed(self):
        for more, name in (({"seconds": 60}, "mirror"), ({}, "restore")):
            secret = mock.Mock(side_effect=lambda name, field: "%s of %s" % (field, name))
            with mock.patch.object(node_artifacts, "node_rsync") as rsync:
                node_artifacts.copy(dict(self.COPIED, **more), None, secret, "/home")
            rsync.members.assert_called_once_with({"role": "some"}, None)
            secret.assert_not_called()
            self.assertEqual(getattr(rsync, name).call_args[0][3](), ["privateKey of Pair", "publicKey of Pair"])

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

    def test_a_key_of_somebody_else_is_in_the_environment_only(self):
        with self.answers((0, b"", b"")) as run:
            node_aws.aws("ec2", "describe-instances", key={"accessKeyId": "id", "secretAccessKey": "hidden"})
        self.assertNotIn("hidden", " ".join(run.call_args[0][0]))
        environment = run.call_args[0][1]
        self.assertEqual((environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]), ("id", "hidden"))
        with self.answers((0, b"", b"")) as run:
            node_aws.aws("ec2", "describe-instances")
        self.assertNotIn("hidden", run.call_args[0][1].values())

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
        self.assertEqual(node_mysql.literal("a'b\\c"), "'a\\'b\\\\c'")


def refusal(said):
    return node_mysql._refusal(said.encode())


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
        text = node_service.unit_text("Title", "/opt/wso2/x", {"JAVA_HOME": "/j", "JAVA_OPTS": '-Da="%b" -Dc=\\d'}, "bin/run.sh", ["-Dprofile=gateway-worker"], "/boot.py", 4200)
        self.assertIn("ExecStart=/opt/wso2/x/bin/run.sh -Dprofile=gateway-worker\n", text)
        self.assertIn("User=wso2carbon\n", text)
        self.assertIn('Environment="JAVA_OPTS=-Da=\\"%%b\\" -Dc=\\\\d"\n', text)

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
        with mock.patch.object(node_service, "_property", return_value="failed"), mock.patch.object(node_service, "last_lines", return_value=""), \
                self.assertRaisesRegex(node_service.ServiceError, "sees itself only") as caught:
            node_service.wait_until_started(60, lambda: "alone the server sees itself only")
        self.assertEqual(caught.exception.code, "alone")

    def test_what_another_start_may_mend_is_waited_for(self):
        with mock.patch.object(node_service, "_gave_up", return_value=True), mock.patch.object(node_service.time, "sleep"), \
                mock.patch.object(node_service, "_property", side_effect=["activating", "active"]):
            node_service.wait_until_started(60, lambda: "master-gone the others name another", ("master-gone",))

    def test_gives_up_when_the_service_does(self):
        with mock.patch.object(node_service, "probe", return_value="URLError"), mock.patch.object(node_service, "_gave_up", return_value=True), \
                mock.patch.object(node_service, "last_lines", return_value="boom"), self.assertRaises(node_service.ServiceError) as caught:
            node_service.wait_until_healthy("https://localhost/", 60)
        self.assertEqual(caught.exception.code, "service-failed")


if __name__ == "__main__":
    unittest.main()

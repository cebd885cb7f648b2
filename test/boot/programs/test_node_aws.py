"""What the AWS CLI answers, as it words it itself, and what instance metadata answers."""
import ast
import contextlib
import glob
import http.server
import inspect
import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
from unittest import mock

try:
    import botocore.loaders
    from botocore.retries import standard
except ImportError:
    botocore = None

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_aws  # noqa: E402

CALLING = "An error occurred (%s) when calling the %s operation: %s"
NOWHERE = "Could not connect to the endpoint URL: \"https://secretsmanager.eu-west-1.amazonaws.com/\""


def failed(message, code=254):
    return mock.Mock(returncode=code, stdout=b"", stderr=("\n%s\n" % message).encode())


def refusal(code):
    return failed(CALLING % (code, "GetSecretValue", "no"))


SUCCESS = mock.Mock(returncode=0, stdout=b'{"A": 1}', stderr=b"")


class Clock:
    """A clock that goes on only while somebody sleeps, and for a second in each call of the AWS CLI."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def time(self):
        return self.now


class RetryTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.count = 0
        self.commands = []
        self.behind = 0

    def asked(self, *answers, **options):
        """The answer to a call that gets these results, the last of them again and again."""
        def run(command, _, timeout):
            self.clock.now += 1
            self.count += 1
            answer = answers[min(self.count, len(answers)) - 1]
            if answer == "hangs":
                self.clock.now += timeout - 1
                raise subprocess.TimeoutExpired(command, timeout)
            return answer
        with mock.patch.object(node_aws.node_aws_cli, "run", run), mock.patch.object(node_aws, "time", self.clock), \
                mock.patch.object(node_aws.subprocess, "run", lambda command, **_: self.commands.append(command)), \
                mock.patch.object(node_aws, "clock_error", lambda: self.behind), mock.patch("sys.stdout", io.StringIO()):
            return node_aws.aws("secretsmanager", "get-secret-value", **options)

    def refused(self, *answers, **options):
        self.count, self.clock.now = 0, 0.0
        with self.assertRaises(node_aws.AwsError) as caught:
            self.asked(*answers, **options)
        return caught.exception

    def test_what_does_not_exist_fails_at_once(self):
        problem = self.refused(failed(CALLING % ("ResourceNotFoundException", "GetSecretValue", "Secrets Manager can't find the specified secret.")))
        self.assertEqual((self.count, problem.final, problem.code), (1, True, "ResourceNotFoundException"))

    def test_an_id_with_404_in_it_does_not_end_the_attempts(self):
        busy = failed(CALLING % ("RequestLimitExceeded", "DescribeInstances", "i-0404a4041b404c404 of account 404404404404: NoSuchKey, ValidationError"))
        self.assertEqual(self.asked(busy, busy, SUCCESS), {"A": 1})
        self.assertEqual(self.count, 3)

    def test_a_code_that_begins_like_a_final_one_is_not_final(self):
        early = failed(CALLING % ("InvalidParameterValue", "AttachNetworkInterface", "Invalid value for instanceId"))
        self.assertEqual(self.asked(early, SUCCESS), {"A": 1})
        self.assertTrue(self.refused(early, final=("InvalidParameterValue",)).final)
        self.assertEqual(self.count, 1)

    def test_a_command_that_the_aws_cli_does_not_understand_fails_at_once(self):
        problem = self.refused(failed("aws: error: argument operation: Invalid choice, valid choices are:", node_aws.WRONG_USAGE[0]))
        self.assertEqual((self.count, problem.final, problem.code), (1, True, "aws"))

    def test_a_full_disk_fails_at_once_and_is_told_as_one(self):
        said = "download failed: s3://packs/p.zip to ../tmp/p.zip [Errno 28] No space left on device"
        problem = self.refused(failed(said, 1))
        self.assertEqual((self.count, problem.final, problem.code), (1, True, "disk-full"))
        # The number of a connection that was refused is not that of a disk.
        self.refused(failed("[Errno 111] Connection refused", 1))
        self.assertGreater(self.count, 1)

    def test_how_long_a_call_is_tried_follows_from_the_code_of_its_error(self):
        short, middle, whole = node_aws.REFUSED_SECONDS, node_aws.OTHER_SECONDS, 1800
        for answer, code, seconds in ((failed(NOWHERE, 255), "aws", whole),
                                      (failed("Unable to locate credentials. You can configure credentials by running \"aws configure\".", 253), "aws", whole),
                                      (refusal("ThrottlingException"), "ThrottlingException", whole),
                                      (refusal("InternalServiceError"), "InternalServiceError", whole),
                                      (failed("An error occurred (503) when calling the HeadObject operation (reached max retries: 2): Slow Down", 1), "503", whole),
                                      (refusal("ExpiredTokenException"), "ExpiredTokenException", whole),
                                      (refusal("RequestTimeTooSkewed"), "clock", whole),
                                      (refusal("AccessDeniedException"), "AccessDeniedException", short),
                                      (refusal("UnrecognizedClientException"), "UnrecognizedClientException", short),
                                      (refusal("InvalidNetworkInterfaceID.NotFound"), "InvalidNetworkInterfaceID.NotFound", middle)):
            problem = self.refused(answer, seconds=1800)
            self.assertEqual((problem.code, problem.final), (code, False))
            self.assertGreater(self.clock.now, seconds - node_aws.LONGEST_PAUSE - 2, code)
            self.assertLessEqual(self.clock.now, seconds + 1, code)

    def test_a_refusal_that_passes_within_a_minute_is_forgotten(self):
        denied = failed(CALLING % ("AccessDenied", "GetObject", "Access Denied"))
        self.assertEqual(self.asked(denied, denied, denied, SUCCESS), {"A": 1})

    def test_a_refusal_is_waited_out_while_the_clock_is_wrong_and_the_clock_is_asked_to_be_set(self):
        self.behind = -600
        with mock.patch.object(node_aws.shutil, "which", lambda name: name == "chronyc"):
            # S3's answer to a HEAD request has no code, EC2's is the same for a wrong key.
            for code in ("403", "AuthFailure", "InvalidSignatureException", "SignatureDoesNotMatch"):
                problem = self.refused(refusal(code), seconds=900)
                self.assertEqual((problem.code, problem.final), ("clock", False))
                self.assertIn("(%s)" % code, str(problem))
                self.assertGreater(self.clock.now, 800)
        self.assertIn(("chronyc", "makestep"), self.commands)
        # Within the time that a signature is valid the clock is not the reason.
        self.behind = 250
        self.assertEqual(self.refused(refusal("AuthFailure")).code, "AuthFailure")
        self.assertLess(self.clock.now, node_aws.REFUSED_SECONDS + 1)

    def test_the_end_of_the_boot_is_that_of_its_calls_and_a_bounded_call_ends_earlier(self):
        self.refused(failed(NOWHERE, 255))
        self.assertLessEqual(self.clock.now, node_aws.SECONDS + 1)
        with mock.patch.object(node_aws.node_clock, "_running", mock.Mock(left=lambda: 1500)):
            self.refused(failed(NOWHERE, 255))
            self.assertGreater(self.clock.now, 1500 - node_aws.LONGEST_PAUSE - 2)
            self.refused(failed(NOWHERE, 255), seconds=10)
            self.assertLessEqual(self.clock.now, 11)

    def test_an_aws_cli_that_does_not_end_is_ended_when_the_time_is_over(self):
        problem = self.refused("hangs", seconds=10)
        self.assertEqual((self.count, self.clock.now, problem.code), (1, 10, "aws"))
        self.assertIn("aws secretsmanager get-secret-value within 10 s", str(problem))

    def test_the_reason_is_the_line_with_the_error_whatever_follows_it(self):
        problem = self.refused(failed("aws: [ERROR]: " + CALLING % ("NoSuchBucket", "GetObject", "gone") + "\n\nAdditional error details:\nBucketName: packs"))
        self.assertEqual(str(problem), "aws: [ERROR]: An error occurred (NoSuchBucket) when calling the GetObject operation: gone")

    def test_nodes_that_were_launched_together_do_not_ask_together(self):
        pauses = {node_aws.with_jitter(10) for _ in range(50)}
        self.assertGreater(len(pauses), 10)
        self.assertTrue(all(5 <= each <= 10 for each in pauses))


class CodesTest(unittest.TestCase):
    @unittest.skipIf(botocore is None, "botocore is not installed")
    def test_what_botocore_tries_again_passes_here_too(self):
        throttled, transient = standard.ThrottledRetryableChecker(), standard.TransientRetryableChecker()
        theirs = set(throttled._throttled_error_codes) | set(transient._transient_error_codes) | {str(each) for each in transient._transient_status_codes}
        self.assertEqual(theirs - set(node_aws.PASSING), set())

    @unittest.skipIf(botocore is None, "botocore is not installed")
    def test_each_code_of_the_services_that_nodes_call_is_in_its_place(self):
        """By the HTTP status that the services' own models give to their errors: 5xx passes, and a name of 4xx that is final is one."""
        loader = botocore.loaders.Loader()
        for service in ("secretsmanager", "autoscaling", "cloudformation", "kms"):
            shapes = loader.load_service_model(service, "service-2")["shapes"]
            for name, shape in ((name, each) for name, each in shapes.items() if each.get("exception")):
                code = shape.get("error", {}).get("code", name)
                if shape.get("fault") and not code.startswith("CloudHsm"):
                    self.assertNotIn(code, node_aws.FINAL + node_aws.REFUSED)

    def test_no_code_is_in_two_places(self):
        everything = node_aws.FINAL + node_aws.PASSING + node_aws.REFUSED + node_aws.WRONG_TIME
        self.assertEqual(len(everything), len(set(everything)))


class Silent(http.server.BaseHTTPRequestHandler):
    """Answers every request with what its class says."""
    answers = []
    count = 0

    def do_GET(self):  # pylint: disable=invalid-name
        type(self).count += 1
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_POST = do_GET

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def server(*answers):
    """The address of a server on loopback with these answers, the last of them again and again, each a status and a body."""
    handler = type("Handler", (Silent,), {"answers": list(answers)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield "http://127.0.0.1:%d" % running.server_address[1], handler
        running.shutdown()


# What services answer, in the forms of their protocols (EC2 query, AWS query, JSON 1.1, S3).
EC2_ERROR = "<Response><Errors><Error><Code>%s</Code><Message>no</Message></Error></Errors><RequestID>1</RequestID></Response>"
QUERY_ERROR = "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>"
JSON_ERROR = '{"__type": "%s", "message": "no"}'
SECRET = ("secretsmanager", "get-secret-value", "--secret-id", "s")
INSTANCES = ("ec2", "describe-instances")
SIGNAL = ("cloudformation", "signal-resource", "--stack-name", "s", "--logical-resource-id", "l", "--unique-id", "u", "--status", "SUCCESS")


@unittest.skipIf(not shutil.which("aws"), "no AWS CLI is installed")
class RealCommandLineTest(unittest.TestCase):
    """Against the real AWS CLI: the words are its own."""

    @classmethod
    def setUpClass(cls):
        # What it adds to the environment must not go with a test's own variables.
        node_aws.node_aws_cli._loaded()

    def environment(self, url):
        return {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": url,
                "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "NO_PROXY": "*"}

    def failure(self, work, url, offset=0):
        """What `work` fails of when it is tried once."""
        with mock.patch.dict(os.environ, self.environment(url)), mock.patch.object(node_aws, "clock_error", lambda: offset), \
                mock.patch.object(node_aws, "_patience", lambda problem: 0), self.assertRaises(node_aws.AwsError) as caught:
            work()
        return caught.exception

    def download(self, *answers, offset=0):
        with server(*answers) as (url, _), tempfile.TemporaryDirectory() as folder:
            return self.failure(lambda: node_aws.download("packs", "wso2am.zip", os.path.join(folder, "pack")), url, offset)

    def call(self, call, status, body):
        with server((status, body.encode())) as (url, _):
            return self.failure(lambda: node_aws.aws(*call), url).code

    def test_an_object_that_does_not_exist_for_a_role_that_may_list(self):
        problem = self.download((404, b""))
        self.assertEqual((problem.code, problem.final), ("not-found", True))
        self.assertIn("s3://packs/wso2am.zip", str(problem))

    def test_an_object_that_does_not_exist_for_a_role_that_may_not_list(self):
        problem = self.download((403, b""))
        self.assertEqual(problem.code, "forbidden")
        for part in ("s3://packs/wso2am.zip", "does not exist", "policy of the role", "bucket", "key", "(403)"):
            self.assertIn(part, str(problem))

    def test_a_download_that_is_refused_because_of_the_clock_says_so(self):
        self.assertEqual(self.download((403, b""), offset=1000).code, "clock")

    def test_a_service_that_is_away_is_waited_for(self):
        for status in (500, 502, 503, 504):
            self.assertIn(self.download((status, b"")).code, node_aws.PASSING)

    def test_every_protocol_s_error_has_its_code(self):
        for call, form in ((SECRET, JSON_ERROR), (INSTANCES, EC2_ERROR), (SIGNAL, QUERY_ERROR)):
            for code in ("ThrottlingException", "AccessDenied", "RequestExpired"):
                self.assertEqual(self.call(call, 400, form % code), "clock" if code == "RequestExpired" else code)
            # A proxy or a load balancer of the service answers in no protocol.
            self.assertIn(self.call(call, 503, "<html>busy</html>"), node_aws.PASSING)

    def test_a_service_that_takes_no_connection_is_waited_for(self):
        with server((200, b"{}")) as (url, _):
            pass
        self.assertEqual(self.failure(lambda: node_aws.aws(*SECRET), url).code, "aws")

    def test_a_command_that_it_does_not_understand_is_final(self):
        problem = self.failure(lambda: node_aws.aws("secretsmanager", "get-no-secret", seconds=60), "http://127.0.0.1:1")
        self.assertTrue(problem.final)


class CallersTest(unittest.TestCase):
    def test_each_call_has_the_options_that_there_are(self):
        """What stands in for the AWS CLI in the tests of the callers takes any."""
        known, calls = set(inspect.signature(node_aws.aws).parameters) - {"arguments"}, 0
        for path in glob.glob(os.path.join(os.path.dirname(node_aws.__file__), "*.py")):
            with open(path, encoding="utf-8") as file:
                nodes = list(ast.walk(ast.parse(file.read())))
            for call in (each for each in nodes if isinstance(each, ast.Call) and getattr(each.func, "id", None) == "aws"):
                calls += 1
                self.assertEqual({each.arg for each in call.keywords if each.arg} - known, set(), "%s, line %d" % (path, call.lineno))
        self.assertGreater(calls, 8)


class MetadataTest(unittest.TestCase):
    def answer(self, *answers):
        with server(*answers) as (url, handler), mock.patch.object(node_aws, "METADATA", url), mock.patch.object(node_aws.time, "sleep") as sleep:
            try:
                return node_aws.Metadata().get("instance-id")
            finally:
                self.pauses = sleep.call_count
                self.requests = handler.count

    def test_a_request_that_failed_is_sent_again(self):
        self.assertEqual(self.answer((503, b""), (200, b"token"), (429, b""), (200, b"token"), (200, b"i-1")), "i-1")
        self.assertEqual(self.pauses, 2)

    def test_nobody_answers_for_a_moment(self):
        answers = [urllib.error.URLError("no route to host"), ConnectionResetError()]
        real = urllib.request.urlopen

        def urlopen(*arguments, **more):
            if answers:
                raise answers.pop(0)
            return real(*arguments, **more)
        with mock.patch.object(node_aws.urllib.request, "urlopen", urlopen):
            self.assertEqual(self.answer((200, b"i-1")), "i-1")

    def test_what_the_metadata_do_not_have_is_told_at_once(self):
        with self.assertRaises(urllib.error.HTTPError):
            self.answer((200, b"token"), (404, b""))
        self.assertEqual(self.pauses, 0)

    def test_a_service_that_stays_away_is_given_up_after_as_many_requests_as_are_meant(self):
        with self.assertRaises(node_aws.MetadataError) as caught:
            self.answer((503, b""))
        self.assertEqual((self.requests, self.pauses, caught.exception.code), (node_aws.METADATA_ATTEMPTS, node_aws.METADATA_ATTEMPTS - 1, "metadata"))
        # Whoever waits for a state of the instance takes any OSError for "not known yet".
        self.assertIsInstance(caught.exception, OSError)

    def test_the_clock_is_compared_with_what_the_service_says(self):
        with server((200, b"token")) as (url, _), mock.patch.object(node_aws, "METADATA", url):
            self.assertLess(abs(node_aws.clock_error()), 5)
            slow = mock.Mock(time=lambda: time.time() - 1000)
            with mock.patch.object(node_aws, "time", slow):
                self.assertGreater(node_aws.clock_error(), 990)
            with mock.patch.object(Silent, "date_time_string", lambda *_: "unknown"):
                self.assertEqual(node_aws.clock_error(), 0)
        with mock.patch.object(node_aws, "METADATA", "http://127.0.0.1:1"):
            self.assertEqual(node_aws.clock_error(), 0)


if __name__ == "__main__":
    unittest.main()

"""What the AWS CLI answers, as it words it itself, and what instance metadata answers."""
import contextlib
import http.server
import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_aws  # noqa: E402

CALLING = "An error occurred (%s) when calling the %s operation: %s"


def failed(message):
    return mock.Mock(returncode=254, stdout=b"", stderr=("\n%s\n" % message).encode())


SUCCESS = mock.Mock(returncode=0, stdout=b'{"A": 1}', stderr=b"")


class Clock:
    """A clock that goes on only while somebody sleeps, and for a second in each call of the AWS CLI."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class RetryTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.count = 0

    def asked(self, *answers, **options):
        """The answer to a call that gets these results, the last of them again and again."""
        def run(*_, **__):
            self.clock.now += 1
            self.count += 1
            return answers[min(self.count, len(answers)) - 1]
        with mock.patch.object(node_aws.subprocess, "run", run), mock.patch.object(node_aws, "time", self.clock), \
                mock.patch("sys.stdout", io.StringIO()):
            return node_aws.aws("secretsmanager", "get-secret-value", **options)

    def refused(self, *answers, **options):
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
        self.count = 0
        self.assertTrue(self.refused(early, final=("InvalidParameterValue",)).final)
        self.assertEqual(self.count, 1)

    def test_what_is_not_known_is_tried_to_the_last_attempt(self):
        problem = self.refused(failed("Unable to locate credentials. You can configure credentials by running \"aws configure\"."))
        self.assertEqual((self.count, problem.final, problem.code), (node_aws.ATTEMPTS, False, "aws"))

    def test_a_refusal_is_tried_for_about_a_minute_because_a_new_role_is_not_known_everywhere(self):
        problem = self.refused(failed(CALLING % ("AccessDeniedException", "GetSecretValue", "not authorized")))
        self.assertEqual(problem.code, "AccessDeniedException")
        self.assertGreater(self.clock.now, node_aws.REFUSED_SECONDS)
        self.assertLess(self.clock.now, node_aws.REFUSED_SECONDS + node_aws.LONGEST_PAUSE + 2)

    def test_a_refusal_that_passes_within_that_time_is_forgotten(self):
        denied = failed(CALLING % ("AccessDenied", "GetObject", "Access Denied"))
        self.assertEqual(self.asked(denied, denied, denied, SUCCESS), {"A": 1})

    def test_the_reason_is_the_line_with_the_error_whatever_follows_it(self):
        problem = self.refused(failed("aws: [ERROR]: " + CALLING % ("NoSuchBucket", "GetObject", "gone") + "\n\nAdditional error details:\nBucketName: packs"))
        self.assertEqual(str(problem), "aws: [ERROR]: An error occurred (NoSuchBucket) when calling the GetObject operation: gone")

    def test_nodes_that_were_launched_together_do_not_ask_together(self):
        pauses = {node_aws.with_jitter(10) for _ in range(50)}
        self.assertGreater(len(pauses), 10)
        self.assertTrue(all(5 <= each <= 10 for each in pauses))


class Silent(http.server.BaseHTTPRequestHandler):
    """Answers every request with what its class says."""
    answers = []

    def do_GET(self):  # pylint: disable=invalid-name
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


@unittest.skipIf(not shutil.which("aws"), "no AWS CLI is installed")
class RealCommandLineTest(unittest.TestCase):
    """Against the real AWS CLI: the words are its own."""

    def download(self, *answers):
        with server(*answers) as (url, _), tempfile.TemporaryDirectory() as folder:
            environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": url,
                           "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "NO_PROXY": "*"}
            real = subprocess.run

            def with_config(command, **more):
                return real(command, **dict(more, env=dict(os.environ, **environment)))
            with mock.patch.object(node_aws.subprocess, "run", with_config), mock.patch.object(node_aws, "REFUSED_SECONDS", -1), \
                    self.assertRaises(node_aws.AwsError) as caught:
                node_aws.download("packs", "wso2am.zip", os.path.join(folder, "pack"))
        return caught.exception

    def test_an_object_that_does_not_exist_for_a_role_that_may_list(self):
        problem = self.download((404, b""))
        self.assertEqual((problem.code, problem.final), ("not-found", True))
        self.assertIn("s3://packs/wso2am.zip", str(problem))

    def test_an_object_that_does_not_exist_for_a_role_that_may_not_list(self):
        problem = self.download((403, b""))
        self.assertEqual(problem.code, "forbidden")
        for part in ("s3://packs/wso2am.zip", "does not exist", "policy of the role", "bucket", "key", "(403)"):
            self.assertIn(part, str(problem))


class MetadataTest(unittest.TestCase):
    def answer(self, *answers):
        with server(*answers) as (url, _), mock.patch.object(node_aws, "METADATA", url), mock.patch.object(node_aws.time, "sleep") as sleep:
            try:
                return node_aws.Metadata().get("instance-id")
            finally:
                self.pauses = sleep.call_count

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

    def test_a_service_that_stays_away_is_given_up(self):
        with self.assertRaises(urllib.error.HTTPError):
            self.answer((503, b""))


if __name__ == "__main__":
    unittest.main()

"""The AWS CLI in a forked process: the same answers as in a process of its own."""
import io
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_aws_cli  # noqa: E402

# Where pip puts the program of a package for this interpreter. What is found first in PATH may be a wrapper of a version manager.
OWN = os.path.join(os.path.dirname(os.path.realpath(sys.executable)), "aws")


class RunTest(unittest.TestCase):
    def setUp(self):
        node_aws_cli._loaded.cache_clear()
        self.addCleanup(node_aws_cli._loaded.cache_clear)
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def program(self, body, interpreter=sys.executable):
        path = os.path.join(self.folder, "aws")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!%s -s\n%s\n" % (interpreter, body))
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def run_program(self, *arguments, seconds=20, variables=None, module="json"):
        """What a run gives where this module is what the program loads."""
        with mock.patch.dict(os.environ, {"PATH": self.folder + os.pathsep + os.environ["PATH"]}), mock.patch.object(node_aws_cli, "MODULE", module):
            return node_aws_cli.run(("aws",) + arguments, variables or {}, seconds)

    def test_arguments_environment_output_and_exit_code_are_the_program_s(self):
        self.program("import os, sys\nprint(sys.argv[1:], os.environ.get('A'), __name__, flush=True)\nprint('é', file=sys.stderr)\n"
                     "sys.stdout.buffer.write(b'b')\nsys.exit(254)")
        with mock.patch.dict(os.environ, {"A": "of the caller"}), mock.patch("sys.stdout", io.StringIO()):
            for module in ("json", "no_such_module"):
                node_aws_cli._loaded.cache_clear()
                done = self.run_program("s3", "cp", variables={"A": "given"}, module=module)
                self.assertEqual((done.returncode, done.stderr.decode()), (254, "é\n"))
                self.assertEqual(done.stdout.decode(), "['s3', 'cp'] given __main__\nb")
            self.assertEqual(os.environ["A"], "of the caller")

    def test_a_program_that_dies_is_a_failure_with_its_reason(self):
        self.program("raise ValueError('odd')")
        done = self.run_program()
        self.assertEqual((done.returncode, done.stderr.decode().splitlines()[-1]), (1, "ValueError: odd"))
        self.program("import os\nos.kill(os.getpid(), 9)")
        self.assertEqual(self.run_program().returncode, -9)

    def test_no_handle_and_no_process_stays(self):
        self.program("print(1)")
        self.run_program()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            self.run_program()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
        self.assertEqual(node_aws_cli.multiprocessing.active_children(), [])

    def test_a_program_that_does_not_end_is_killed_when_the_time_is_over(self):
        mark = os.path.join(self.folder, "lives-on")
        self.program("import time\ntime.sleep(2)\nopen(%r, 'w').close()" % mark)
        began = time.monotonic()
        with self.assertRaises(subprocess.TimeoutExpired):
            self.run_program(seconds=0.3)
        self.assertLess(time.monotonic() - began, 1.5)
        time.sleep(2)
        self.assertFalse(os.path.exists(mark))

    def test_an_alarm_of_the_caller_ends_the_program_and_does_not_ring_in_it(self):
        mark = os.path.join(self.folder, "lives-on")
        self.program("import time\ntime.sleep(2)\nopen(%r, 'w').close()" % mark)

        def ring(*_):
            raise KeyError("late")
        before = signal.signal(signal.SIGALRM, ring)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with self.assertRaises(KeyError):
            self.run_program()
        time.sleep(2.2)
        self.assertFalse(os.path.exists(mark))

    def test_a_program_for_a_different_interpreter_is_started_as_it_is(self):
        self.program("echo \"$1\"; exit 3", interpreter="/bin/sh")
        with open(os.path.join(self.folder, "aws"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho \"$1\"; exit 3\n")
        with mock.patch.object(node_aws_cli.multiprocessing, "get_context", side_effect=AssertionError):
            done = self.run_program("x")
        self.assertEqual((done.returncode, done.stdout), (3, b"x\n"))

    @unittest.skipIf(not os.path.exists(OWN), "no AWS CLI is installed for this interpreter")
    def test_the_real_aws_cli_says_the_same_and_takes_less_of_the_processor(self):
        os.symlink(OWN, os.path.join(self.folder, "aws"))
        variables = dict(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="eu-west-1", AWS_MAX_ATTEMPTS="1",
                           AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_PAGER="")
        call = ("secretsmanager", "get-secret-value", "--secret-id", "s")

        def run(module):
            node_aws_cli._loaded.cache_clear()
            self.run_program("--version", variables=variables, module=module)
            before = os.times()
            done = self.run_program(*call, variables=variables, module=module)
            return done, os.times().children_user - before.children_user
        module = node_aws_cli.MODULE
        (alone, slow), (forked, fast) = run("no_such_module"), run(module)
        self.assertIn(b"Could not connect to the endpoint URL", alone.stderr)
        self.assertEqual((forked.returncode, forked.stderr, forked.stdout), (alone.returncode, alone.stderr, alone.stdout))
        self.assertLess(fast, slow * 0.7)


if __name__ == "__main__":
    unittest.main()

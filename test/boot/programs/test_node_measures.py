"""What a machine measures of itself: its clock, by real servers of time, and for how long its service has not served."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_measures  # noqa: E402

CHRONYD = os.environ.get("CHRONYD") or shutil.which("chronyd", path=os.environ["PATH"] + ":/usr/sbin")
ADDRESS = "127.0.0.1"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((ADDRESS, 0))
        return one.getsockname()[1]


class Server:
    """Answers each question with what `answer` makes of it."""

    def __init__(self, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ADDRESS, 0))
        self.place = self.socket.getsockname()
        threading.Thread(target=self.run, args=(answer,), daemon=True).start()

    def run(self, answer):
        while True:
            try:
                question, client = self.socket.recvfrom(512)
            except OSError:
                return
            self.socket.sendto(answer(question), client)

    def close(self):
        self.socket.close()


def answered(question, leap=0, mode=4, stratum=1, ahead=0.0):
    now = time.time() + ahead
    stamp = struct.pack(">II", int(now) + 2208988800, int(now % 1 * 2 ** 32))
    return bytes([leap << 6 | 4 << 3 | mode, stratum]) + bytes(22) + question[40:48] + stamp + stamp


class ClockTest(unittest.TestCase):
    def server(self, answer):
        server = Server(answer)
        self.addCleanup(server.close)
        return server.place

    def offset(self, answer):
        return node_measures.clock_offset(self.server(answer))

    def test_how_far_the_clock_is_behind_or_ahead(self):
        for ahead in (0, 7.25, -400):
            self.assertAlmostEqual(self.offset(lambda question, ahead=ahead: answered(question, ahead=ahead)), ahead, delta=0.2)

    def test_a_server_that_does_not_know_the_time_itself_tells_nothing(self):
        for wrong in ({"leap": 3}, {"stratum": 0}, {"mode": 3}):
            with self.subTest(wrong), self.assertRaises(node_measures.MeasureError):
                self.offset(lambda question, wrong=wrong: answered(question, **wrong))

    def test_an_answer_to_a_different_question_counts_for_nothing(self):
        with self.assertRaises(node_measures.MeasureError):
            self.offset(lambda question: answered(bytes(48)))

    def test_silence_is_said(self):
        with mock.patch.object(node_measures, "ANSWER_SECONDS", 0.1), self.assertRaisesRegex(node_measures.MeasureError, "127.0.0.1"):
            node_measures.clock_offset((ADDRESS, free_port()))

    def test_the_count_of_ntp_that_begins_anew_in_2036(self):
        for now in (1.5, 1764547200.25, 2085978495.0, 2085978497.5, 4000000000.0):
            self.assertAlmostEqual(node_measures._seconds(node_measures._timestamp(now)), now, places=6)

    @unittest.skipUnless(CHRONYD and os.geteuid() == 0, "the clock is not compared with a real server of time: chronyd is not installed (CHRONYD names it)")
    def test_a_real_server_of_time(self):
        port, folder = free_port(), tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(folder, "chrony.conf"), "w", encoding="ascii") as file:
            file.write("local stratum 5\nallow 127.0.0.1\nbindaddress 127.0.0.1\nport %d\ncmdport 0\nbindcmdaddress /\npidfile %s/pid\n" % (port, folder))
        server = subprocess.Popen([CHRONYD, "-d", "-x", "-u", "root", "-f", os.path.join(folder, "chrony.conf")],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        end = time.monotonic() + 20
        while True:
            try:
                self.assertAlmostEqual(node_measures.clock_offset((ADDRESS, port)), 0, delta=0.1)
                break
            except node_measures.MeasureError:
                self.assertLess(time.monotonic(), end, "chronyd does not answer")
                time.sleep(0.2)
        real = time.time
        with mock.patch.object(node_measures.time, "time", lambda: real() - 30):
            self.assertAlmostEqual(node_measures.clock_offset((ADDRESS, port)), 30, delta=0.1)


class ServingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "run", "last-served")

    def test_a_machine_that_boots_counts_from_its_start_until_it_serves(self):
        self.assertEqual(node_measures.seconds_not_serving(False, self.path, 90.0), 90)
        self.assertEqual(node_measures.seconds_not_serving(True, self.path, 400.0), 0)

    def test_one_that_served_counts_from_then_on(self):
        node_measures.seconds_not_serving(True, self.path, 400.0)
        self.assertEqual(node_measures.seconds_not_serving(False, self.path, 1000.5), 600.5)
        self.assertEqual(node_measures.seconds_not_serving(False, self.path, 1300.5), 900.5)
        self.assertEqual(node_measures.seconds_not_serving(True, self.path, 1400.0), 0)


class PublishTest(unittest.TestCase):
    DOCUMENT = {"stream": "Workers", "files": [], "metrics": {"namespace": "CarbonCluster/a"}}

    def publish(self, offset):
        calls = []
        with mock.patch.object(node_measures, "is_active", return_value=True) as asked, mock.patch.object(node_measures, "clock_offset", offset), \
                mock.patch.object(node_measures, "SEEN", os.path.join(tempfile.mkdtemp(), "seen")), \
                mock.patch.object(node_measures, "open_files", return_value=40):
            problem = node_measures.publish(self.DOCUMENT, "nginx", "i-1", lambda *call, **_: calls.append(call))
        self.assertEqual(asked.call_args[0], ("carbon-nginx.service",))
        (call,) = calls
        self.assertEqual(call[:4], ("cloudwatch", "put-metric-data", "--namespace", "CarbonCluster/a"))
        return problem, json.loads(call[5])

    def test_for_the_cluster_the_group_and_the_instance(self):
        problem, sent = self.publish(lambda: -2.5)
        self.assertIsNone(problem)
        self.assertEqual([(each["MetricName"], each["Value"], [one["Name"] for one in each["Dimensions"]]) for each in sent], [
            ("clock_offset", 2.5, []), ("clock_offset", 2.5, ["Group"]), ("clock_offset", 2.5, ["Group", "InstanceId"]),
            ("not_serving", 0.0, []), ("not_serving", 0.0, ["Group"]), ("not_serving", 0.0, ["Group", "InstanceId"]),
            ("open_files", 40, []), ("open_files", 40, ["Group"]), ("open_files", 40, ["Group", "InstanceId"])])
        self.assertEqual({each["Unit"] for each in sent if each["MetricName"] == "open_files"}, {"Count"})

    def test_without_a_server_of_time_the_rest_is_sent(self):
        problem, sent = self.publish(mock.Mock(side_effect=node_measures.MeasureError("clock", "no answer")))
        self.assertEqual((problem, {each["MetricName"] for each in sent}), ("no answer", {"not_serving", "open_files"}))


class OpenFilesTest(unittest.TestCase):
    """Of real processes, whose list a control group has."""

    def setUp(self):
        self.groups = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.groups)

    def counted(self, processes, below=""):
        folder = os.path.join(self.groups, below, "system.slice/carbon.service")
        os.makedirs(folder)
        with open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as file:
            file.writelines("%d\n" % each for each in processes)
        with mock.patch.object(node_measures, "CGROUPS", self.groups), mock.patch.object(node_measures.node_service, "unit_property", lambda *_: "/system.slice/carbon.service"):
            return node_measures.open_files("carbon.service")

    def process(self, files):
        child = subprocess.Popen([sys.executable, "-c", "import sys\nkept = [open('/dev/null') for _ in range(%d)]\nprint('open', flush=True)\nsys.stdin.read()" % files],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(child.communicate)
        child.stdout.readline()
        return child

    def test_the_process_with_the_most_counts(self):
        few, many = self.process(0), self.process(50)
        found = self.counted([few.pid, many.pid])
        self.assertGreaterEqual(found, 50)
        self.assertLess(found, 100)

    def test_a_process_that_has_ended_has_none(self):
        child = subprocess.Popen([sys.executable, "-c", ""])
        child.wait()
        self.assertEqual(self.counted([child.pid], "systemd"), 0)

    def test_a_service_without_a_control_group_has_none(self):
        with mock.patch.object(node_measures, "CGROUPS", self.groups), mock.patch.object(node_measures.node_service, "unit_property", lambda *_: ""):
            self.assertEqual(node_measures.open_files("carbon.service"), 0)


if __name__ == "__main__":
    unittest.main()

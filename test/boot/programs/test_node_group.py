"""A node leaves when its group says so, and tells its group when its server hangs."""
import io
import os
import sys
import tempfile
import unittest
import urllib.error
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import boot  # noqa: E402
import node_group  # noqa: E402
from node_aws import AwsError  # noqa: E402

CHECK = node_group.CHECK_SECONDS


def states_of(*states):
    """What Auto Scaling tells of the instance, one answer after the other."""
    return [{"AutoScalingInstances": [{"LifecycleState": each, "AutoScalingGroupName": "workers"}] if each else []} for each in states]


class LeavingTest(unittest.TestCase):
    def leave(self, *answers):
        self.done = []
        remaining = list(answers)

        def aws(*arguments, **_):
            if arguments[1] == "describe-auto-scaling-instances":
                answer = remaining.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return answer
            self.done.append(arguments)
            return None
        node_group.leave(aws, "i-1", "leave-cluster", lambda: self.done.append("stop"), pause=0)
        self.assertEqual(remaining, [])

    def test_the_server_stops_when_it_is_drained_and_then_the_group_hears_of_it(self):
        self.leave(*states_of("Terminating", "Terminating", "Terminating:Wait"))
        self.assertEqual(self.done, ["stop", ("autoscaling", "complete-lifecycle-action", "--auto-scaling-group-name", "workers",
                                              "--lifecycle-hook-name", "leave-cluster", "--instance-id", "i-1", "--lifecycle-action-result", "CONTINUE")])

    def test_a_server_stops_in_order_also_when_nobody_tells_how_far_its_group_is(self):
        with mock.patch("sys.stdout", io.StringIO()):
            self.leave(AwsError("denied"))
        self.assertEqual(self.done, ["stop"])
        self.leave(*states_of(None))
        self.assertEqual(self.done, ["stop"])


class FollowingTest(unittest.TestCase):
    def test_it_ends_when_the_metadata_say_so(self):
        missing = urllib.error.HTTPError("http://169.254.169.254", 404, "Not Found", {}, None)
        metadata = mock.Mock(side_effect=[missing, OSError("no route"), "InService", "Terminated"])
        node_group.follow(metadata, None, self.fail, pause=0)
        self.assertEqual(metadata.call_count, 4)

    def test_a_server_that_is_silent_too_long_is_told_of_once(self):
        silence = mock.Mock()
        silence.is_too_long.side_effect = [False, True, False]
        marked = mock.Mock()
        node_group.follow(mock.Mock(side_effect=["InService"] * 3 + ["Terminated"]), silence, marked, pause=0)
        self.assertEqual(marked.call_count, 1)


class SilenceTest(unittest.TestCase):
    def setUp(self):
        self.answer, self.state, self.probes, self.now = "200", (False, False, 0), 0, 0
        self.silence = node_group.Silence(3 * CHECK, self.probe, lambda: self.state, 0)

    def probe(self):
        self.probes += 1
        return self.answer

    def after(self, checks):
        """Whether it was too long at one of the next checks."""
        answers = []
        for _ in range(checks):
            self.now += CHECK
            answers.append(self.silence.is_too_long(self.now))
        return any(answers)

    def test_an_answer_ends_it(self):
        self.answer = "TimeoutError"
        self.assertFalse(self.after(2))
        self.answer = "200"
        self.assertFalse(self.after(1))
        self.answer = "503"
        self.assertFalse(self.after(2))
        self.assertTrue(self.after(1))

    def test_it_is_told_again_after_as_long(self):
        self.answer = "TimeoutError"
        self.assertTrue(self.after(3))
        self.assertFalse(self.after(2))
        self.assertTrue(self.after(1))

    def test_between_two_checks_nobody_is_asked(self):
        self.assertFalse(self.silence.is_too_long(1))
        self.assertFalse(self.silence.is_too_long(CHECK - 1))
        self.assertEqual(self.probes, 1)

    def test_a_server_may_wait_for_its_turn_to_start(self):
        self.answer, self.state = "ConnectionRefusedError", (True, True, 0)
        self.assertFalse(self.after(20))

    def test_a_server_that_starts_again_and_again_is_silent(self):
        self.after(1)
        self.answer, self.state = "ConnectionRefusedError", (True, False, 1)
        self.assertTrue(self.after(3))

    def test_a_server_that_waits_for_its_turn_after_a_restart_is_not_replaced(self):
        self.after(1)
        self.answer, self.state = "ConnectionRefusedError", (True, True, 1)
        self.assertFalse(self.after(40))
        # Its own start then has the same patience as any other.
        self.state = (True, False, 1)
        self.assertFalse(self.after(2))
        self.assertTrue(self.after(1))

    def test_waits_between_crashes_do_not_make_a_server_that_crashes_again_and_again_look_healthy(self):
        self.after(1)
        self.answer = "ConnectionRefusedError"
        silent = []
        for restart in range(1, 6):
            self.state = (True, restart % 2 == 0, restart)
            silent.append(self.after(1))
        self.assertEqual(silent.count(True), 1)


class ProgramTest(unittest.TestCase):
    def test_the_unit_runs_the_program(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch("subprocess.run") as run:
            node_group.install("/opt/boot.py", folder)
            with open(os.path.join(folder, node_group.UNIT), encoding="utf-8") as file:
                self.assertIn("ExecStart=/usr/bin/python3 /opt/boot.py follow-group\n", file.read())
        self.assertEqual([call.args[0][1] for call in run.call_args_list], ["daemon-reload", "enable", "restart"])

    def node(self, **health):
        return mock.Mock(document={"health": dict({"url": "http://localhost/"}, **health), "leaving": {"hook": "leave-cluster"}})

    def test_only_where_no_load_balancer_does_the_node_looks_for_itself(self):
        for health, expected in (({}, False), ({"patience": 300}, True)):
            with mock.patch.object(boot, "Node", lambda: self.node(**health)), mock.patch.object(boot.node_group, "leave"), \
                    mock.patch.object(boot.node_group, "follow") as follow, mock.patch("sys.stdout", io.StringIO()):
                self.assertEqual(boot.follow_group(), 0)
            self.assertEqual(follow.call_args.args[1] is not None, expected)

    def test_a_group_that_does_not_hear_of_it_ends_the_instance_later(self):
        with mock.patch.object(boot, "Node", self.node), mock.patch.object(boot.node_group, "follow"), \
                mock.patch.object(boot.node_group, "leave", side_effect=AwsError("denied")), mock.patch("sys.stdout", io.StringIO()):
            self.assertEqual(boot.follow_group(), boot.FAILED)

    def test_a_node_that_is_alone_waits_for_its_load_balancer(self):
        nodes = [self.node(seconds=1, settling=30), self.node(seconds=1)]
        with mock.patch.object(boot.node_service, "wait_until_healthy") as wait, mock.patch("time.sleep") as sleep:
            for node in nodes:
                node.clock.left.return_value = 100
                boot.health(node)
        self.assertEqual([call.args[0] for call in sleep.call_args_list], [30, 0])
        # What it waits for its load balancer is part of the time that it has.
        self.assertEqual([call.args[1] for call in wait.call_args_list], [70, 100])


if __name__ == "__main__":
    unittest.main()

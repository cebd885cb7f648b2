"""One server starts after the other, and none alone where others are."""
import os
import re
import socket
import sys
import tempfile
import unittest
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import node_mysql  # noqa: E402
import node_start  # noqa: E402

LINE = "Cluster initialization completed"
ONE_3_5 = "INFO - Members [1] {\n\tMember [10.0.1.5]:5701 this\n}\n"
TWO_5 = "INFO - Members {size:2, ver:2} [\n\tMember [10.0.1.5]:5701 - x\n\tMember [10.0.1.6]:5701 - y this\n]\n"


class Table:
    """The one row of the table, by a clock that the test moves. What MySQL makes of the statements, a rehearsal shows."""

    def __init__(self):
        self.now = 1000
        self.holder, self.until = "", 0

    def run(self, sql):
        update = re.match(r"UPDATE t SET holder = '(.*?)', until = NOW\(\) \+ INTERVAL (\d+) SECOND WHERE cluster = 'c' AND \((.*?)\);", sql)
        if update:
            holder, seconds, condition = update.groups()
            if self.holder == holder or ("until < NOW()" in condition and self.until < self.now):
                self.holder, self.until = holder, self.now + int(seconds)
            return [[self.holder]]
        back = re.match(r"UPDATE t SET until = '1970-01-01 00:00:00' WHERE cluster = 'c' AND holder = '(.*)'$", sql)
        if back and back.group(1) == self.holder:
            self.until = 0
        return []


def turn_of(table, instance):
    return node_start.Turn(table, "c", instance, "t", node_mysql.literal)


class TurnTest(unittest.TestCase):
    def setUp(self):
        self.table = Table()
        self.one, self.two = turn_of(self.table, "i-1"), turn_of(self.table, "i-2")

    def test_one_has_it_until_it_gives_it_back(self):
        self.one.take()
        with self.assertRaisesRegex(node_start.StartError, "i-1 has held the turn"):
            self.two.take(seconds=-1)
        self.one.give_back()
        self.two.take(seconds=-1)
        self.assertEqual(self.one.renew(), "i-2")

    def test_whoever_has_it_may_take_it_again(self):
        self.one.take()
        self.one.take(seconds=-1)

    def test_a_holder_that_says_nothing_loses_it(self):
        self.one.take()
        self.table.now += node_start.TURN_SECONDS + 1
        self.two.take(seconds=-1)

    def test_a_holder_that_renews_keeps_it(self):
        self.one.take()
        for _ in range(5):
            self.table.now += node_start.TURN_SECONDS - 1
            self.assertIsNone(self.one.renew())
        with self.assertRaises(node_start.StartError):
            self.two.take(seconds=-1)

    def test_only_the_holder_gives_it_back(self):
        self.one.take()
        self.two.give_back()
        with self.assertRaises(node_start.StartError):
            self.two.take(seconds=-1)


class QueueTest(unittest.TestCase):
    """Servers start one after the other, so that the last of many waits for all of them."""

    def seconds(self, peers, members):
        with mock.patch.object(node_start, "is_member", lambda peer, _ports: peer["id"] in members):
            return node_start.queue_seconds([{"id": each} for each in peers], [4000])

    def test_the_last_of_forty_waits_for_all_the_others(self):
        others = ["i-%d" % index for index in range(39)]
        # Measured with WSO2's products on two quiet processors: a server is a member 75 s after its start.
        self.assertGreater(self.seconds(others, []), 40 * 75)

    def test_members_are_not_waited_for_so_a_node_that_is_replaced_waits_no_longer_than_before(self):
        others = ["i-%d" % index for index in range(39)]
        self.assertEqual(self.seconds(others, others), self.seconds([], []))
        self.assertEqual(self.seconds(others, others[1:]), self.seconds(["i-0"], []))

    def test_without_a_database_the_older_ones_get_the_same_time_each(self):
        clock = mock.Mock(monotonic=mock.Mock(side_effect=[0] + [1 + index * 100 for index in range(60)]))
        peers = [{"id": "i-%02d" % index, "address": "10.0.0.%d" % index} for index in range(39)]
        with mock.patch.object(node_start, "is_member", return_value=False), mock.patch.object(node_start, "time", clock):
            node_start.wait_for_older(peers, "i-99", [4000])
        self.assertGreaterEqual(clock.sleep.call_count * 100, 39 * 75)

    def test_systemd_does_not_end_a_start_before_its_own_waits_do(self):
        waits = node_start.VISIBLE_SECONDS + node_start.WAIT_SECONDS
        self.assertGreater(node_start.longest_start(900), waits + node_start.WAIT_SECONDS)
        self.assertGreater(node_start.longest_start(3600), waits + 3600)


class PeersTest(unittest.TestCase):
    def test_a_node_waits_until_it_sees_itself(self):
        answers = [[], [{"id": "i-2", "address": "a"}], [{"id": "i-2", "address": "a"}, {"id": "i-1", "address": "b"}]]
        with mock.patch.object(node_start.time, "sleep"):
            peers = node_start.visible_peers(lambda: answers.pop(0), "i-1")
        self.assertEqual([each["id"] for each in peers], ["i-2"])
        self.assertEqual(answers, [])

    def test_one_that_never_does_fails(self):
        with self.assertRaises(node_start.StartError) as caught:
            node_start.visible_peers(lambda: [{"id": "i-2", "address": "a"}], "i-1", seconds=-1)
        self.assertEqual(caught.exception.code, "invisible")

    def test_without_a_database_only_older_nodes_are_waited_for(self):
        asked = []

        def is_member(peer, _ports):
            asked.append(peer["id"])
            return len(asked) > 2
        peers = [{"id": "i-1", "address": "a"}, {"id": "i-9", "address": "b"}]
        with mock.patch.object(node_start, "is_member", is_member), mock.patch.object(node_start.time, "sleep"):
            node_start.wait_for_older(peers, "i-5", [5701])
        self.assertEqual(asked, ["i-1"] * 3)

    def test_a_member_answers_at_one_of_the_ports(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.assertTrue(node_start.is_member({"address": "127.0.0.1"}, [1, port]))
        self.assertFalse(node_start.is_member({"address": "127.0.0.1"}, [port]))


class JoinTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "carbon.log")

    def log(self, text, offset=0):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        return node_start.NewLines(self.path, offset)

    def wait(self, log, others=0, running=True, seconds=60, renew=lambda: None):
        return node_start.wait_until_joined(log, LINE, lambda: running, lambda: others, seconds, renew, pause=0)

    def code(self, *arguments, **more):
        with self.assertRaises(node_start.StartError) as caught:
            self.wait(*arguments, **more)
        return caught.exception.code

    def test_members_are_counted_in_both_spellings(self):
        self.assertEqual(self.wait(self.log(TWO_5 + LINE), others=1), 2)
        self.assertEqual(self.wait(self.log(ONE_3_5 + LINE)), 1)

    def test_a_server_that_is_alone_among_others_has_not_joined(self):
        self.assertEqual(self.code(self.log(ONE_3_5 + LINE), others=2), "alone")

    def test_the_last_list_counts(self):
        self.assertEqual(self.wait(self.log(ONE_3_5 + TWO_5 + LINE), others=1), 2)

    def test_lines_of_the_start_before_do_not_count(self):
        old = TWO_5 + LINE + "\n"
        self.assertEqual(self.code(self.log(old, offset=len(old)), seconds=-1), "not-joined")

    def test_a_log_that_was_rolled_over_counts_from_its_beginning(self):
        self.assertEqual(self.wait(self.log(TWO_5 + LINE, offset=100000)), 2)

    def test_a_server_that_stops_fails(self):
        self.assertEqual(self.code(node_start.NewLines(self.path, 0), running=False), "service-failed")

    def test_a_master_that_is_gone_is_not_waited_for(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            line = "WARN -  [3.5] Couldn't join to the master : Address[127.0.0.1]:%d {com.hazelcast}\n" % port
            self.assertEqual(self.code(self.log(line), seconds=-1), "not-joined")
        self.assertEqual(self.code(self.log(line)), node_start.MASTER_GONE)
        self.assertIsNone(self.wait(self.log(line + LINE)))

    def test_the_turn_is_renewed_meanwhile(self):
        log = self.log("")
        renewed = []

        def renew():
            renewed.append(1)
            self.log(LINE)
        with mock.patch.object(node_start, "RENEW_SECONDS", -1):
            self.wait(log, renew=renew)
        self.assertEqual(renewed, [1])

    def test_a_hazelcast_that_says_nothing_is_believed(self):
        self.assertIsNone(self.wait(self.log(LINE), others=3))


if __name__ == "__main__":
    unittest.main()

"""One server founds the cluster, all others join it, and none counts as a member among strangers."""
import io
import os
import socket
import sys
import tempfile
import unittest
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import node_members  # noqa: E402
import node_mysql  # noqa: E402
import node_start  # noqa: E402

import real_mysql  # noqa: E402

LINE = "Cluster initialization completed"
A, B, C, D = (("10.0.1.%d" % last, 4000) for last in (5, 6, 7, 8))


def listed_3_5(own, *others):
    lines = ["\tMember [%s]:%d" % each for each in others] + ["\tMember [%s]:%d this" % own]
    return "INFO - [%s]:4000 [c] [3.5.4] \n\nMembers [%d] {\n%s\n}\n" % (own[0], len(lines), "\n".join(lines))


def listed_later(version, own, *others):
    uuid = "7c0b6e0a-6f0f-4b43-a6a0-6d8a7b1c2d3e"
    lines = ["\tMember [%s]:%d - %s" % (*each, uuid) for each in others] + ["\tMember [%s]:%d - %s this" % (*own, uuid)]
    return "INFO {c.h.i.c.ClusterService} - [%s]:4000 [c] [%s] \n\nMembers {size:%d, ver:%d} [\n%s\n]\n" % (
        own[0], version, len(lines), len(lines), "\n".join(lines))


class World:
    """A cluster's table, turn and ports, of which each node has its view. Nothing sleeps: time passes with each wait."""

    def __init__(self):
        self.now, self.answers, self.records = 1000.0, set(), {}
        self.holder, self.until = None, 0
        self.waits = []

    def view(self, name, place, well_known=None, neighbours=()):
        members = mock.Mock()
        members.others = lambda: [{"instance": each, "address": host, "port": port} for each, (host, port) in self.records.items() if each != name]
        members.forget = lambda address: self.records.pop(name, None)
        members.forget_all = lambda gone: [self.records.pop(each["instance"]) for each in gone]
        members.record = lambda *at: self.records.update({name: at})
        turn = mock.Mock()
        turn.take, turn.renew = (lambda: self.take(name)), (lambda: self.take(name, lapsed=False))
        turn.give_back = lambda: self.give_back(name)
        return node_start.SharedView(members, turn, node_start.Reach(place[0], well_known), neighbours)

    def take(self, name, lapsed=True):
        if self.holder == name or (lapsed and self.until < self.now):
            self.holder, self.until = name, self.now + node_members.TURN_SECONDS
            return None
        return self.holder

    def give_back(self, name):
        if self.holder == name:
            self.until = 0

    def sleep(self, seconds):
        self.now += seconds
        if self.waits:
            self.waits.pop(0)()

    def __enter__(self):
        clock = mock.Mock(monotonic=lambda: self.now, sleep=self.sleep)
        self.patches = [mock.patch.object(node_start, "time", clock), mock.patch.object(node_members, "time", clock),
                        mock.patch.object(node_start, "_answers", lambda *place: place in self.answers), mock.patch("sys.stdout", io.StringIO())]
        for each in self.patches:
            each.start()
        return self

    def __exit__(self, *_):
        for each in reversed(self.patches):
            each.stop()


class WorldTest(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.world.__enter__()
        self.addCleanup(self.world.__exit__)
        self.configured = 0

    def joined(self, name, place):
        self.world.records[name] = place
        self.world.answers.add(place)

    def start(self, view, seconds=600):
        return node_start.wait_to_start(view, self.configure, seconds)

    def configure(self):
        self.configured += 1


class StartTest(WorldTest):
    def test_the_first_founds_and_the_others_wait_for_it(self):
        self.assertEqual(self.start(self.world.view("i-1", A)), [])
        with self.assertRaisesRegex(node_start.StartError, "i-1 had the turn"):
            self.start(self.world.view("i-2", B), seconds=30)

    def test_as_soon_as_one_has_joined_all_others_start_without_a_turn(self):
        founder = self.world.view("i-1", A)
        self.start(founder)
        self.world.waits = [lambda: None, lambda: self.joined("i-1", A)]
        self.assertEqual([self.start(self.world.view(name, place)) for name, place in (("i-2", B), ("i-3", C), ("i-4", D))], [[A], [A], [A]])
        self.assertEqual(self.world.holder, "i-1")

    def test_a_server_that_answers_without_a_record_has_not_joined(self):
        self.world.answers = {B, C}
        self.assertEqual(self.start(self.world.view("i-1", A, neighbours=[B, C])), [])

    def test_a_record_that_does_not_answer_is_not_waited_for_and_ends(self):
        self.world.records["i-9"] = D
        self.assertEqual(self.start(self.world.view("i-1", A)), [])
        self.assertEqual(self.world.records, {})

    def test_a_founder_that_dies_is_followed_by_another_when_its_turn_is_over(self):
        self.start(self.world.view("i-1", A))
        before = self.world.now
        self.assertEqual(self.start(self.world.view("i-2", B)), [])
        self.assertGreater(self.world.now - before, node_members.TURN_SECONDS)

    def test_a_founder_that_joins_between_the_look_and_the_turn_is_joined(self):
        view, take = self.world.view("i-2", B), self.world.take

        def joined_meanwhile(name, **more):
            self.joined("i-1", A)
            return take(name, **more)
        with mock.patch.object(self.world, "take", joined_meanwhile):
            self.assertEqual(self.start(view), [A])
        self.assertLess(self.world.until, self.world.now)

    def test_after_a_wait_the_files_are_made_again_and_the_member_is_looked_for_again(self):
        self.start(self.world.view("i-1", A))
        self.world.waits = [lambda: self.joined("i-1", A)]

        def configure():
            self.configured += 1
            self.world.answers.discard(A)
        with self.assertRaises(node_start.StartError):
            node_start.wait_to_start(self.world.view("i-2", B), configure, 30)
        self.assertEqual(self.configured, 1)

    def test_who_did_not_wait_has_its_files_already(self):
        self.joined("i-1", A)
        self.start(self.world.view("i-2", B))
        self.assertEqual(self.configured, 0)

    NODES = {"hosts": [{"host": A[0], "port": "4000"}, {"host": B[0], "port": "4000"}], "nodes": True}

    def test_a_node_that_is_not_well_known_neither_founds_nor_joins_through_such(self):
        self.joined("i-3", C)
        with self.assertRaises(node_start.StartError) as caught:
            self.start(self.world.view("i-4", D, self.NODES), seconds=30)
        self.assertEqual(caught.exception.code, "no-member")

    def test_a_well_known_node_that_answers_has_not_joined_yet(self):
        self.world.answers.add(A)
        with self.assertRaises(node_start.StartError):
            self.start(self.world.view("i-4", D, self.NODES), seconds=30)
        self.joined("i-1", A)
        self.assertEqual(self.start(self.world.view("i-4", D, self.NODES)), [A])

    def test_a_well_known_node_founds_where_the_only_members_are_those_that_it_does_not_look_for(self):
        self.joined("i-3", C)
        self.assertEqual(self.start(self.world.view("i-1", A, self.NODES)), [])
        self.assertEqual(self.world.records, {"i-3": C})

    def test_members_elsewhere_record_nothing_so_that_their_port_must_do(self):
        elsewhere = {"hosts": self.NODES["hosts"]}
        self.world.waits = [lambda: self.world.answers.add(B)]
        self.assertEqual(self.start(self.world.view("i-4", D, elsewhere)), [B])


class ConfirmTest(WorldTest):
    """`Cluster initialization completed` alone does not say of which cluster."""

    def confirm(self, view, before, *texts):
        remaining = list(texts)
        log = mock.Mock(read=lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0])
        return node_start.confirm(view, log, before, 300)

    def code(self, *arguments):
        with self.assertRaises(node_start.StartError) as caught:
            self.confirm(*arguments)
        return caught.exception.code

    def test_a_list_with_a_member_that_was_there_before_is_believed_in_every_spelling(self):
        self.joined("i-1", A)
        for text in (listed_3_5(B, A), listed_later("3.12.2", B, A), listed_later("4.2.6", B, C, A), listed_later("5.3.6", B, A)):
            found = self.confirm(self.world.view("i-2", B), [A], text)
            self.assertEqual(found.own, B)
            self.assertIn(A, found.others)

    def test_strangers_that_founded_together_join_anew(self):
        self.joined("i-1", A)
        for text in (listed_3_5(B, C), listed_later("3.12.2", B, C), listed_later("4.2.6", B, C), listed_later("5.3.6", B, C, D), listed_3_5(B)):
            self.assertEqual(self.code(self.world.view("i-2", B), [A], text), node_start.STRANGERS)

    def test_a_list_that_is_late_is_read_again(self):
        self.joined("i-1", A)
        self.assertEqual(len(self.confirm(self.world.view("i-2", B), [A], listed_3_5(B, C), listed_3_5(B, C, A))), 3)

    def test_a_member_that_joined_through_the_one_before_does_as_well(self):
        self.joined("i-3", C)
        self.assertEqual(self.confirm(self.world.view("i-2", B), [A], listed_3_5(B, C)).own, B)

    def test_where_no_member_is_left_the_first_with_the_turn_makes_its_cluster_the_one_that_counts(self):
        one, other = self.world.view("i-2", B), self.world.view("i-4", D)
        self.world.answers = {B, C, D}
        self.world.records["i-1"] = A
        self.assertEqual(len(self.confirm(one, [A], listed_3_5(B, C))), 2)
        one.record(*B)
        one.give_back()
        self.assertEqual(self.world.records, {"i-2": B})
        self.assertEqual(self.code(other, [A], listed_3_5(D)), node_start.STRANGERS)
        self.assertEqual(len(self.confirm(self.world.view("i-3", C), [A], listed_3_5(C, B))), 2)

    def test_nobody_makes_its_cluster_count_while_another_founds(self):
        self.start(self.world.view("i-1", A))
        self.world.waits = [lambda: self.joined("i-1", A)]
        self.assertEqual(self.code(self.world.view("i-2", B), [C], listed_3_5(B)), node_start.STRANGERS)

    def test_servers_that_are_not_well_known_found_nothing_together(self):
        nodes = {"hosts": [{"host": A[0], "port": "4000"}], "nodes": True}
        self.assertEqual(self.code(self.world.view("i-3", C, nodes), [A], listed_3_5(C, D)), node_start.STRANGERS)

    def test_a_founder_is_a_member_by_itself(self):
        view = self.world.view("i-1", A, neighbours=[B])
        self.start(view)
        self.assertEqual(len(self.confirm(view, None, listed_later("5.3.6", A))), 1)

    def test_a_founder_that_is_alone_beside_others_joins_anew(self):
        view = self.world.view("i-1", A, neighbours=[B])
        self.start(view)
        self.world.answers.add(B)
        self.assertEqual(self.code(view, None, listed_3_5(A)), "alone")
        self.assertEqual(len(self.confirm(view, None, listed_3_5(A, B))), 2)

    def test_a_founder_whose_turn_went_to_another_is_a_member_only_with_that_one(self):
        late, other = self.world.view("i-1", A), self.world.view("i-2", B)
        self.start(late)
        self.start(other)
        self.joined("i-2", B)
        self.assertEqual(self.code(late, None, listed_3_5(A)), node_start.STRANGERS)
        self.assertEqual(len(self.confirm(late, None, listed_3_5(A, B))), 2)

    def test_a_hazelcast_that_says_nothing_is_believed(self):
        self.assertIsNone(self.confirm(self.world.view("i-2", B), [A], LINE))


class ListTest(unittest.TestCase):
    def test_the_last_complete_list_counts(self):
        text = listed_3_5(B) + listed_3_5(B, A) + "Members [3] {\n\tMember [10.0.1.5]:4000\n"
        self.assertEqual(node_start.members_listed(text).others, {A})
        self.assertIsNone(node_start.members_listed("Members [2] {\n\tMember [10.0.1.5]:4000"))

    def test_a_list_of_another_line_is_none(self):
        self.assertIsNone(node_start.members_listed("Members [2] left, " + LINE))


class WithoutDatabaseTest(WorldTest):
    def view(self, own, older=(), places=(A, B, C), well_known=None):
        return node_start.LocalView(own, older, node_start.Reach("10.0.1.9", well_known), places)

    def answer(self):
        self.world.answers.add(A)
        self.answered = self.world.now

    def test_the_lowest_instance_id_founds_at_once(self):
        self.assertEqual(self.start(self.view("i-1")), [])
        self.assertEqual(self.world.now, 1000.0)

    def test_the_others_start_as_soon_as_a_port_has_answered_long_enough(self):
        self.world.waits = [lambda: None] * 10 + [self.answer]
        self.assertEqual(self.start(self.view("i-2", ["i-1"])), [A])
        self.assertGreaterEqual(self.world.now - self.answered, node_start.SETTLED_SECONDS)

    def test_a_port_that_comes_and_goes_is_not_a_member(self):
        flapping = [lambda: self.world.answers.add(A), lambda: None, lambda: self.world.answers.discard(A)] * 40
        self.world.waits = list(flapping)
        with self.assertRaises(node_start.StartError):
            self.start(self.view("i-2", ["i-0", "i-1"] * 30), seconds=300)

    def test_older_nodes_that_never_start_had_their_time(self):
        self.assertEqual(self.start(self.view("i-3", ["i-1", "i-2"])), [])
        self.assertGreaterEqual(self.world.now - 1000, 2 * node_start.OLDER_SECONDS)

    def test_nobody_founds_while_a_server_answers(self):
        self.world.answers.add(B)
        self.assertEqual(self.start(self.view("i-1")), [B])

    def test_well_known_members_are_all_that_a_server_looks_for(self):
        view = self.view("i-3", ["i-1"], well_known={"hosts": [{"host": D[0], "port": "4000"}], "nodes": True})
        self.world.answers.add(A)
        with self.assertRaises(node_start.StartError) as caught:
            self.start(view, seconds=60)
        self.assertEqual(caught.exception.code, "no-member")
        self.world.answers.add(D)
        self.assertEqual(self.start(view), [D])


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

    def test_places_that_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as closed:
            port, gone = server.getsockname()[1], closed.getsockname()[1]
            closed.close()
            places = node_start.places_of([{"address": "127.0.0.1"}], [gone, port, port])
            self.assertEqual(node_start.answering(places), [("127.0.0.1", port)])
            self.assertEqual(node_start.answering(places[1:]), [("127.0.0.1", port)])
        self.assertEqual(node_start.answering([]), [])

    def test_systemd_does_not_end_a_start_before_its_own_waits_do(self):
        self.assertGreater(node_start.longest_start(900), node_start.VISIBLE_SECONDS + node_start.WAIT_SECONDS + 900)


class JoinTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "carbon.log")

    def log(self, text, offset=0):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        return node_start.NewLines(self.path, offset)

    def wait(self, log, running=True, seconds=60, renew=lambda: None):
        return node_start.wait_until_joined(log, LINE, lambda: running, seconds, renew, pause=0)

    def code(self, *arguments, **more):
        with self.assertRaises(node_start.StartError) as caught:
            self.wait(*arguments, **more)
        return caught.exception.code

    def test_lines_of_the_start_before_do_not_count(self):
        old = listed_3_5(A) + LINE + "\n"
        self.assertEqual(self.code(self.log(old, offset=len(old)), seconds=-1), "not-joined")

    def test_a_log_that_was_rolled_over_counts_from_its_beginning(self):
        self.wait(self.log(listed_3_5(A) + LINE, offset=100000))

    def test_a_server_that_stops_fails(self):
        self.assertEqual(self.code(node_start.NewLines(self.path, 0), running=False), "service-failed")

    def test_a_master_that_is_gone_is_not_waited_for(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            line = "WARN -  [3.5] Couldn't join to the master : Address[127.0.0.1]:%d {com.hazelcast}\n" % port
            self.assertEqual(self.code(self.log(line), seconds=-1), "not-joined")
        self.assertEqual(self.code(self.log(line)), node_start.MASTER_GONE)
        self.wait(self.log(line + LINE))

    def test_the_turn_is_renewed_meanwhile(self):
        log = self.log("")
        renewed = []

        def renew():
            renewed.append(1)
            self.log(LINE)
        with mock.patch.object(node_start, "RENEW_SECONDS", -1):
            self.wait(log, renew=renew)
        self.assertEqual(renewed, [1])

    def test_a_database_that_is_away_ends_no_start_that_is_under_way(self):
        view = World().view("i-1", A)
        view.turn.renew = mock.Mock(side_effect=[node_mysql.DatabaseError("refused", "ERROR 2002 (HY000): Can't connect"),
                                                 node_mysql.DatabaseError("refused", "ERROR 1142 (42000): UPDATE command denied")])
        with mock.patch("sys.stdout", io.StringIO()):
            self.assertIsNone(view.renew())
        with self.assertRaises(node_mysql.DatabaseError):
            view.renew()


@unittest.skipIf(real_mysql.missing(), real_mysql.missing())
class TablesTest(unittest.TestCase):
    """With a real MySQL, and a user that may do no more than the cluster's."""

    TABLES = ("CREATE DATABASE carbon_cluster; "
              "CREATE TABLE carbon_cluster.turns (cluster VARCHAR(255) PRIMARY KEY, holder VARCHAR(64) NOT NULL, until DATETIME NOT NULL); "
              "CREATE TABLE carbon_cluster.members (cluster VARCHAR(255) NOT NULL, instance VARCHAR(64) NOT NULL, address VARCHAR(64) NOT NULL, "
              "port INT NOT NULL, joined DATETIME NOT NULL, PRIMARY KEY (cluster, instance)); "
              "CREATE USER 'start'@'%' IDENTIFIED BY 'x y' REQUIRE SSL; "
              "GRANT SELECT, INSERT, UPDATE, DELETE ON carbon_cluster.turns TO 'start'@'%'; "
              "GRANT SELECT, INSERT, UPDATE, DELETE ON carbon_cluster.members TO 'start'@'%'")

    @classmethod
    def setUpClass(cls):
        cls.database = real_mysql.RealMySql()
        cls.addClassCleanup(cls.database.stop)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server(*real_mysql.ADMIN).run(cls.TABLES)

    @classmethod
    def server(cls, user, password):
        return node_mysql.Server(real_mysql.client(), "127.0.0.1", str(cls.database.port), user, password, None, run=cls.folder.name)

    def setUp(self):
        self.shared = node_members.Shared(self.server("start", "x y"), patience=5)
        self.cluster = "it's \\ " + self.id()

        self.sessions = []
        self.addCleanup(lambda: [each.close() for each in self.sessions])
        self.addCleanup(self.shared.close)

    def of(self, kind, instance):
        return kind(self.shared, self.cluster, instance)

    def test_one_has_the_turn_until_it_gives_it_back(self):
        one, two = self.of(node_members.Turn, "i-1"), self.of(node_members.Turn, "i-2")
        self.assertEqual([one.take(), one.take(), one.renew(), two.take(), two.renew()], [None, None, None, "i-1", "i-1"])
        two.give_back()
        self.assertEqual(two.take(), "i-1")
        one.give_back()
        self.assertIsNone(two.take())
        self.assertEqual(one.renew(), "i-2")

    def test_who_says_nothing_loses_the_turn(self):
        one, two = self.of(node_members.Turn, "i-1"), self.of(node_members.Turn, "i-2")
        with mock.patch.object(node_members, "TURN_SECONDS", -1):
            one.take()
        self.assertIsNone(two.take())

    def test_clusters_have_turns_and_members_of_their_own(self):
        self.of(node_members.Turn, "i-1").take()
        self.of(node_members.Members, "i-1").record("10.0.0.1", 4000)
        self.cluster += " another"
        self.assertIsNone(self.of(node_members.Turn, "i-2").take())
        self.assertEqual(self.of(node_members.Members, "i-2").others(), [])

    def test_a_record_ends_with_its_node_or_with_its_address(self):
        one, two, three = (self.of(node_members.Members, name) for name in ("i-1", "i-2", "i-3"))
        one.record("10.0.0.1", 4000)
        one.record("10.0.0.1", 4001)
        two.record("10.0.0.2", 4000)
        self.assertEqual([each["port"] for each in three.others()], [4001, 4000])
        self.assertEqual([each["instance"] for each in one.others()], ["i-2"])
        three.record("10.0.0.1", 4000)
        self.assertEqual({each["instance"] for each in self.of(node_members.Members, "").others()}, {"i-2", "i-3"})
        two.forget("10.0.0.2")
        one.forget_all(one.others())
        self.assertEqual(one.others(), [])

    def test_the_tables_hold_while_many_take_the_turn_at_once(self):
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(12) as pool:
            holders = list(pool.map(self.take_in_a_session, range(12)))
        self.assertEqual(holders.count(None), 1)

    def take_in_a_session(self, index):
        shared = node_members.Shared(self.shared.server, patience=5)
        self.sessions.append(shared)
        return node_members.Turn(shared, self.cluster, "i-%d" % index).take()

    def test_one_client_asks_again_and_again_and_another_one_after_an_error(self):
        members = self.of(node_members.Members, "i-1")
        members.others()
        client = self.shared.session.client.pid
        members.record("10.0.0.1", 4000)
        self.assertEqual(members.others(), [])
        self.assertEqual(self.shared.session.client.pid, client)
        with self.assertRaisesRegex(node_mysql.DatabaseError, "syntax"):
            self.shared.run("SELEKT")
        self.assertEqual(members.others(), [])
        self.assertNotEqual(self.shared.session.client.pid, client)

    def test_a_connection_that_the_server_ends_is_made_anew(self):
        members = self.of(node_members.Members, "i-1")
        members.record("10.0.0.1", 4000)
        [[connection]] = self.shared.run("SELECT CONNECTION_ID()")
        self.server("start", "x y").run("KILL %s" % connection)
        self.assertEqual([each["port"] for each in self.of(node_members.Members, "i-2").others()], [4000])

    def test_a_connection_without_a_word_is_given_up(self):
        with mock.patch.object(node_members, "ANSWER_SECONDS", 0.5), self.assertRaises(node_mysql.DatabaseError) as caught:
            self.shared.run_once("SELECT SLEEP(30)")
        self.assertTrue(caught.exception.passes)

    def test_another_database_is_none_of_its_business(self):
        with self.assertRaisesRegex(node_mysql.DatabaseError, "denied"):
            self.shared.run("CREATE TABLE carbon_cluster.more (a INT)")


if __name__ == "__main__":
    unittest.main()

"""The look at the databases on a real MySQL server, by the very program that the node runs."""
import glob
import os
import shutil
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_databases  # noqa: E402
import node_mysql  # noqa: E402
import real_mysql  # noqa: E402

USER = ("one_db", "p'\"ONE\\")


@unittest.skipIf(real_mysql.missing(), real_mysql.missing())
class RealServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = real_mysql.RealMySql()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.run_folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.run_folder)
        self.admin = self.login(*real_mysql.ADMIN)
        self.admin.run("CREATE DATABASE ONE_DB; CREATE DATABASE OTHER_DB; CREATE TABLE OTHER_DB.T (A INT); "
                       "CREATE USER 'one_db'@'127.0.0.0/255.0.0.0' IDENTIFIED BY %s REQUIRE SSL; "
                       "GRANT SELECT ON `ONE\\_DB`.* TO 'one_db'@'127.0.0.0/255.0.0.0'" % node_mysql.literal(USER[1]))
        self.addCleanup(self.admin.run, "DROP DATABASE ONE_DB; DROP DATABASE OTHER_DB; DROP USER 'one_db'@'127.0.0.0/255.0.0.0'")

    def login(self, user, password):
        server = node_mysql.Server(real_mysql.client(), "127.0.0.1", str(self.server.port), user, password, None, run=self.run_folder)
        self.addCleanup(server.close)
        return server

    def refused(self, server, schema):
        with self.assertRaises(node_mysql.DatabaseError) as caught:
            node_databases.look(server, schema)
        return caught.exception

    def test_a_database_with_tables_will_do(self):
        self.admin.run("CREATE TABLE ONE_DB.T (A INT)")
        node_databases.look(self.login(*USER), {"name": "ONE_DB"})

    def test_a_database_without_tables_will_not_unless_nothing_makes_any(self):
        problem = self.refused(self.login(*USER), {"name": "ONE_DB"})
        self.assertEqual(problem.code, "no-tables")
        self.assertIn("ONE_DB", str(problem))
        node_databases.look(self.login(*USER), {"name": "ONE_DB", "empty": True})

    def test_a_database_that_is_not_the_users_is_refused(self):
        for name in ("OTHER_DB", "MISSING_DB"):
            problem = self.refused(self.login(*USER), {"name": name})
            self.assertEqual((problem.code, problem.number), ("refused", 1044))

    def test_a_password_that_the_database_does_not_know_is_refused_at_once(self):
        server = self.login(USER[0], "replaced")
        began = time.monotonic()
        with self.assertRaises(node_mysql.DatabaseError) as caught:
            server.wait()
        self.assertEqual((caught.exception.code, caught.exception.number), ("refused", 1045))
        self.assertLess(time.monotonic() - began, 5)

    def test_no_secret_is_on_a_command_line_or_in_an_environment_while_it_looks(self):
        asking = threading.Thread(target=self.login(*USER).run, args=("SELECT SLEEP(1)", "ONE_DB"))
        asking.start()
        seen = set()
        while asking.is_alive():
            seen.update(command_lines_and_environments())
            time.sleep(0.05)
        asking.join()
        client = os.path.basename(real_mysql.client()).encode()
        self.assertTrue(any(client in each and b"ONE_DB" in each for each in seen), "the client was never seen")
        self.assertEqual([each for each in seen if USER[1].encode() in each], [])

    def test_credentials_are_for_their_owner_only_and_gone_afterwards(self):
        server = node_mysql.Server(real_mysql.client(), "127.0.0.1", str(self.server.port), *USER, None, run=self.run_folder)
        self.assertEqual(os.stat(server.options).st_mode & 0o777, 0o600)
        server.close()
        self.assertFalse(os.path.exists(server.options))


def command_lines_and_environments():
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as file:
                yield file.read()
        except OSError:
            pass  # it has ended meanwhile, or is another user's


if __name__ == "__main__":
    unittest.main()

"""Databases, users and tables on a real MySQL server, by the very program that the node runs."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_databases  # noqa: E402
import node_mysql  # noqa: E402
import real_mysql  # noqa: E402

NETWORK = "127.0.0.0/8"
ROWS = ["SELECT", "INSERT", "UPDATE", "DELETE"]
SCRIPT = "CREATE TABLE T (A INT PRIMARY KEY);\nINSERT INTO T VALUES (1);\n"


class NamesTest(unittest.TestCase):
    def test_a_network_becomes_the_host_of_a_user(self):
        self.assertEqual(node_databases.client_host("10.0.0.0/16"), "10.0.0.0/255.255.0.0")
        self.assertEqual(node_databases.client_host("%"), "%")

    def test_a_grant_is_for_one_database_only(self):
        self.assertEqual(node_databases.grant_pattern("WSO2AM_DB"), "`WSO2AM\\_DB`")


@unittest.skipIf(real_mysql.missing(), real_mysql.missing())
class RealServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = real_mysql.RealMySql()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        self.admin = self.login(*real_mysql.ADMIN)
        self.addCleanup(self.drop_everything)

    def drop_everything(self):
        for row in self.admin.run("SELECT schema_name FROM information_schema.schemata"):
            if row[0] not in ("mysql", "sys", "information_schema", "performance_schema"):
                self.admin.run("DROP DATABASE `%s`" % row[0])
        for user, host in self.admin.run("SELECT user, host FROM mysql.user WHERE user LIKE '%\\_db'"):
            self.admin.run("DROP USER '%s'@'%s'" % (user, host))

    def login(self, user, password):
        server = node_mysql.Server(real_mysql.client(), "127.0.0.1", str(self.server.port), user, password, None, run=self.home)
        self.addCleanup(server.close)
        return server

    def schema(self, name, script=SCRIPT, privileges=None, **more):
        path = name + ".sql"
        with open(os.path.join(self.home, path), "w", encoding="utf-8") as file:
            file.write(script)
        return dict({"name": name, "characterSet": "latin1", "scripts": [path], "username": name.lower(), "password": "p'%s\\" % name,
                     "privileges": privileges or ROWS}, **more)

    def prepare(self, *schemas, network=NETWORK):
        node_databases.prepare(self.admin, schemas, self.home, network)

    def user_of(self, schema):
        return self.login(schema["username"], schema["password"])

    def refused(self, server, sql, database=None):
        with self.assertRaises(node_mysql.DatabaseError) as caught:
            server.run(sql, database)
        return str(caught.exception)

    def test_makes_database_user_and_tables_and_a_second_run_changes_nothing(self):
        schema = self.schema("ONE_DB")
        self.prepare(schema)
        self.user_of(schema).run("INSERT INTO T VALUES (2)", "ONE_DB")
        self.prepare(schema)
        self.assertEqual(self.admin.run("SELECT A FROM ONE_DB.T ORDER BY A"), [["1"], ["2"]])
        self.assertEqual(self.admin.run("SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = 'ONE_DB'"), [["latin1"]])

    def test_a_user_reads_and_writes_rows_and_changes_no_table(self):
        schema = self.schema("ROWS_DB")
        self.prepare(schema)
        user = self.user_of(schema)
        user.run("INSERT INTO T VALUES (2); UPDATE T SET A = 3 WHERE A = 2; DELETE FROM T WHERE A = 1", "ROWS_DB")
        self.assertEqual(user.run("SELECT A FROM T", "ROWS_DB"), [["3"]])
        for sql in ("CREATE TABLE U (A INT)", "DROP TABLE T", "ALTER TABLE T ADD B INT", "CREATE INDEX I ON T (A)", "TRUNCATE T"):
            self.assertIn("denied", self.refused(user, sql, "ROWS_DB"))

    def test_a_product_that_mends_its_tables_may(self):
        schema = self.schema("BPS_DB", privileges=ROWS + ["CREATE", "ALTER", "DROP", "INDEX", "REFERENCES"])
        self.prepare(schema)
        self.user_of(schema).run("CREATE TABLE U (B INT, FOREIGN KEY (B) REFERENCES T (A)); ALTER TABLE U ADD C INT; "
                                 "CREATE INDEX I ON U (C); DROP TABLE U", "BPS_DB")

    def test_privileges_that_are_no_longer_wanted_are_taken_back(self):
        self.prepare(self.schema("LESS_DB", privileges=ROWS + ["CREATE", "SHOW VIEW"]))
        less = self.schema("LESS_DB")
        self.prepare(less)
        self.assertIn("denied", self.refused(self.user_of(less), "CREATE TABLE U (A INT)", "LESS_DB"))
        self.assertEqual(self.user_of(less).run("SELECT A FROM T", "LESS_DB"), [["1"]])

    def test_a_user_of_one_database_is_refused_in_another(self):
        one, other = self.schema("X_DB"), self.schema("XaDB")  # _ is a wildcard in a grant that forgets to escape it
        other["username"] = "other_db"
        self.prepare(one, other)
        self.assertIn("denied", self.refused(self.user_of(one), "SELECT * FROM XaDB.T"))
        self.assertIn("denied", self.refused(self.user_of(one), "SELECT * FROM carbon_cluster.schemas"))

    def test_a_user_from_another_network_is_refused(self):
        schema = self.schema("FAR_DB")
        self.prepare(schema, network="10.0.0.0/8")
        self.assertIn("Access denied", self.refused(self.user_of(schema), "SELECT 1"))
        self.prepare(schema, network="%")
        self.assertEqual(self.user_of(schema).run("SELECT 1"), [["1"]])

    def test_a_connection_without_tls_is_refused(self):
        schema = self.schema("TLS_DB")
        self.prepare(schema)
        user = self.user_of(schema)
        self.assertNotEqual(user.run("SHOW STATUS LIKE 'Ssl_cipher'")[0][1:], [""])
        with open(user.options, encoding="utf-8") as file:
            without = file.read().replace("loose_ssl=1", "loose_ssl=0").replace("loose_ssl-mode=REQUIRED", "loose_ssl-mode=DISABLED")
        with open(user.options, "w", encoding="utf-8") as file:
            file.write(without)
        self.assertRegex(self.refused(user, "SELECT 1"), "secure|Access denied")

    def test_a_rotated_password_is_set_anew(self):
        schema = self.schema("ROTATED_DB")
        self.prepare(schema)
        self.prepare(dict(schema, password="new"))
        self.assertEqual(self.login("rotated_db", "new").run("SELECT 1"), [["1"]])
        self.assertIn("Access denied", self.refused(self.user_of(schema), "SELECT 1"))

    def test_ten_nodes_racing_load_each_schema_once(self):
        # The second load of these tables would fail, and so would one that runs into another.
        schemas = [self.schema("RACE%d_DB" % index, SCRIPT + "SELECT SLEEP(0.2);\nCREATE INDEX I ON T (A);\n") for index in range(2)]
        problems = []

        def node():
            try:
                server = node_mysql.Server(real_mysql.client(), "127.0.0.1", str(self.server.port), *real_mysql.ADMIN, None, run=self.home)
                node_databases.prepare(server, schemas, self.home, NETWORK)
                server.close()
            except Exception as problem:  # pylint: disable=broad-except
                problems.append(problem)

        nodes = [threading.Thread(target=node) for _ in range(10)]
        for each in nodes:
            each.start()
        for each in nodes:
            each.join()
        self.assertEqual(problems, [])
        self.assertEqual(self.admin.run("SELECT name, state FROM carbon_cluster.schemas ORDER BY name"),
                         [["RACE%d_DB" % index, "loaded"] for index in range(2)])
        for schema in schemas:
            self.assertEqual(self.user_of(schema).run("SELECT A FROM T", schema["name"]), [["1"]])

    def test_a_load_that_was_cut_short_starts_anew(self):
        broken = self.schema("HALF_DB", SCRIPT + "CREATE NONSENSE;\n")
        with self.assertRaises(node_mysql.DatabaseError) as caught:
            self.prepare(broken)
        self.assertEqual(caught.exception.code, "script")
        self.assertEqual(self.admin.run("SELECT state FROM carbon_cluster.schemas"), [["loading"]])
        self.prepare(self.schema("HALF_DB"))
        self.assertEqual(self.admin.run("SELECT A FROM HALF_DB.T"), [["1"]])

    def test_tables_that_are_there_stay_as_they_are(self):
        self.admin.run("CREATE DATABASE OLD_DB; CREATE TABLE OLD_DB.MINE (A INT); INSERT INTO OLD_DB.MINE VALUES (7)")
        schema = self.schema("OLD_DB")
        self.prepare(schema)
        self.prepare(schema)
        self.assertEqual(self.user_of(schema).run("SELECT A FROM MINE", "OLD_DB"), [["7"]])
        self.assertIn("doesn't exist", self.refused(self.admin, "SELECT * FROM OLD_DB.T"))

    def test_no_secret_is_on_a_command_line_or_in_an_environment_while_it_loads(self):
        schema = self.schema("SLOW_DB", SCRIPT + "SELECT SLEEP(1);\n")
        loading = threading.Thread(target=self.prepare, args=(schema,))
        loading.start()
        seen = set()
        while loading.is_alive():
            seen.update(command_lines_and_environments())
            time.sleep(0.05)
        loading.join()
        client = os.path.basename(real_mysql.client()).encode()
        self.assertTrue(any(client in each and b"SLOW_DB" in each for each in seen), "the client was never seen")
        for secret in (real_mysql.ADMIN[1], schema["password"]):
            self.assertEqual([each for each in seen if secret.encode() in each], [])

    def test_credentials_are_for_their_owner_only_and_gone_afterwards(self):
        server = node_mysql.Server(real_mysql.client(), "127.0.0.1", str(self.server.port), *real_mysql.ADMIN, None, run=self.home)
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

"""No error of the database's client shows a piece of a statement, which may hold a password: by a real server, in both modes of its strings."""
import shutil
import sys
import os
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_mysql  # noqa: E402
import real_mysql  # noqa: E402

SECRET = "pass'word\" # 'secret\\' tail"


class ReasonTest(unittest.TestCase):
    def test_what_the_server_quotes_is_left_out(self):
        said = b"ERROR 1064 (42000) at line 1: You have an error in your SQL syntax; check the manual for the right syntax to use near 'secret' tail'' at line 1\n"
        reason = str(node_mysql.refusal(said))
        self.assertNotIn("secret", reason)
        self.assertTrue(reason.startswith("ERROR 1064 (42000) at line 1: You have an error in your SQL syntax"), reason)

    def test_other_errors_are_told_whole(self):
        said = b"ERROR 1045 (28000): Access denied for user 'near'@'10.0.0.1' (using password: YES)\n"
        self.assertEqual(str(node_mysql.refusal(said)), said.decode().strip())


@unittest.skipIf(real_mysql.missing(), real_mysql.missing())
class ModesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = real_mysql.RealMySql()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        run = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, run)
        self.admin = node_mysql.Server(real_mysql.client(), "127.0.0.1", str(self.server.port), *real_mysql.ADMIN, None, run=run)
        self.addCleanup(self.admin.close)

    def test_a_literal_is_one_string_in_both_modes(self):
        for mode in ("", "NO_BACKSLASH_ESCAPES"):
            text = SECRET if mode == "" else SECRET.replace("\\", "")
            rows = self.admin.run("SET SESSION sql_mode='%s'; SELECT HEX(%s)" % (mode, node_mysql.literal(text)))
            self.assertEqual(rows, [[text.encode().hex().upper()]], mode)
            # With backslashes too it is one string, whatever string.
            self.assertEqual(len(self.admin.run("SET SESSION sql_mode='%s'; SELECT HEX(%s)" % (mode, node_mysql.literal(SECRET)))), 1)

    def test_an_error_of_syntax_tells_no_secret(self):
        with self.assertRaises(node_mysql.DatabaseError) as caught:
            self.admin.run("SELEKT 'secret of somebody'")
        self.assertEqual(caught.exception.number, 1064)
        self.assertNotIn("SELEKT", str(caught.exception))
        self.assertNotIn("secret", str(caught.exception))


if __name__ == "__main__":
    unittest.main()

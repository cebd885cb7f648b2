"""What of a product's logs is removed, as its own user, and what of the boot's is cut."""
import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_cleaning  # noqa: E402
import node_units  # noqa: E402

NOW = 1764547200
DAY = 86400


class CleaningTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        self.logs = os.path.join(self.home, "repository", "logs")
        os.makedirs(self.logs)

    def file(self, name, size=10, days=0.0, folder=None):
        path = os.path.join(folder or self.logs, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(bytes(size))
        os.utime(path, (NOW - days * DAY, NOW - days * DAY))
        return path

    def clean(self, days=7, limit=1 << 20, free_share=0.5):
        return node_cleaning.clean(self.home, days, limit, NOW, free_share)

    def left(self):
        return sorted(os.path.relpath(os.path.join(place, name), self.logs) for place, _, names in os.walk(self.logs) for name in names)

    def test_ended_logs_of_every_kind_go_when_they_are_old(self):
        # log4j 1 and 2, Tomcat, tenants and archives, by the patterns of the shipped log4j.properties, log4j2.properties and catalina-server.xml.
        for name in ("wso2carbon.log.2026-11-01", "wso2carbon-11-01-2026.log", "http_access_2026-11-01.log", "http_access_.2026-11-01.log",
                     "tenant/audit.log.2026-11-01", "wso2carbon.log.3", "wso2-apigw-service.log.gz"):
            self.file(name, days=8)
            self.file("recent/" + name, days=6)
        self.clean()
        self.assertTrue(all(each.startswith("recent/") for each in self.left()))
        self.assertEqual(len(self.left()), 7)

    def test_what_the_server_writes_stays_however_long_it_is_silent(self):
        kept = ["audit.log", "wso2carbon.log", "wso2-mb-admin-audit-logs.log"]
        for name in kept:
            self.file(name, days=400)
        self.assertEqual(self.clean(), [])
        self.assertEqual(self.left(), sorted(kept))

    def test_the_log_of_today_has_a_date_and_stays(self):
        path = self.file("http_access_2025-12-01.log", size=500)
        self.assertEqual(self.clean(limit=1000), [])
        # Even when it alone is too much: its writer goes on with the file that is there.
        self.assertEqual(self.clean(limit=100), [path])
        self.assertTrue(os.path.exists(path))

    def test_beyond_the_limit_the_oldest_go_first(self):
        for days in (2, 3, 4, 5):
            self.file("wso2carbon.log.2025-11-2%d" % days, size=400, days=days)
        self.file("wso2carbon.log", size=100)
        self.clean(limit=1000)
        self.assertEqual(self.left(), ["wso2carbon.log", "wso2carbon.log.2025-11-22", "wso2carbon.log.2025-11-23"])

    def test_a_log_that_alone_is_too_large_is_emptied_under_its_writer(self):
        path = self.file("wso2carbon.log", size=5000)
        self.file("audit.log", size=100)
        with open(path, "ab") as writer:
            self.assertEqual(self.clean(limit=1000), [path])
            writer.write(b"next line\n")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"next line\n")
        self.assertEqual(os.path.getsize(os.path.join(self.logs, "audit.log")), 100)

    def test_dumps_stay_for_their_time_while_there_is_room(self):
        names = ("repository/logs/heap-dump.hprof", "java_pid12.hprof", "hs_err_pid12.log")
        for name in names:
            self.file(name, size=5000, days=6, folder=self.home)
        self.assertEqual(self.clean(limit=1000), [], "a dump does not count as a log")
        self.assertEqual(len(self.clean(free_share=0.09)), 3)
        for name in names:
            self.file(name, days=8, folder=self.home)
        self.assertEqual(len(self.clean()), 3)

    def test_nothing_behind_a_link_is_touched(self):
        outside = tempfile.mkdtemp()
        old = self.file("wso2carbon.log.2020-01-01", days=900, folder=outside)
        large = self.file("large.log", size=5000, folder=outside)
        os.symlink(outside, os.path.join(self.logs, "folder"))
        os.symlink(old, os.path.join(self.logs, "link.2020-01-01"))
        os.symlink(large, os.path.join(self.logs, "large.log"))
        os.mkfifo(os.path.join(self.logs, "pipe.log"))
        self.assertEqual(self.clean(limit=1000), [])
        self.assertEqual((os.path.getsize(old), os.path.getsize(large)), (10, 5000))
        with self.assertRaises(OSError):
            node_cleaning.empty(os.path.join(self.logs, "large.log"))

    def test_the_free_share_of_a_real_volume(self):
        self.assertTrue(0 < node_cleaning.share_free(self.home) <= 1)


class OwnLogsTest(unittest.TestCase):
    def test_a_large_log_is_kept_once_and_its_writers_go_on(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "boot.log")
            with open(path, "ab", buffering=0) as writer:
                for turn in (b"a", b"b", b"c"):
                    writer.write(turn * 2000)
                    node_cleaning.rotate_own(folder, 1000)
                    writer.write(b"small")
                    node_cleaning.rotate_own(folder, 1000)
            self.assertEqual(sorted(os.listdir(folder)), ["boot.log", "boot.log.1"])
            with open(path, "rb") as now, open(path + ".1", "rb") as before:
                self.assertEqual((now.read(), before.read()), (b"small", b"small" + b"c" * 2000))


class UnitTest(unittest.TestCase):
    def test_the_products_logs_are_never_roots_work(self):
        written = {}
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(node_cleaning, "UNITS", folder), mock.patch.object(node_units.subprocess, "run"):
            for user in ("wso2carbon", None):
                node_cleaning.install("/p/boot.py", user)
                with open(os.path.join(folder, node_cleaning.UNIT), encoding="utf-8") as file:
                    written[user] = file.read()
        self.assertIn("User=wso2carbon\nExecStart=/usr/bin/python3 /p/boot.py clean-logs\n", written["wso2carbon"])
        self.assertNotIn("+/usr/bin/python3 /p/boot.py clean-logs", written["wso2carbon"])
        self.assertNotIn("clean-logs", written[None])
        self.assertIn("ExecStart=+/usr/bin/python3 /p/boot.py rotate-own-logs\n", written[None])


if __name__ == "__main__":
    unittest.main()

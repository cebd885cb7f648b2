"""The pack: checksums, unpacking, the driver."""
import codecs
import getpass
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import zipfile
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import boot  # noqa: E402
import node_home  # noqa: E402
import node_pack  # noqa: E402


class Bucket:
    """Stands for S3: `download` copies from a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.asked = []

    def download(self, _bucket, key, target):
        self.asked.append(key)
        shutil.copyfile(os.path.join(self.folder, key), target)


class PackTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.bucket = Bucket(self.folder)
        self.user = getpass.getuser()
        self.products = os.path.join(self.folder, "products")
        os.makedirs(self.products)

    def pack(self, entries, name="pack.zip"):
        path = os.path.join(self.folder, name)
        with zipfile.ZipFile(path, "w") as archive:
            for entry, (text, mode) in entries.items():
                info = zipfile.ZipInfo(entry)
                info.external_attr = mode << 16
                archive.writestr(info, text)
        return path, node_pack.sha256(path)

    def fetch(self, **source):
        return node_pack.fetch(dict({"bucket": "b", "key": "pack.zip"}, **source), os.path.join(self.folder, "work"), self.bucket.download)

    def test_given_checksum(self):
        _, checksum = self.pack({"home/a": ("a", 0o644)})
        path, found = self.fetch(sha256=checksum)
        self.assertEqual(found, checksum)
        self.assertEqual(node_pack.sha256(path), checksum)

    def test_checksum_beside_the_pack(self):
        _, checksum = self.pack({"home/a": ("a", 0o644)})
        with open(os.path.join(self.folder, "pack.zip.sha256"), "w", encoding="ascii") as file:
            file.write("%s  pack.zip\n" % checksum.upper())
        self.assertEqual(self.fetch()[1], checksum)

    def test_a_checksum_is_read_however_the_file_beside_the_pack_was_written(self):
        _, checksum = self.pack({"home/a": ("a", 0o644)})
        line = "%s  pack.zip\r\n"
        for written in ((line % checksum).encode("utf-8-sig"), (line % checksum.upper()).encode("utf-16"),
                        codecs.BOM_UTF16_BE + (line % checksum).encode("utf-16-be"), ("\n%s" % checksum).encode()):
            with self.subTest(written[:8]), open(os.path.join(self.folder, "pack.zip.sha256"), "wb") as file:
                file.write(written)
                file.flush()
                self.assertEqual(self.fetch()[1], checksum)

    def test_what_only_begins_like_a_checksum_is_not_one(self):
        for data in (b"", b"\xff\xfe", b"\x00" * 64, b"0" * 63, b"0" * 65, b"sha256 " + b"0" * 64, "\u0664".encode() * 64):
            self.assertIsNone(node_pack.checksum_in(data), data[:8])

    def test_a_given_checksum_in_capitals(self):
        _, checksum = self.pack({"home/a": ("a", 0o644)})
        self.assertEqual(self.fetch(sha256=checksum.upper())[1], checksum)

    def test_wrong_checksum_is_refused_and_the_file_gone(self):
        self.pack({"home/a": ("a", 0o644)})
        with self.assertRaises(node_pack.PackError) as caught:
            self.fetch(sha256="0" * 64)
        self.assertEqual(caught.exception.code, "checksum")
        self.assertEqual(os.listdir(os.path.join(self.folder, "work")), [])

    def test_no_checksum_anywhere(self):
        self.pack({"home/a": ("a", 0o644)})
        with open(os.path.join(self.folder, "pack.zip.sha256"), "w", encoding="ascii") as file:
            file.write("nonsense\n")
        with self.assertRaises(node_pack.PackError) as caught:
            self.fetch()
        self.assertEqual(caught.exception.code, "checksum")

    def test_a_file_that_is_there_is_not_fetched_again(self):
        _, checksum = self.pack({"home/a": ("a", 0o644)})
        self.fetch(sha256=checksum)
        self.fetch(sha256=checksum)
        self.assertEqual(self.bucket.asked, ["pack.zip"])

    def test_unpack_keeps_modes_and_happens_once(self):
        path, checksum = self.pack({"home/bin/run.sh": ("#!/bin/sh\n", 0o755), "home/conf/a.xml": ("<a/>", 0o644)})
        home = node_pack.unpack(path, checksum, self.products, self.user)
        self.assertEqual(home, os.path.join(self.products, "home"))
        self.assertTrue(os.access(os.path.join(home, "bin/run.sh"), os.X_OK))
        with open(os.path.join(home, "conf/a.xml"), "w", encoding="utf-8") as file:
            file.write("edited")
        self.assertEqual(node_pack.unpack(path, checksum, self.products, self.user), home)
        with open(os.path.join(home, "conf/a.xml"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "edited")

    def test_an_interrupted_unpacking_is_begun_anew(self):
        path, checksum = self.pack({"home/a": ("a", 0o644)})
        os.makedirs(os.path.join(self.products, ".unpacking", "home"))
        home = node_pack.unpack(path, checksum, self.products, self.user)
        self.assertEqual(os.listdir(home), ["a"])

    def test_another_pack_never_lands_on_a_home_that_is_in_use(self):
        first, one = self.pack({"home/a": ("a", 0o644)}, "one.zip")
        second, two = self.pack({"home/b": ("b", 0o644)}, "two.zip")
        node_pack.unpack(first, one, self.products, self.user)
        with self.assertRaises(node_pack.PackError) as caught:
            node_pack.unpack(second, two, self.products, self.user)
        self.assertEqual(caught.exception.code, "occupied")

    def test_not_a_zip(self):
        path = os.path.join(self.folder, "pack.zip")
        with open(path, "w", encoding="ascii") as file:
            file.write("<html>not found</html>")
        with self.assertRaises(node_pack.PackError) as caught:
            node_pack.unpack(path, "x", self.products, self.user)
        self.assertEqual(caught.exception.code, "not-a-zip")

    def refused(self, path):
        with self.assertRaises(node_pack.PackError) as caught:
            node_pack.unpack(path, "0" * 64, self.products, self.user)
        self.assertEqual([each for each in os.listdir(self.products) if not each.startswith(".")], [])
        self.assertEqual(os.listdir(os.path.join(self.products, ".unpacking")), [], "something was unpacked")
        return caught.exception

    @unittest.skipUnless(shutil.which("zip"), "zip is not there to encrypt a pack")
    def test_an_encrypted_pack_is_refused_before_anything_is_unpacked(self):
        for name in ("a", "b"):
            os.makedirs(os.path.join(self.folder, "home"), exist_ok=True)
            with open(os.path.join(self.folder, "home", name), "w", encoding="ascii") as file:
                file.write(name)
        subprocess.run(["zip", "-q", "plain.zip", "home/a"], cwd=self.folder, check=True)
        # One encrypted entry behind one that is not: all are looked at first.
        subprocess.run(["zip", "-q", "-P", "secret", "plain.zip", "home/b"], cwd=self.folder, check=True)
        problem = self.refused(os.path.join(self.folder, "plain.zip"))
        self.assertEqual(problem.code, "encrypted-zip")

    def test_a_pack_with_a_pipe_a_device_or_a_socket_is_refused(self):
        for kind in (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK):
            path, _ = self.pack({"home/a": ("a", stat.S_IFREG | 0o644), "home/b": ("", kind | 0o644)})
            problem = self.refused(path)
            self.assertEqual(problem.code, "special-file")
            self.assertIn("'home/b'", str(problem))

    def test_entries_never_leave_the_folder(self):
        path, checksum = self.pack({"home/a": ("a", 0o644), "../outside": ("o", 0o644)})
        with self.assertRaises(node_pack.PackError):
            node_pack.unpack(path, checksum, self.products, self.user)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "outside")))

    def driver(self, home, jar=None):
        """As the boot does it, by the service's user."""
        if jar is None:
            return node_home.driver(home, "lib", "com.mysql.jdbc.Driver")
        with open(jar, "rb") as file:
            return node_home.driver(home, "lib", "com.mysql.jdbc.Driver", os.path.basename(jar), os.dup(file.fileno()))

    def home_with_lib(self):
        home = os.path.join(self.products, "home")
        os.makedirs(os.path.join(home, "lib"))
        return home

    def test_driver(self):
        home = self.home_with_lib()
        jar, checksum = self.pack({"com/mysql/jdbc/Driver.class": ("", 0o644)}, "driver.jar")
        with self.assertRaises(node_pack.PackError) as caught:
            self.driver(home)
        self.assertEqual(caught.exception.code, "jdbc-driver")
        self.assertIn("Connector/J 5.1.49", str(caught.exception))
        self.driver(home, jar)
        self.driver(home)
        self.assertEqual(node_pack.sha256(os.path.join(home, "lib", "driver.jar")), checksum)
        self.assertEqual(os.listdir(os.path.join(home, "lib")), ["driver.jar"])

    def test_a_driver_of_the_pack_that_does_not_log_in_is_named(self):
        home = self.home_with_lib()
        jar, _ = self.pack({"com/mysql/jdbc/Driver.class": ("", 0o644)}, "mysql-connector-java-5.1.38-bin.jar")
        shutil.copy(jar, os.path.join(home, "lib"))
        with self.assertRaises(node_pack.PackError) as caught:
            self.driver(home)
        self.assertEqual(caught.exception.code, "jdbc-driver")
        self.assertIn("mysql-connector-java-5.1.38-bin.jar in lib does not log in", str(caught.exception))

    def test_downloads_are_in_a_folder_in_which_nobody_else_writes(self):
        _, checksum = self.pack({"home/a": ("a", 0o644)})
        work = os.path.join(self.folder, "work")
        os.mkdir(work, 0o777)
        self.fetch(sha256=checksum)
        self.assertEqual(os.stat(work).st_mode & 0o777, 0o700)
        shutil.rmtree(work)
        os.symlink(self.products, work)
        self.assertDownloadsRefused(checksum)
        if os.geteuid() == 0:
            os.remove(work)
            os.mkdir(work)
            os.chown(work, 65534, 65534)
            self.assertDownloadsRefused(checksum)

    def assertDownloadsRefused(self, checksum):
        with self.assertRaises(node_pack.PackError) as caught:
            self.fetch(sha256=checksum)
        self.assertEqual(caught.exception.code, "downloads")
        self.assertEqual(os.listdir(self.products), [])

    def test_a_machine_that_loses_its_power_before_or_after_the_home_has_its_name_goes_on(self):
        path, checksum = self.pack({"home/a": ("a", 0o644)})
        with mock.patch.object(node_pack.os, "rename", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            node_pack.unpack(path, checksum, self.products, self.user)
        with mock.patch.object(node_pack.os, "rmdir", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            node_pack.unpack(path, checksum, self.products, self.user)
        self.assertEqual(os.listdir(node_pack.unpack(path, checksum, self.products, self.user)), ["a"])

    def test_the_packs_folder_may_have_the_name_of_the_link_to_it(self):
        path, checksum = self.pack({"carbon/a": ("a", 0o644)})
        home = node_pack.unpack(path, checksum, self.products, self.user)
        link = os.path.join(self.products, "carbon")
        for _ in range(2):
            boot.link(home, link)
            self.assertEqual((os.path.realpath(link), os.listdir(link)), (os.path.realpath(home), ["a"]))

    def test_a_folder_whose_name_could_be_one_of_ours_is_refused(self):
        path, checksum = self.pack({".unpacking/a": ("a", 0o644)})
        with self.assertRaises(node_pack.PackError) as caught:
            node_pack.unpack(path, checksum, self.products, self.user)
        self.assertEqual(caught.exception.code, "layout")

    def test_names_of_drivers(self):
        for name, works in (("mysql-connector-java-5.1.45.jar", False), ("mysql-connector-java-5.1.49.jar", True), ("mysql-connector-j-8.4.0.jar", True),
                            ("mysql-connector-java-6.0.6.jar", False), ("mariadb-java-client-2.7.12.jar", True), ("mariadb-java-client-3.1.4.jar", False),
                            ("mysql.connector.java_5.1.45_1.0.0.jar", True)):
            self.assertEqual(node_pack.logs_in(name), works, name)


if __name__ == "__main__":
    unittest.main()

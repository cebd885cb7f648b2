"""Packages: the client of the database, and mirrors that are away."""
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_packages  # noqa: E402

DNF = """#!/bin/sh
# Knows the packages in $KNOWN, while the file `away` is not there; the client comes with each of them that is not in $EMPTY, none that is in $BROKEN.
for package; do :; done
case "$*" in
  *makecache) test ! -e "$FOLDER/away"; exit ;;
  *info*) test ! -e "$FOLDER/away" || exit 1; case " $KNOWN " in *" $package "*) exit 0 ;; *) exit 1 ;; esac ;;
esac
echo "$package" >> "$FOLDER/asked"
test ! -e "$FOLDER/away" || exit 1
case " $KNOWN " in *" $package "*) ;; *) exit 1 ;; esac
case " $BROKEN " in *" $package "*) exit 1 ;; esac
case " $EMPTY " in *" $package "*) exit 0 ;; esac
printf '#!/bin/sh\\n' > "$FOLDER/mariadb"
chmod 755 "$FOLDER/mariadb"
"""


class MySqlClient(unittest.TestCase):
    def client(self, known, empty="", broken="", away=0):
        """What is found where a real program called dnf knows these packages, and which packages it was asked for. Its mirrors do not answer for
        `away` seconds."""
        with tempfile.TemporaryDirectory() as folder:
            dnf = os.path.join(folder, "dnf")
            with open(dnf, "w", encoding="ascii") as file:
                file.write(DNF)
            os.chmod(dnf, stat.S_IRWXU)
            tools = os.path.join(folder, "tools")
            os.mkdir(tools)
            for name in ("sh", "chmod"):
                os.symlink("/bin/" + name, os.path.join(tools, name))
            environment = {"PATH": folder + os.pathsep + tools, "FOLDER": folder, "KNOWN": known, "EMPTY": empty, "BROKEN": broken}
            gone = os.path.join(folder, "away")
            if away:
                with open(gone, "w", encoding="ascii"):
                    pass
            self.now = 0

            def sleep(seconds):
                self.now += seconds
                if away and self.now >= away and os.path.exists(gone):
                    os.remove(gone)
            clock = mock.Mock(monotonic=lambda: self.now, sleep=sleep)
            with mock.patch.dict(os.environ, environment), mock.patch.object(node_packages, "time", clock):
                try:
                    found = os.path.basename(node_packages.mysql_client())
                finally:
                    with open(os.path.join(folder, "asked"), encoding="ascii") as file:
                        self.asked = file.read().split()
            return found

    def test_the_supported_client_is_taken_where_the_image_has_it(self):
        self.assertEqual(self.client("mariadb1011 mariadb105"), "mariadb")
        self.assertEqual(self.asked, ["mariadb1011"])

    def test_an_older_image_has_the_older_client(self):
        self.assertEqual(self.client("mariadb105"), "mariadb")
        self.assertEqual(self.asked, ["mariadb1011", "mariadb105"])

    def test_a_package_without_a_client_is_not_the_last_word(self):
        self.assertEqual(self.client("mariadb1011 mariadb105", "mariadb1011"), "mariadb")
        self.assertEqual(self.asked, ["mariadb1011", "mariadb105"])

    def test_no_client_at_all_fails_at_once(self):
        with self.assertRaises(node_packages.PackageError) as caught:
            self.client("")
        self.assertEqual((self.asked, caught.exception.code, self.now), (["mariadb1011", "mariadb105"], "no-package", 0))

    def test_mirrors_that_are_away_are_waited_for_and_do_not_mean_that_there_is_no_such_package(self):
        self.assertEqual(self.client("mariadb1011 mariadb105", away=300), "mariadb")
        self.assertEqual(set(self.asked), {"mariadb1011"})
        self.assertGreaterEqual(self.now, 300)

    def test_mirrors_that_stay_away_are_told_when_the_time_of_the_boot_is_over(self):
        with self.assertRaises(node_packages.PackageError) as caught, \
                mock.patch.object(node_packages.node_clock, "_running", mock.Mock(left=lambda: 120)):
            self.client("mariadb1011 mariadb105", away=10 ** 6)
        self.assertEqual(caught.exception.code, "mirrors")
        self.assertEqual(set(self.asked), {"mariadb1011"})
        self.assertLessEqual(self.now, 120)

    def test_a_package_that_does_not_install_is_tried_three_times(self):
        with self.assertRaises(node_packages.PackageError) as caught:
            self.client("mariadb1011 mariadb105", broken="mariadb1011 mariadb105")
        self.assertEqual((self.asked, caught.exception.code), (["mariadb1011"] * 3 + ["mariadb105"] * 3, "package"))


class RealAptTest(unittest.TestCase):
    @unittest.skipIf(not shutil.which("apt-get"), "apt is not installed")
    def test_lists_that_cannot_be_fetched_are_an_error_of_apt(self):
        """By default that is a warning, and the exit code is 0."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("lists/partial", "cache/archives/partial", "etc/sources.list.d"):
                os.makedirs(os.path.join(folder, name))
            with open(os.path.join(folder, "etc", "sources.list"), "w", encoding="ascii") as file:
                file.write("deb [trusted=yes] http://127.0.0.1:9/debian stable main\n")
            options = ["-o", "Dir::Etc=%s/etc" % folder, "-o", "Dir::State::lists=%s/lists" % folder, "-o", "Dir::Cache=%s/cache" % folder,
                       "-o", "Acquire::Retries=0", "-o", "APT::Sandbox::User=root", "-o", "Acquire::http::Proxy=false"]
            manager, *arguments = node_packages.REFRESH["apt-get"]
            plain = [manager] + [each for each in arguments if each not in ("-o", "APT::Update::Error-Mode=any")]
            codes = [subprocess.run(command + options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
                     for command in (plain, [manager] + arguments)]
        self.assertEqual((codes[0], codes[1] != 0), (0, True))


if __name__ == "__main__":
    unittest.main()

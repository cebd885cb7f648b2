"""Packages: the client of the database."""
import os
import stat
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_packages  # noqa: E402

DNF = """#!/bin/sh
# Knows the packages in $KNOWN; the client comes with each of them that is not in $EMPTY.
for package; do :; done
echo "$package" >> "$FOLDER/asked"
case " $KNOWN " in *" $package "*) ;; *) exit 1 ;; esac
case " $EMPTY " in *" $package "*) exit 0 ;; esac
printf '#!/bin/sh\\n' > "$FOLDER/mariadb"
chmod 755 "$FOLDER/mariadb"
"""


class MySqlClient(unittest.TestCase):
    def client(self, known, empty=""):
        """What is found where a real program called dnf knows these packages, and which packages it was asked for."""
        with tempfile.TemporaryDirectory() as folder:
            dnf = os.path.join(folder, "dnf")
            with open(dnf, "w", encoding="ascii") as file:
                file.write(DNF)
            os.chmod(dnf, stat.S_IRWXU)
            tools = os.path.join(folder, "tools")
            os.mkdir(tools)
            for name in ("sh", "chmod"):
                os.symlink("/bin/" + name, os.path.join(tools, name))
            environment = {"PATH": folder + os.pathsep + tools, "FOLDER": folder, "KNOWN": known, "EMPTY": empty}
            with mock.patch.dict(os.environ, environment):
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

    def test_no_client_at_all_fails(self):
        with self.assertRaises(node_packages.subprocess.CalledProcessError):
            self.client("")
        self.assertEqual(self.asked, ["mariadb1011", "mariadb105"])


if __name__ == "__main__":
    unittest.main()

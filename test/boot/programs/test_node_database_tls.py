"""The authorities of the database: as OpenSSL and keytool, which are not ours, read what the node writes."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_database_tls  # noqa: E402


def authority(folder, name):
    path = os.path.join(folder, name + ".pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", path + ".key",
                    "-out", path], check=True, stderr=subprocess.DEVNULL)
    with open(path, encoding="ascii") as file:
        return file.read()


def content(path):
    with open(path, "rb") as file:
        return file.read()


@unittest.skipIf(shutil.which("openssl") is None, "openssl is not installed")
class AuthoritiesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.pem, self.keystore = (os.path.join(self.folder, name) for name in ("authorities.pem", "authorities.jks"))

    def install(self, text):
        source = os.path.join(self.folder, "source")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        node_database_tls.install(source, self.pem, self.keystore)

    def fingerprint(self, name):
        said = subprocess.run(["openssl", "x509", "-in", os.path.join(self.folder, name + ".pem"), "-noout", "-fingerprint", "-sha256"],
                              check=True, stdout=subprocess.PIPE)
        return said.stdout.decode().strip().partition("=")[2]

    @unittest.skipIf(shutil.which("keytool") is None, "keytool is not installed")
    def test_keytool_reads_each_certificate_out_of_the_key_store(self):
        self.install("# as some bundles have it\r\n" + authority(self.folder, "one").replace("\n", "\r\n") + authority(self.folder, "two"))
        listed = subprocess.run(["keytool", "-list", "-v", "-keystore", self.keystore, "-storetype", "JKS", "-storepass", node_database_tls.STORE_PASSWORD],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = listed.stdout.decode()
        self.assertEqual(listed.returncode, 0, text)
        self.assertEqual(text.count("trustedCertEntry"), 2)
        for name in ("one", "two"):
            self.assertIn(self.fingerprint(name), text)

    @unittest.skipIf(shutil.which("keytool") is None, "keytool is not installed")
    def test_keytool_refuses_a_key_store_that_somebody_changed(self):
        self.install(authority(self.folder, "one"))
        with open(self.keystore, "r+b") as file:
            file.seek(60)
            file.write(b"\x00")
        listed = subprocess.run(["keytool", "-list", "-keystore", self.keystore, "-storetype", "JKS", "-storepass", node_database_tls.STORE_PASSWORD],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertNotEqual(listed.returncode, 0)

    def test_openssl_takes_the_certificates_as_authorities(self):
        self.install(authority(self.folder, "one") + authority(self.folder, "two"))
        for name, code in (("one", 0), ("two", 0), ("three", 2)):
            path = os.path.join(self.folder, name + ".pem")
            if name == "three":
                authority(self.folder, name)
            done = subprocess.run(["openssl", "verify", "-CAfile", self.pem, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertEqual(done.returncode, code, name)

    def test_the_same_certificates_give_the_same_bytes_for_everybody_to_read(self):
        text = authority(self.folder, "one")
        written = []
        for _ in range(2):
            self.install(text)
            written.append([content(path) for path in (self.pem, self.keystore)])
        self.assertEqual(written[0], written[1])
        self.assertEqual([os.stat(path).st_mode & 0o777 for path in (self.pem, self.keystore)], [0o644, 0o644])

    def test_a_file_without_a_whole_certificate_is_refused(self):
        damaged = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"
        for text in ("", "<html>403</html>", damaged):
            with self.assertRaises(node_database_tls.AuthorityError) as caught:
                self.install(text)
            self.assertEqual(caught.exception.code, "authorities")
            self.assertFalse(os.path.exists(self.pem))


if __name__ == "__main__":
    unittest.main()

"""A real SSH server with real rsync on loopback: what workers may do with the manager's folders, and what not."""
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_rsync  # noqa: E402

FOLDERS = ["repository/deployment/server", "repository/tenants"]
DESTINATION = node_rsync.USER + "@127.0.0.1"
START_SECONDS = 20
GROUP_ID = 64998
# The server logs in a user whom this machine does not have: it sees account files of its own, and nobody else does.
ACCOUNTS = {
    "passwd": "root:x:0:0::/root:/bin/sh\nsshd:x:64997:64997::/run/sshd:/usr/sbin/nologin\n%s:x:64999:%d::/:/bin/sh\n" % (node_rsync.USER, GROUP_ID),
    "shadow": "root:*:1::::::\nsshd:!:1::::::\n%s:*:1::::::\n" % node_rsync.USER,
    "group": "root:x:0:\nsshd:x:64997:\nwso2carbon:x:%d:\n" % GROUP_ID,
}
IN_A_NAMESPACE = 'for name in passwd shadow group; do mount --bind "$0/$name" "/etc/$name"; done && exec "$@"'


def missing():
    for program in ("rsync", "ssh", "ssh-keygen", "unshare"):
        if not shutil.which(program):
            return "%s is not installed" % program
    if not os.path.exists(node_rsync.SSHD):
        return "sshd is not installed (openssh-server)"
    return None if os.geteuid() == 0 else "an SSH server with a user of its own needs root"


def make_key(folder, name):
    path = os.path.join(folder, name)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", path], check=True)
    return [read(path), read(path + ".pub")]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@unittest.skipIf(missing(), missing())
class RealServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # sshd trusts no file below a folder that anybody may write, such as /tmp.
        cls.root = tempfile.mkdtemp(prefix="carbon-rsync-", dir="/run")
        cls.addClassCleanup(shutil.rmtree, cls.root)
        os.chmod(cls.root, 0o755)
        cls.pair, cls.other_pair = make_key(cls.root, "pair"), make_key(cls.root, "other")
        cls.port = free_port()
        cls.manager = os.path.join(cls.root, "manager", "wso2am")
        for name, value in (("FOLDER", cls.root + "/server"), ("RUN", cls.root + "/run"), ("SSHD_RUN", "/run/sshd")):
            patcher = mock.patch.object(node_rsync, name, value)
            patcher.start()
            cls.addClassCleanup(patcher.stop)
        for folder in FOLDERS:
            os.makedirs(os.path.join(cls.manager, folder))
        cls.start_server()

    @classmethod
    def start_server(cls):
        if not os.path.exists(node_rsync.SSHD_RUN):
            cls.addClassCleanup(shutil.rmtree, node_rsync.SSHD_RUN)
        node_rsync.write_server(cls.port, FOLDERS, cls.manager)
        node_rsync.write_server_keys(*cls.pair)
        for name, text in ACCOUNTS.items():
            write(os.path.join(cls.root, "accounts", name), text)
        with open(os.path.join(cls.root, "log"), "wb") as log:
            cls.server = subprocess.Popen(
                ["unshare", "--mount", "bash", "-euc", IN_A_NAMESPACE, cls.root + "/accounts",
                 node_rsync.SSHD, "-D", "-e", "-f", node_rsync.FOLDER + "/sshd_config", "-o", "ListenAddress=127.0.0.1"],
                stdout=log, stderr=log, start_new_session=True)
        cls.addClassCleanup(cls.stop_server)
        end = time.monotonic() + START_SECONDS
        while not can_connect(cls.port):
            if time.monotonic() > end or cls.server.poll() is not None:
                raise RuntimeError("sshd did not start: %s" % read(os.path.join(cls.root, "log")))
            time.sleep(0.05)

    @classmethod
    def stop_server(cls):
        os.killpg(cls.server.pid, signal.SIGTERM)
        cls.server.wait(10)

    def setUp(self):
        self.worker = os.path.join(tempfile.mkdtemp(dir=self.root), "wso2am")
        self.run_folder = tempfile.mkdtemp(dir=self.root)
        for folder in FOLDERS:
            os.makedirs(os.path.join(self.worker, folder))
            shutil.rmtree(os.path.join(self.manager, folder))
            os.makedirs(os.path.join(self.manager, folder))
        os.makedirs(node_rsync.incoming(self.worker))

    def copy(self, pair=None, addresses=("127.0.0.1",), folders=None):
        node_rsync.copy(list(addresses), self.port, folders or FOLDERS, self.worker, lambda: pair or self.pair, run=self.run_folder)

    def refused(self, **more):
        with self.assertRaises(node_rsync.RsyncError) as caught:
            self.copy(**more)
        return str(caught.exception)

    def ssh(self, *arguments):
        node_rsync.write_client_keys(*self.pair, run=self.run_folder)
        return subprocess.run(node_rsync.ssh_command(self.port, self.run_folder) + list(arguments), input=b"\n", stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)

    def test_what_is_deployed_changed_and_removed_on_the_manager_is_so_on_the_worker(self):
        artifact = os.path.join(FOLDERS[0], "carbonapps", "orders.car")
        write(os.path.join(self.manager, artifact), "version 1")
        write(os.path.join(self.manager, FOLDERS[1], "1", "tenant.xml"), "a tenant")
        self.copy()
        self.assertEqual(read(os.path.join(self.worker, artifact)), "version 1")
        self.assertEqual(read(os.path.join(self.worker, FOLDERS[1], "1", "tenant.xml")), "a tenant")
        write(os.path.join(self.manager, artifact), "version 2 is longer")
        self.copy()
        self.assertEqual(read(os.path.join(self.worker, artifact)), "version 2 is longer")
        os.remove(os.path.join(self.manager, artifact))
        self.copy()
        self.assertFalse(os.path.exists(os.path.join(self.worker, artifact)))

    def test_files_that_only_the_services_group_may_read_are_copied(self):
        path = os.path.join(self.manager, FOLDERS[0], "userstores", "ldap.xml")
        write(path, "a user store")
        os.chown(path, 0, GROUP_ID)
        os.chmod(path, 0o640)
        self.copy()
        self.assertEqual(read(os.path.join(self.worker, FOLDERS[0], "userstores", "ldap.xml")), "a user store")

    def test_a_worker_cannot_commit(self):
        node_rsync.write_client_keys(*self.pair, run=self.run_folder)
        write(os.path.join(self.worker, FOLDERS[0], "mine.car"), "mine")
        os.chmod(os.path.join(self.manager, FOLDERS[0]), 0o777)  # so that nothing but the server stands in the way
        push = subprocess.run(["rsync", "--recursive", self.rsh(), os.path.join(self.worker, FOLDERS[0]) + "/",
                               "%s::%s/" % (DESTINATION, node_rsync.module(FOLDERS[0]))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertNotEqual(push.returncode, 0)
        self.assertEqual(os.listdir(os.path.join(self.manager, FOLDERS[0])), [])

    def test_nothing_but_the_folders_is_served(self):
        self.assertIn("Unknown module", self.refused(folders=["repository/conf"]))
        write(os.path.join(self.manager, "repository", "conf", "secret.xml"), "a secret")
        os.symlink("../../conf/secret.xml", os.path.join(self.manager, FOLDERS[0], "out.xml"))
        os.symlink("1", os.path.join(self.manager, FOLDERS[1], "within"))
        self.copy()
        self.assertEqual(os.listdir(os.path.join(self.worker, FOLDERS[0])), [])
        self.assertEqual(os.readlink(os.path.join(self.worker, FOLDERS[1], "within")), "1")
        subprocess.run(["rsync", "--recursive", "--copy-links", self.rsh(), "%s::%s/../../conf/" % (DESTINATION, node_rsync.module(FOLDERS[0])),
                        self.worker], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertFalse(os.path.exists(os.path.join(self.worker, "secret.xml")))

    def rsh(self):
        return "--rsh=" + " ".join(node_rsync.ssh_command(self.port, self.run_folder))

    def test_another_key_is_refused(self):
        node_rsync.write_client_keys(*self.pair, run=self.run_folder)
        shutil.copyfile(os.path.join(self.root, "other"), os.path.join(self.run_folder, "key"))
        self.assertIn("Permission denied", self.refused())

    def test_a_manager_with_another_host_key_is_refused(self):
        write(os.path.join(self.manager, FOLDERS[0], "forged.car"), "forged")
        node_rsync.write_client_keys(*self.pair, run=self.run_folder)
        write(os.path.join(self.run_folder, "known_hosts"), "%s %s" % (node_rsync.MANAGER, self.other_pair[1]))
        self.refused()
        self.assertEqual(os.listdir(os.path.join(self.worker, FOLDERS[0])), [])

    def test_after_a_refusal_the_pair_is_fetched_anew(self):
        node_rsync.write_client_keys(*self.other_pair, run=self.run_folder)
        self.refused()
        write(os.path.join(self.manager, FOLDERS[0], "new.car"), "new")
        self.copy()
        self.assertEqual(read(os.path.join(self.worker, FOLDERS[0], "new.car")), "new")

    def test_there_is_no_shell_and_no_command(self):
        done = self.ssh(DESTINATION, "id; touch %s/touched" % self.root)
        self.assertNotIn(b"uid=", done.stdout)
        self.assertIn(b"@RSYNCD", done.stdout)  # whatever is asked, an rsync daemon answers
        self.assertFalse(os.path.exists(self.root + "/touched"))

    def test_there_is_no_forwarding(self):
        self.assertIn(b"prohibited", self.ssh("-W", "127.0.0.1:%d" % self.port, DESTINATION).stderr)

    def test_nobody_else_logs_in(self):
        self.assertIn(b"Permission denied", self.ssh("root@127.0.0.1", "id").stderr)

    def test_one_copy_at_a_time(self):
        write(os.path.join(self.manager, FOLDERS[0], "late.car"), "late")
        with open(os.path.join(self.run_folder, "lock"), "a", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.copy()
            self.assertEqual(os.listdir(os.path.join(self.worker, FOLDERS[0])), [])
        self.copy()
        self.assertEqual(os.listdir(os.path.join(self.worker, FOLDERS[0])), ["late.car"])

    def test_a_manager_that_is_gone_is_passed_over(self):
        write(os.path.join(self.manager, FOLDERS[0], "x.car"), "x")
        self.copy(addresses=("127.0.0.2", "127.0.0.1"))
        self.assertEqual(os.listdir(os.path.join(self.worker, FOLDERS[0])), ["x.car"])
        self.assertIn("no instance", self.refused(addresses=()))

    def test_keys_are_for_their_owner_only(self):
        self.copy()
        for path in (os.path.join(self.run_folder, "key"), os.path.join(node_rsync.RUN, "key")):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_a_file_is_never_there_by_half(self):
        write(os.path.join(self.manager, FOLDERS[0], "big.car"), "x" * 10 ** 6)
        with mock.patch.object(node_rsync.subprocess, "run", wraps=subprocess.run) as run:
            self.copy()
        rsync = next(call.args[0] for call in run.call_args_list if call.args[0][0] == "rsync")
        self.assertIn("--temp-dir=" + self.worker + ".incoming", rsync)
        self.assertEqual(os.listdir(self.worker + ".incoming"), [])


class KeyPairTest(unittest.TestCase):
    def setUp(self):
        self.run_folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.run_folder)

    def write_keys(self, private, public):
        with self.assertRaises(node_rsync.RsyncError) as caught:
            node_rsync.write_client_keys(private, public, run=self.run_folder)
        self.assertEqual(caught.exception.code, "key-pair")
        self.assertFalse(os.path.exists(os.path.join(self.run_folder, "key")))
        return str(caught.exception)

    @unittest.skipUnless(shutil.which("ssh-keygen"), "ssh-keygen is not installed")
    def test_a_pair_that_is_none_is_said_to_be_so_and_not_shown(self):
        one, other = make_key(self.run_folder, "one"), make_key(self.run_folder, "two")
        self.assertIn("not that of its publicKey", self.write_keys(one[0], other[1]))
        self.assertIn("no ssh-ed25519 key", self.write_keys(one[0], "ssh-rsa AAAA"))
        self.assertNotIn("nonsense", self.write_keys("nonsense", one[1]))

    @unittest.skipUnless(shutil.which("ssh-keygen"), "ssh-keygen is not installed")
    def test_a_private_key_without_its_last_line_end_or_with_others_is_taken(self):
        private, public = make_key(self.run_folder, "one")
        node_rsync.write_client_keys(private.rstrip("\n").replace("\n", "\r\n"), public, run=self.run_folder)
        self.assertEqual(read(os.path.join(self.run_folder, "key")), private)


class ManagersTest(unittest.TestCase):
    def test_the_newest_running_manager_comes_first(self):
        instances = [{"PrivateIpAddress": "10.0.0.1", "LaunchTime": "2026-01-01T00:00:00+00:00"}, {"LaunchTime": "2026-01-03T00:00:00+00:00"},
                     {"PrivateIpAddress": "10.0.0.2", "LaunchTime": "2026-01-02T00:00:00+00:00"}]
        with mock.patch.object(node_rsync, "aws", return_value={"Reservations": [{"Instances": instances}]}) as asked:
            self.assertEqual(node_rsync.managers("carbon-cluster", "mine", "carbon-cluster-role"), ["10.0.0.2", "10.0.0.1"])
        self.assertIn("Name=tag:carbon-cluster,Values=mine", asked.call_args[0])
        self.assertIn("Name=tag:carbon-cluster-role,Values=manager", asked.call_args[0])


def can_connect(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    unittest.main()

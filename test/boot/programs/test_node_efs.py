"""Folders on a share. Mounting is stood in for by writing down that it happened; a rehearsal really mounts."""
import getpass
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_efs  # noqa: E402

FOLDER = "repository/deployment/server"


class EfsTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.user = getpass.getuser()
        self.patch("UNITS", os.path.join(self.root, "units"))
        for name in ("SHARE", "FSTAB", "MOUNTS", "DROP_IN"):
            self.patch(name, os.path.join(self.root, name.lower(), "file") if name == "DROP_IN" else os.path.join(self.root, name.lower()))
        os.makedirs(node_efs.SHARE)
        self.write(node_efs.FSTAB, "UUID=1 / ext4 defaults 1 1")  # as some have it, without a line end
        self.write(node_efs.MOUNTS, "rootfs / ext4 rw 0 0\n")
        self.refusals = []
        self.mounted = []
        self.run_program = subprocess.run
        self.patch("subprocess", mock.Mock(run=self.run_or_mount, CalledProcessError=subprocess.CalledProcessError))
        self.patch("time", mock.Mock(sleep=lambda seconds: None, monotonic=iter(range(0, 10 ** 6, 20)).__next__))
        self.patch("ensure_helper", lambda: None)

    def patch(self, name, value):
        patcher = mock.patch.object(node_efs, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def run_or_mount(self, command, **more):
        if command[0] != "mount":
            return self.run_program(command, **more)
        if self.refusals:
            return mock.Mock(returncode=32, stderr=self.refusals.pop())
        self.mounted.append(command[1])
        self.write(node_efs.MOUNTS, "x %s x rw 0 0\n" % command[1].replace(" ", "\\040"), "a")
        return mock.Mock(returncode=0)

    @staticmethod
    def write(path, text, mode="w"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, mode, encoding="utf-8") as file:
            file.write(text)

    @staticmethod
    def read(*path):
        with open(os.path.join(*path), encoding="utf-8") as file:
            return file.read()

    def home(self, name, **files):
        home = os.path.join(self.root, name)
        os.makedirs(home)
        for path, text in files.items():
            self.write(os.path.join(home, FOLDER, path), text)
        return home

    def share(self, home, *folders):
        node_efs.share("fs-1", "fsap-1", folders or [FOLDER], home, self.user)

    def test_a_share_that_is_empty_gets_what_the_pack_ships(self):
        home = self.home("wso2am", shipped="as in the pack")
        os.chmod(os.path.join(home, FOLDER, "shipped"), 0o640)
        self.share(home)
        content = os.path.join(node_efs.SHARE, FOLDER, "content")
        self.assertEqual(self.read(content, "shipped"), "as in the pack")
        self.assertEqual(os.stat(os.path.join(content, "shipped")).st_mode & 0o777, 0o640)
        self.assertEqual(os.listdir(node_efs.SHARE), ["repository"])
        self.assertEqual(self.mounted, [node_efs.SHARE, os.path.join(home, FOLDER)])

    def test_what_is_on_the_share_stays(self):
        self.share(self.home("one", shipped="old"))
        self.write(os.path.join(node_efs.SHARE, FOLDER, "content", "deployed"), "by somebody")
        self.share(self.home("two", shipped="new"))
        content = os.path.join(node_efs.SHARE, FOLDER, "content")
        self.assertEqual((self.read(content, "shipped"), self.read(content, "deployed")), ("old", "by somebody"))

    def test_a_folder_that_the_pack_lacks_is_made_empty(self):
        home = self.home("wso2am")
        self.share(home, "repository/tenants")
        self.assertEqual(os.listdir(os.path.join(node_efs.SHARE, "repository", "tenants", "content")), [])
        self.assertTrue(os.path.isdir(os.path.join(home, "repository", "tenants")))

    def test_ten_nodes_racing_leave_one_whole_copy(self):
        files = {"file%d" % index: "x" * 1000 for index in range(50)}
        homes = [self.home("node%d" % index, **files) for index in range(10)]
        problems = []

        def node(home):
            try:
                node_efs.seed(FOLDER, home, self.user)
            except Exception as problem:  # pylint: disable=broad-except
                problems.append(problem)

        nodes = [threading.Thread(target=node, args=(home,)) for home in homes]
        for each in nodes:
            each.start()
        for each in nodes:
            each.join()
        self.assertEqual(problems, [])
        self.assertEqual(os.listdir(node_efs.SHARE), ["repository"])
        self.assertEqual(sorted(os.listdir(os.path.join(node_efs.SHARE, FOLDER, "content"))), sorted(files))

    def test_a_copy_that_a_dead_node_left_behind_is_in_nobodys_way(self):
        os.makedirs(os.path.join(node_efs.SHARE, ".seeding-of-the-dead", "content"))
        self.share(self.home("wso2am", shipped="whole"))
        self.assertEqual(self.read(node_efs.SHARE, FOLDER, "content", "shipped"), "whole")

    def test_fstab_has_each_mount_once_and_everything_that_was_there(self):
        home = self.home("wso2 am")
        self.share(home)
        self.share(home)
        self.assertEqual(self.read(node_efs.FSTAB).splitlines(), [
            "UUID=1 / ext4 defaults 1 1",
            "fs-1 %s efs _netdev,tls,iam,accesspoint=fsap-1 0 0" % node_efs.SHARE,
            "%s/%s/content %s/wso2\\040am/%s none bind,_netdev,x-systemd.requires-mounts-for=%s 0 0"
            % (node_efs.SHARE, FOLDER, self.root, FOLDER, node_efs.SHARE),
        ])

    def test_a_second_run_mounts_nothing(self):
        home = self.home("wso2am")
        self.share(home)
        self.share(home)
        self.assertEqual(len(self.mounted), 2)

    def test_the_product_does_not_start_without_its_mounts(self):
        home = self.home("wso2am")
        self.share(home)
        self.assertEqual(self.read(node_efs.DROP_IN), "[Unit]\nRequires=%s\nAfter=%s\n" % (node_efs.UNIT, node_efs.UNIT))
        self.assertIn('sh "%s/%s"\n' % (home, FOLDER), self.read(node_efs.UNITS, node_efs.UNIT))

    @unittest.skipIf(not shutil.which("systemd-analyze"), "systemd is not installed")
    def test_systemd_reads_the_unit_that_waits_as_it_is_meant(self):
        node_efs.require_mounts(["/opt/wso2/100%% $HOME's/a".replace("%%", "%"), "/b"])
        unit = os.path.join(node_efs.UNITS, node_efs.UNIT)
        self.assertEqual(subprocess.run(["systemd-analyze", "verify", unit], stderr=subprocess.PIPE).stderr.decode(), "")

    def test_a_mount_target_that_is_not_known_yet_is_waited_for(self):
        self.refusals = [b'Failed to resolve "fs-1.efs.eu-west-1.amazonaws.com"\n']
        self.share(self.home("wso2am"))
        self.assertEqual(len(self.mounted), 2)

    def test_a_file_system_that_refuses_fails_the_node(self):
        self.refusals = [b"first\nmount.nfs4: access denied by server\n"] * 100
        with self.assertRaises(node_efs.EfsError) as caught:
            self.share(self.home("wso2am"))
        self.assertEqual(caught.exception.code, "mount")
        self.assertIn("access denied by server", str(caught.exception))


class HelperTest(unittest.TestCase):
    def test_a_helper_that_is_there_is_used(self):
        with mock.patch.object(node_efs.shutil, "which", return_value="/sbin/mount.efs"), mock.patch.object(node_efs.node_packages, "install") as install:
            node_efs.ensure_helper()
        install.assert_not_called()

    def test_a_distribution_without_the_package_is_named_as_the_cause(self):
        refused = node_efs.node_packages.PackageError("no-package", "the repositories of this image have no package amazon-efs-utils")
        with mock.patch.object(node_efs.shutil, "which", return_value=None), \
                mock.patch.object(node_efs.node_packages, "install", side_effect=refused), self.assertRaises(node_efs.EfsError) as caught:
            node_efs.ensure_helper()
        self.assertEqual(caught.exception.code, "efs-utils")
        self.assertIn("amazon-efs-utils", str(caught.exception))
        away = node_efs.node_packages.PackageError("mirrors", "away")
        with mock.patch.object(node_efs.shutil, "which", return_value=None), mock.patch.object(node_efs.node_packages, "install", side_effect=away), \
                self.assertRaises(node_efs.node_packages.PackageError):
            node_efs.ensure_helper()


if __name__ == "__main__":
    unittest.main()

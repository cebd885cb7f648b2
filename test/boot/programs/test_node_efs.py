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
import carbon_files  # noqa: E402
import node_artifacts  # noqa: E402
import node_efs  # noqa: E402
import node_home  # noqa: E402

FOLDER = "repository/deployment/server"


class EfsTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.user = getpass.getuser()
        for name in ("SHARE", "FSTAB", "MOUNTS"):
            self.patch(name, os.path.join(self.root, name.lower()))
        for name in ("UNIT", "DROP_IN"):
            self.patch(name, os.path.join(self.root, name.lower(), "file"))
        os.makedirs(node_efs.SHARE)
        self.write(node_efs.FSTAB, "UUID=1 / ext4 defaults 1 1")  # as some have it, without a line end
        self.write(node_efs.MOUNTS, "rootfs / ext4 rw 0 0\n")
        self.refusals = []
        self.mounted = []
        self.bound = []
        self.run_program = subprocess.run
        self.patch("subprocess", mock.Mock(run=self.run_or_mount, CalledProcessError=subprocess.CalledProcessError))
        self.patch("time", mock.Mock(sleep=lambda seconds: None, monotonic=iter(range(0, 10 ** 6, 20)).__next__))
        self.patch("ensure_helper", lambda: None)
        self.patch("bind", self.bind)

    def patch(self, name, value):
        patcher = mock.patch.object(node_efs, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def run_or_mount(self, command, **more):
        if command[0] == "systemctl":
            return None
        if command[0] != "mount":
            return self.run_program(command, **more)
        if self.refusals:
            return mock.Mock(returncode=32, stderr=self.refusals.pop())
        self.is_mounted(command[1])
        return mock.Mock(returncode=0)

    def is_mounted(self, place):
        self.mounted.append(place)
        self.write(node_efs.MOUNTS, "x %s x rw 0 0\n" % place.replace(" ", "\\040"), "a")

    def bind(self, content, place):
        content, place = (os.readlink("/proc/self/fd/%d" % each) for each in (content, place))
        self.bound.append((content, place))
        self.is_mounted(place)

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

    def share(self, home, *folders, read_only=False):
        with mock.patch.object(node_efs.node_as_service, "run", self.as_service):
            node_efs.share("fs-1", "fsap-1", folders or [FOLDER], home, self.user, "/boot.py", read_only)

    def as_service(self, task, user, **arguments):
        self.assertEqual(user, self.user)
        return node_home.TASKS[task](**arguments)

    def test_a_share_that_is_empty_gets_what_the_pack_ships(self):
        home = self.home("wso2am", shipped="as in the pack")
        os.chmod(os.path.join(home, FOLDER, "shipped"), 0o640)
        self.share(home)
        content = os.path.join(node_efs.SHARE, FOLDER, "content")
        self.assertEqual(self.read(content, "shipped"), "as in the pack")
        self.assertEqual(os.stat(os.path.join(content, "shipped")).st_mode & 0o777, 0o640)
        self.assertEqual(os.listdir(node_efs.SHARE), ["repository"])
        self.assertEqual(self.mounted, [node_efs.SHARE, os.path.join(home, FOLDER)])

    def test_whoever_only_reads_waits_for_what_the_manager_puts_there_and_writes_nothing(self):
        home = self.home("wso2am", shipped="as in the pack")
        place = os.path.join(node_efs.SHARE, FOLDER, "content")
        slept = []

        def sleep(seconds):
            slept.append(seconds)
            if len(slept) == 3:
                os.makedirs(place)
        node_efs.time.sleep = sleep
        self.share(home, read_only=True)
        self.assertEqual((len(slept), os.listdir(place)), (3, []))
        # What is bound from a mount that is read-only is read-only, too.
        (line,) = self.read(node_efs.FSTAB).splitlines()[1:]
        self.assertEqual((line.split()[1], "ro" in line.split()[3].split(",")), (node_efs.SHARE, True))
        self.assertEqual(self.mounted, [node_efs.SHARE, os.path.join(home, FOLDER)])

    def test_whoever_only_reads_waits_for_a_while(self):
        with self.assertRaises(node_efs.EfsError) as caught:
            self.share(self.home("wso2am"), read_only=True)
        self.assertEqual(caught.exception.code, "manager-away")

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
                node_efs.seed(node_efs.SHARE, home, FOLDER)
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
        ])

    def test_a_second_run_mounts_nothing(self):
        home = self.home("wso2am")
        self.share(home)
        self.share(home)
        self.assertEqual(len(self.mounted), 2)

    def test_the_product_does_not_start_without_its_folders_and_they_are_mounted_at_each_start_of_the_machine(self):
        home = self.home("wso2am")
        self.share(home)
        self.assertIn("Requires=carbon-shared-folders.service\nAfter=carbon-shared-folders.service\n", self.read(node_efs.DROP_IN))
        self.assertIn("ExecStart=/usr/bin/python3 /boot.py mount-folders\n", self.read(node_efs.UNIT))
        self.assertIn("until systemctl start %s; do" % node_efs.SHARE, self.read(node_efs.UNIT))
        self.assertIn("TimeoutStartSec=infinity\n", self.read(node_efs.UNIT))
        # Private mounts would be seen by nobody else.
        self.assertNotRegex(self.read(node_efs.UNIT), "Private|Protect|ReadWrite")
        self.write(node_efs.MOUNTS, "x %s efs rw 0 0\n" % node_efs.SHARE)
        self.bound.clear()
        node_artifacts.mount({"fileSystem": "fs-1", "folders": [FOLDER]}, home)
        self.assertEqual(self.bound, [(os.path.join(node_efs.SHARE, FOLDER, "content"), os.path.join(home, FOLDER))])

    def test_no_link_decides_what_is_mounted_or_where(self):
        home = self.home("wso2am")
        self.share(home)
        self.write(node_efs.MOUNTS, "")
        self.bound.clear()
        outside = os.path.join(self.root, "outside", "server")
        os.makedirs(outside)
        for path, target in ((os.path.join(home, "repository", "deployment"), os.path.dirname(outside)),
                             (os.path.join(node_efs.SHARE, FOLDER, "content"), outside)):
            os.rename(path, path + ".real")
            os.symlink(target, path)
            with self.assertRaisesRegex(carbon_files.UnsafeFileError, "is a symbolic link, expected a folder"):
                node_efs.bind_all([FOLDER], home)
            os.remove(path)
            os.rename(path + ".real", path)
        self.assertEqual(self.bound, [])

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


# In a mount namespace of its own: what is bound, and that the place may be renamed meanwhile.
REALLY_BINDS = """
import os, sys
sys.path.insert(0, sys.argv[1])
import carbon_files, node_efs
content, place = (carbon_files.open_folder(sys.argv[2], [each]) for each in ("content", "place"))
os.rename("place", "moved")
os.symlink("/etc", "place")
node_efs.bind(content, place)
print(os.listdir("moved"), os.path.exists("/etc/on-the-share"))
"""


class BindTest(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount")
    def test_what_was_opened_is_what_is_bound(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("content", "place"):
                os.mkdir(os.path.join(folder, name))
            with open(os.path.join(folder, "content", "on-the-share"), "w", encoding="ascii"):
                pass
            done = subprocess.run(["unshare", "--mount", sys.executable, "-c", REALLY_BINDS, os.path.dirname(node_efs.__file__), folder], cwd=folder, stdout=subprocess.PIPE, text=True)
            self.assertEqual(done.stdout, "['on-the-share'] False\n")


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

"""What the service's user can put into its product against root: with real users, a real second process and real links, FIFOs and devices."""
import base64
import ctypes
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import boot  # noqa: E402
import node_access  # noqa: E402
import node_as_service  # noqa: E402
import node_aws  # noqa: E402
import node_jks  # noqa: E402

USER = "nobody"
READER = 64123
PASSWORD = "of-the-database"
FILE = "repository/conf/master.properties"
LOG = "repository/logs/wso2carbon.log"
PLAN = {"files": [{"file": FILE, "edits": [{"property": "password", "value": {"secret": "Database", "field": "password"}}]},
                  {"file": "repository/conf/new/rendered.xml", "edits": [{"content": "<new/>"}]}]}


def as_user():
    account = pwd.getpwnam(USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def reachable_python():
    """One that the second user can run, too: that of this test may be below a home of root's."""
    return next(filter(runs_as_user, ("/usr/bin/python3", "/usr/local/bin/python3", sys.executable)), None)


def runs_as_user(path):
    try:
        return subprocess.run([path, "-I", "-c", "import sys; sys.exit(sys.version_info < (3, 9))"], cwd="/", **as_user()).returncode == 0
    except OSError:
        return False


def skip_reason():
    if os.geteuid() != 0:
        return "a second user needs root"
    return None if reachable_python() else "no python3 that a second user can run"


@unittest.skipIf(skip_reason(), skip_reason())
class HomeTest(unittest.TestCase):
    """A product of the second user's, as the boot leaves it, and files of root's beside it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        programs = shutil.copytree(PROGRAMS, os.path.join(self.folder, "programs"))
        os.chmod(programs, 0o755)
        self.home = os.path.join(self.folder, "product")
        for name in (FILE, LOG):
            self.make(os.path.join(self.home, name), b"")
        self.make(os.path.join(self.folder, "of-root", "secret"), b"root's own\n")
        os.chmod(os.path.join(self.folder, "of-root"), 0o755)
        os.chmod(os.path.join(self.folder, "of-root", "secret"), 0o600)
        self.roots = os.path.join(self.folder, "of-root")
        subprocess.run(["chown", "-R", USER + ":", self.home], check=True)
        self.patch(node_as_service, "PROGRAM", os.path.join(programs, "node_home.py"))
        self.patch(node_as_service, "PYTHON", reachable_python())
        self.patch(node_as_service, "USER", USER)
        self.before = self.roots_files()

    def patch(self, target, name, value):
        patcher = mock.patch.object(target, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    @staticmethod
    def make(path, data):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def path(self, name):
        return os.path.join(self.home, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def roots_files(self):
        """Owner, mode and bytes of each."""
        found = {}
        for name in sorted(os.listdir(self.roots)):
            status = os.lstat(os.path.join(self.roots, name))
            with open(os.path.join(self.roots, name), "rb") as file:
                found[name] = (status.st_uid, stat.S_IMODE(status.st_mode), file.read())
        return found

    def assertRootsUntouched(self):
        self.assertEqual(self.roots_files(), self.before)
        self.assertEqual(os.stat(self.roots).st_uid, 0)

    def run_task(self, task, seconds=20, **arguments):
        began = time.monotonic()
        try:
            return node_as_service.run(task, USER, home=self.home, seconds=seconds, **arguments)
        finally:
            self.assertLess(time.monotonic() - began, 30, "the task hung")

    def configure(self):
        lookups = {"answers": [["secret", "Database", "password", PASSWORD]], "members": None}
        return self.run_task("configure", plan=PLAN, lookups=lookups)

    def fails(self, action, *arguments, **more):
        """Its code."""
        with self.assertRaises(node_as_service.ServiceTaskError) as caught:
            action(*arguments, **more)
        self.assertNotIn(PASSWORD, str(caught.exception))
        self.assertRootsUntouched()
        return caught.exception.code

    def put_in_place_of(self, name, make):
        """As the service's user does it, who may rename what is its own."""
        path = self.path(name)
        os.rename(path, path + ".aside")
        make(path)
        return path


class ConfigurationTest(HomeTest):
    def test_files_are_written_as_the_users_own(self):
        self.assertEqual(self.configure(), 2)
        self.assertEqual(self.read(FILE), b"password=%s\n" % PASSWORD.encode())
        for name, mode in ((FILE, 0o600), ("repository/conf/new/rendered.xml", 0o644), ("repository/conf/new", 0o755)):
            status = os.stat(self.path(name))
            self.assertEqual((pwd.getpwuid(status.st_uid).pw_name, stat.S_IMODE(status.st_mode)), (USER, mode), name)

    def test_a_link_to_a_file_of_roots(self):
        self.put_in_place_of(FILE, lambda path: os.symlink(os.path.join(self.roots, "secret"), path))
        self.assertEqual(self.fails(self.configure), "unsafe-file")

    def test_a_link_to_a_file_that_is_not_there(self):
        self.put_in_place_of(FILE, lambda path: os.symlink(os.path.join(self.roots, "new"), path))
        self.assertEqual(self.fails(self.configure), "unsafe-file")

    def test_a_linked_folder(self):
        self.put_in_place_of("repository/conf", lambda path: os.symlink(self.roots, path))
        self.assertEqual(self.fails(self.configure), "unsafe-file")

    def test_a_hard_link_to_a_file_of_roots(self):
        # The kernel refuses it where fs.protected_hardlinks is set; root makes it here as if it were not.
        self.put_in_place_of(FILE, lambda path: os.link(os.path.join(self.roots, "secret"), path))
        self.assertEqual(self.fails(self.configure), "ConfigurationError")

    def test_a_hard_link_to_a_readable_file_of_roots_is_replaced_and_not_changed(self):
        self.make(os.path.join(self.roots, "readable"), b"password=%s\n" % PASSWORD.encode())
        os.chmod(os.path.join(self.roots, "readable"), 0o644)
        self.before = self.roots_files()
        self.put_in_place_of(FILE, lambda path: os.link(os.path.join(self.roots, "readable"), path))
        self.configure()
        self.assertRootsUntouched()
        self.assertEqual(pwd.getpwuid(os.stat(self.path(FILE)).st_uid).pw_name, USER)

    def test_a_fifo_that_nobody_writes_to(self):
        self.put_in_place_of(FILE, os.mkfifo)
        self.assertEqual(self.fails(self.configure), "unsafe-file")

    def test_a_device_without_an_end(self):
        # Only root can make one; a service that got hold of one must not gain by it either.
        self.put_in_place_of(FILE, lambda path: os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5)))
        self.assertEqual(self.fails(self.configure), "unsafe-file")

    def test_a_file_without_an_end(self):
        os.truncate(self.path(FILE), 1 << 40)
        self.assertEqual(self.fails(self.configure), "unsafe-file")

    def test_a_link_under_the_name_of_the_copy(self):
        for process in range(os.getpid(), os.getpid() + 200):
            os.symlink(os.path.join(self.roots, "secret"), self.path(os.path.join(os.path.dirname(FILE), ".master.properties.carbon-configuration-%d" % process)))
        self.configure()
        self.assertRootsUntouched()
        self.assertFalse(os.path.islink(self.path(FILE)))

    def test_links_in_the_folder_that_a_product_renders_into(self):
        plan = {"files": [{"file": "repository/conf/deployment.toml", "edits": [{"content": "x = 1\n"}]}]}
        self.make(self.path("repository/conf/rendered.xml"), b"<password/>")
        os.chown(self.path("repository/conf/rendered.xml"), *([pwd.getpwnam(USER).pw_uid] * 2))
        os.chmod(os.path.join(self.roots, "secret"), 0o644)
        self.before = self.roots_files()
        os.symlink(self.roots, self.path("repository/conf/folder"))
        os.symlink(os.path.join(self.roots, "secret"), self.path("repository/conf/file"))
        self.run_task("configure", plan=plan, lookups={"answers": [], "members": None})
        self.assertRootsUntouched()
        self.assertEqual(stat.S_IMODE(os.stat(self.path("repository/conf/rendered.xml")).st_mode), 0o600)

    def test_a_folder_and_a_link_that_take_turns(self):
        """Between a look and what follows from it, the user swaps what is there, as often as it can."""
        real, aside = self.path("repository/conf"), self.path("repository/aside")
        os.symlink(self.roots, aside)
        done = threading.Event()

        def swap():
            while not done.is_set():
                exchange(real, aside)
        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            for _ in range(25):
                try:
                    self.configure()
                except node_as_service.ServiceTaskError as problem:
                    self.assertIn(problem.code, ("unsafe-file", "ConfigurationError", "FileNotFoundError", "PermissionError"))
                self.assertRootsUntouched()
        finally:
            done.set()
            swapper.join()


def exchange(one, other):
    """renameat2 with RENAME_EXCHANGE: at no moment is one of them missing."""
    ctypes.CDLL(None).renameat2(-100, one.encode(), -100, other.encode(), 2)


class KeyTest(HomeTest):
    STORE = node_jks.write([node_jks.Entry("a", 0, node_jks.protect(b"the key", PASSWORD), [("X.509", b"its certificate")])], PASSWORD)
    CONTENT = {"keystore": base64.b64encode(STORE).decode(), "password": PASSWORD, "alias": "a"}
    DOCUMENT = {"secret": "Keystore", "file": "repository/security/carbon-cluster.jks", "type": "JKS"}

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("repository/security"))
        os.chown(self.path("repository/security"), pwd.getpwnam(USER).pw_uid, -1)
        self.run_folder = node_as_service.make_run_folder(USER, os.path.join(self.folder, "run"))

    def keystore(self):
        return self.run_task("keys", keystore={"document": self.DOCUMENT, "content": self.CONTENT}, trusted=None, java_home="/nowhere",
                             trust_store="repository/security/client-truststore.jks", run=self.run_folder)

    def test_a_key_store_is_the_users_own(self):
        self.keystore()
        status = os.stat(self.path(self.DOCUMENT["file"]))
        self.assertEqual((self.read(self.DOCUMENT["file"]), pwd.getpwuid(status.st_uid).pw_name, stat.S_IMODE(status.st_mode)), (self.STORE, USER, 0o600))
        self.assertEqual(os.listdir(self.run_folder), [])

    def test_links_under_the_names_of_key_store_and_copy(self):
        for name in ("carbon-cluster.jks.part", "wso2carbon.jks", "wso2carbon.jks.part", "client-truststore.jks.part"):
            os.symlink(os.path.join(self.roots, "secret"), self.path("repository/security/" + name))
        self.keystore()
        self.assertRootsUntouched()
        self.assertEqual(self.read(self.DOCUMENT["file"]), self.STORE)
        os.remove(self.path(self.DOCUMENT["file"]))
        os.symlink(os.path.join(self.roots, "secret"), self.path(self.DOCUMENT["file"]))
        self.assertEqual(self.fails(self.keystore), "unsafe-file")

    def test_a_link_in_the_place_of_the_trust_store_is_refused(self):
        os.symlink(os.path.join(self.roots, "secret"), self.path("repository/security/client-truststore.jks"))
        self.assertEqual(self.fails(self.keystore), "unsafe-file")
        self.assertRootsUntouched()

    def test_the_folder_in_memory_is_nobody_elses(self):
        status = os.stat(self.run_folder)
        self.assertEqual((status.st_uid, stat.S_IMODE(status.st_mode)), (pwd.getpwnam(USER).pw_uid, 0o700))


class DriverTest(HomeTest):
    def driver(self):
        jar = os.path.join(self.roots, "driver.jar")
        with open(jar, "rb") as file:
            return self.run_task("driver", folder="repository/lib", class_name="com.mysql.jdbc.Driver", name="driver.jar", descriptor=file.fileno(),
                                 files=[file.fileno()])

    def setUp(self):
        super().setUp()
        with zipfile.ZipFile(os.path.join(self.roots, "driver.jar"), "w") as jar:
            jar.writestr("com/mysql/jdbc/Driver.class", "")
        os.chmod(os.path.join(self.roots, "driver.jar"), 0o600)
        self.before = self.roots_files()
        os.mkdir(self.path("repository/lib"))
        os.chown(self.path("repository/lib"), pwd.getpwnam(USER).pw_uid, -1)

    def test_a_jar_that_only_root_reads_gets_into_the_product(self):
        self.driver()
        self.assertEqual(self.read("repository/lib/driver.jar"), self.before["driver.jar"][2])

    def test_a_link_under_its_name_is_replaced(self):
        os.symlink(os.path.join(self.roots, "secret"), self.path("repository/lib/driver.jar"))
        self.driver()
        self.assertRootsUntouched()
        self.assertFalse(os.path.islink(self.path("repository/lib/driver.jar")))

    def test_a_fifo_beside_it_stops_nothing(self):
        os.mkfifo(self.path("repository/lib/other.jar"))
        self.driver()

    def test_a_linked_folder(self):
        os.rmdir(self.path("repository/lib"))
        os.symlink(self.roots, self.path("repository/lib"))
        self.assertEqual(self.fails(self.driver), "unsafe-file")


class LogTest(HomeTest):
    def text(self, offset=0):
        return self.run_task("log_text", log=LOG, offset=offset)

    def test_what_a_log_got(self):
        self.make(self.path(LOG), b"before\nafter \xff\n")
        self.assertEqual((self.run_task("log_size", log=LOG), self.text(7), self.text(100)), (15, "after \ufffd\n", "before\nafter \ufffd\n"))
        os.remove(self.path(LOG))
        self.assertEqual((self.run_task("log_size", log=LOG), self.text()), (0, ""))

    def test_a_link_to_a_file_of_roots(self):
        self.put_in_place_of(LOG, lambda path: os.symlink(os.path.join(self.roots, "secret"), path))
        self.assertEqual(self.fails(self.text), "unsafe-file")

    def test_a_fifo(self):
        self.put_in_place_of(LOG, os.mkfifo)
        self.assertEqual((self.fails(self.text), self.run_task("log_size", log=LOG)), ("unsafe-file", 0))

    def test_a_link_to_zeros_without_an_end(self):
        self.put_in_place_of(LOG, lambda path: os.symlink("/dev/zero", path))
        self.assertEqual(self.fails(self.text), "unsafe-file")

    def test_a_log_that_grew_without_bounds_is_read_at_its_end(self):
        os.truncate(self.path(LOG), 1 << 34)
        with open(self.path(LOG), "ab") as file:
            file.write(b"\nthe last line\n")
        text = self.text()
        self.assertLessEqual(len(text), 2 << 20)
        self.assertTrue(text.endswith("\nthe last line\n"))

    def test_another_user_reads_the_logs_and_nothing_else(self):
        os.chmod(self.home, 0o750)
        os.chmod(self.path(FILE), 0o640)
        os.chmod(self.path(LOG), 0o600)
        self.make(self.path(LOG), b"a line\n")
        os.mkfifo(self.path("repository/logs/fifo"))
        os.symlink(os.path.join(self.roots, "secret"), self.path("repository/logs/audit.log"))
        self.run_task("share_logs", folder="repository/logs", reader=READER)
        self.run_task("share_logs", folder="repository/logs", reader=READER)
        # What the server writes later, whatever its umask is.
        subprocess.run(["sh", "-c", "umask 077; echo later > later.log"], cwd=self.path("repository/logs"), check=True, **as_user())
        self.assertEqual([self.reader_reads(name) for name in (LOG, "repository/logs/later.log", FILE, "repository/logs/audit.log")],
                         [b"a line\n", b"later\n", None, None])
        self.assertIsNone(self.reader_reads("repository/logs/later.log", READER + 1))
        self.assertRootsUntouched()

    def reader_reads(self, name, user=READER):
        done = subprocess.run(["cat", self.path(name)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, user=user, group=user, extra_groups=[])
        return done.stdout if done.returncode == 0 else None

    def test_an_access_list_is_one_that_the_kernel_and_the_mode_agree_with(self):
        for mode in (0o600, 0o640, 0o604, 0o777):
            os.chmod(self.path(LOG), mode)
            with open(self.path(LOG), "rb") as file:
                os.setxattr(file.fileno(), node_access.ACCESS, node_access.packed(node_access.entries_of(file.fileno(), node_access.ACCESS)))
            self.assertEqual(stat.S_IMODE(os.stat(self.path(LOG)).st_mode), mode)
            os.removexattr(self.path(LOG), node_access.ACCESS)


class ProcessTest(HomeTest):
    """The user may take over the process that works for root. It gets nothing for that."""

    def stranger(self, body):
        path = os.path.join(self.folder, "programs", "stranger.py")
        self.make(path, ("import json, os, sys, time\n" + body).encode())
        self.patch(node_as_service, "PROGRAM", path)
        return path

    def test_it_runs_as_the_user_without_other_groups_or_rights(self):
        self.stranger("status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
                      "print(json.dumps({'result': [os.getresuid(), os.getresgid(), os.getgroups(), int(status['CapEff'], 16), os.umask(0), dict(os.environ), "
                      "sorted(map(int, os.listdir('/proc/self/fd')))]}))")
        with mock.patch.dict(os.environ, {"AWS_SECRET_ACCESS_KEY": "x"}):
            uids, gids, groups, capabilities, umask, environment, descriptors = self.run_task("anything")
        account = pwd.getpwnam(USER)
        self.assertEqual((uids, gids, groups, capabilities, umask), ([account.pw_uid] * 3, [account.pw_gid] * 3, [], 0, 0o077))
        self.assertLessEqual(set(environment), {"PATH", "LANG", "LC_CTYPE"})
        self.assertEqual(descriptors[:3], [0, 1, 2])
        self.assertLessEqual(len(descriptors), 4)  # and that of the folder of descriptors itself

    def test_neither_folder_nor_environment_of_the_user_says_which_code_runs(self):
        self.make(os.path.join(self.home, "json.py"), b"raise SystemExit('the user's own')")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.home)
        with mock.patch.dict(os.environ, {"PYTHONPATH": self.home, "PYTHONSTARTUP": self.home + "/json.py"}):
            self.assertEqual(self.configure(), 2)

    def test_an_answer_without_an_end(self):
        self.stranger("while True: sys.stdout.write('x' * 65536)")
        self.assertEqual(self.fails(self.run_task, "anything"), "no-answer")

    def test_an_answer_that_does_not_come(self):
        self.stranger("time.sleep(600)")
        self.assertEqual(self.fails(self.run_task, "anything", seconds=1), "late")

    def test_what_it_started_ends_with_it(self):
        pid = os.path.join(self.home, "pid")
        self.stranger("child = os.fork()\nif not child: time.sleep(600)\nopen(%r, 'w').write(str(child))\nos._exit(0)" % pid)
        self.assertEqual(self.fails(self.run_task, "anything", seconds=2), "late")
        with open(pid, encoding="ascii") as file:
            number = int(file.read())
        for _ in range(200):
            if not alive(number):
                return
            time.sleep(0.02)
        self.fail("%d is still there" % number)

    def test_an_answer_in_a_shape_that_nobody_expects(self):
        for text, code in (("nonsense", "no-answer"), ("[]", "no-answer"), ('{"error": "x"}', "ServiceTaskError"),
                           ('{"error": ["a:b\\n", "x"]}', "ServiceTaskError"), ('{"error": ["code", "x\\u001b[31m\\nline"]}', "code")):
            self.stranger("print(%r)" % text)
            with self.assertRaises(node_as_service.ServiceTaskError) as caught:
                self.run_task("anything")
            self.assertEqual(caught.exception.code, code)
            self.assertTrue(str(caught.exception).isprintable())

    def test_secrets_are_neither_arguments_nor_environment_nor_in_the_reach_of_the_users_other_processes(self):
        seen = {}
        real = subprocess.Popen

        def popen(command, **options):
            process = real(command, **options)
            seen.update(command=command, environment=options["env"])
            for _ in range(200):
                owner = os.stat("/proc/%d/mem" % process.pid).st_uid
                if owner == 0:
                    break
                time.sleep(0.01)
            seen["owner"] = owner
            return process
        self.put_in_place_of(FILE, os.mkfifo)
        with mock.patch.object(node_as_service.subprocess, "Popen", popen):
            self.fails(self.configure)
        self.assertNotIn(PASSWORD, json.dumps([seen["command"], seen["environment"]]))
        # Not dumpable: its memory is root's to look at.
        self.assertEqual(seen["owner"], 0)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


class BootTest(HomeTest):
    """boot.py itself, from the plan to the files, as root."""

    def node(self, *files):
        resolver = node_aws.LiveResolver({"Database": "arn", "Region": "eu-west-1"})
        resolver.secrets["arn"] = resolver.secrets["Database"] = json.dumps({"password": PASSWORD, "of-others": "other"})
        document = {"configuration": {"files": PLAN["files"] + list(files)}, "trust": {"store": "x", "systemRoots": False, "certificates": []}}
        node = boot.Node.__new__(boot.Node)
        node.document, node.resolver = document, resolver
        self.patch(boot, "PRODUCTS", self.folder)
        self.patch(boot, "RUN", os.path.join(self.folder, "boot-run"))
        self.patch(boot, "CONFIGURED", os.path.join(self.folder, "boot-run", "configured"))
        boot.link(self.home, os.path.join(self.folder, "carbon"))
        return node

    def apply(self, node):
        with mock.patch.object(boot.Node, "as_service", lambda each, task, **arguments: node_as_service.run(task, USER, home=each.home, **arguments)):
            boot.apply(node)

    def test_files_of_roots_stay_roots_and_those_of_the_product_are_the_users(self):
        absolute = os.path.join(self.folder, "etc", "sysctl.conf")
        self.apply(self.node({"file": absolute, "edits": [{"content": {"env": "Region"}}]}))
        self.assertEqual([(os.stat(each).st_uid == 0, os.path.getsize(each)) for each in (absolute, self.path(FILE))], [(True, 9), (False, 9 + len(PASSWORD) + 1)])

    def test_a_link_ends_the_start_with_a_code(self):
        node = self.node()
        self.put_in_place_of(FILE, lambda path: os.symlink(os.path.join(self.roots, "secret"), path))
        self.assertEqual(self.fails(self.apply, node), "unsafe-file")

    def test_the_process_gets_the_secrets_that_the_product_needs_and_no_other(self):
        given = []
        with mock.patch.object(boot.Node, "as_service", lambda each, task, **arguments: given.append((task, arguments))):
            boot.apply(self.node())
        self.assertEqual(given, [("configure", {"plan": PLAN, "lookups": {"answers": [["secret", "Database", "password", PASSWORD]], "members": None}})])


if __name__ == "__main__":
    unittest.main()

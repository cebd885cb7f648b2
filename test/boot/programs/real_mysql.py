"""A real MySQL server for tests: one that is installed, or the one that rehearsals keep among their trees.

A library, not a command. The server listens on loopback, has certificates of its own making, demands TLS, and knows an
administrator with what RDS gives its master user.
"""
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "..")
TREES = os.path.join(ROOT, ".local", "rehearsal", "trees")
START_SECONDS = 60
ADMIN = ("carbonadmin", "it's \"odd\" \\ #1")

sys.path.insert(0, os.path.join(ROOT, "test", "rehearsal", "machine"))


def client():
    return shutil.which("mysql") or shutil.which("mariadb")


def server_tree():
    """The root below which usr/sbin/mysqld is: this machine's, or a tree of the rehearsal's."""
    if shutil.which("mysqld"):
        return "/"
    found = [each for each in glob.glob(os.path.join(TREES, "database-8.4-*")) if os.path.exists(each + "/usr/sbin/mysqld")]
    return found[0] if found and os.geteuid() == 0 else None


def missing():
    """Why there is no real server here; nothing where there is one."""
    if not client():
        return "no mysql or mariadb client is installed"
    if not server_tree():
        return "no mysqld is installed, and no rehearsal (as root) has made a tree with one"
    return None


class RealMySql:
    """`tls`: a folder with server.crt, whatever chain is in it, and server.key. `database`: one that is there from the start. `options`:
    further settings of the server."""

    def __init__(self, tls=None, database=None, **options):
        self._tls, self._database, self._options = tls, database, options
        self.home = tempfile.mkdtemp(prefix="carbon-mysql-")
        os.chmod(self.home, 0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._initialise()
        with self._log() as log:
            self.process = subprocess.Popen(self._command("--defaults-file=%s/server.cnf" % self._inside), stdout=log, stderr=log, start_new_session=True)
        self._wait()

    @property
    def _inside(self):
        """The server's folder as the server sees it."""
        return self.home if server_tree() == "/" else "/data"

    def _command(self, *arguments):
        tree = server_tree()
        if tree == "/":
            return ["mysqld"] + list(arguments)
        script = 'mount --bind "$1" "$2/data" && mount --bind /dev "$2/dev" && tree=$2 && shift 2 && exec chroot "$tree" "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "in-tree", self.home, tree, "/usr/sbin/mysqld"] + list(arguments)

    def _log(self):
        return open(os.path.join(self.home, "log"), "ab")

    def _initialise(self):
        with self._log() as log:
            subprocess.run(self._command("--no-defaults", "--initialize-insecure", "--user=root", "--datadir=%s/files" % self._inside,
                                         "--innodb-redo-log-capacity=16M"), check=True, stdout=log, stderr=log)
        options = {
            "datadir": self._inside + "/files", "socket": self._inside + "/socket", "pid_file": self._inside + "/pid", "port": self.port, "user": "root",
            "bind_address": "127.0.0.1", "mysqlx": 0, "skip_name_resolve": 1, "performance_schema": 0, "innodb_buffer_pool_size": "64M",
            "innodb_redo_log_capacity": "16M", "disable_log_bin": 1, "innodb_flush_log_at_trx_commit": 0, "require_secure_transport": "ON",
            "init_file": self._inside + "/start.sql", "secure_file_priv": "",
        }
        if self._tls:
            shutil.copytree(self._tls, os.path.join(self.home, "tls"))
            options.update(ssl_cert=self._inside + "/tls/server.crt", ssl_key=self._inside + "/tls/server.key")
        options.update(self._options)
        with open(os.path.join(self.home, "server.cnf"), "w", encoding="utf-8") as file:
            file.write("[server]\n" + "".join("%s=%s\n" % each for each in options.items()))
        with open(os.path.join(self.home, "start.sql"), "w", encoding="utf-8") as file:
            file.write(_master_user(self._database))

    def _wait(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as file:
            raise RuntimeError("the server did not start: %s" % file.read()[-2000:])

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.home)


def _master_user(database_name):
    import database  # of the rehearsal's machine room, which knows what RDS grants
    from types import SimpleNamespace
    asked = SimpleNamespace(master=SimpleNamespace(user=ADMIN[0]), databaseName=database_name)
    return database.start_script(asked, ADMIN[1], "mysql")

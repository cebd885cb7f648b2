"""Packages and Java on the distributions that the boot programs support.

A library, not a command.
"""
import glob
import os
import re
import shutil
import subprocess
import time

import node_clock
from node_aws import with_jitter
from node_error import CodedError

# Amazon Linux 2023 has Corretto; Java 8 keeps its old naming there.
CORRETTO = {8: "java-1.8.0-amazon-corretto-devel"}
# Another installation may be under way: that of the agent which sends logs, or the distribution's own updates. dnf waits by itself.
APT_WAITS = ["-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3"]
# Without the error mode apt calls lists that it could not fetch a warning, and ends with 0.
REFRESH = {"dnf": ["dnf", "-q", "makecache"], "apt-get": ["apt-get", "-qq", "-o", "APT::Update::Error-Mode=any", "update"]}
INSTALL = {"dnf": ["dnf", "-q", "-y", "install"], "apt-get": ["apt-get", "-q", "-y"] + APT_WAITS + ["install"]}
KNOWS = {"dnf": ["dnf", "-q", "info"], "apt-get": ["apt-cache", "show"]}
# How long mirrors that do not answer are waited for where no boot sets an end, and how often an installation may fail of something else.
SECONDS = 600
PAUSE = 15
FAILURES = 3
# The first that there is. Releases of Amazon Linux 2023 from before MariaDB 10.11 have 10.5 only, whose support ended in June 2025.
MYSQL_CLIENTS = {"dnf": ["mariadb1011", "mariadb105"], "apt-get": ["default-mysql-client"]}


# Of the file `release` in a Java home: `JAVA_VERSION="1.8.0_402"`, or "17.0.15".
RELEASE = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


class PackageError(CodedError):
    """`code` is short enough for a signal."""


def package_manager():
    for name in ("dnf", "apt-get"):
        if shutil.which(name):
            return name
    raise RuntimeError("neither dnf nor apt-get is there, use an image of Amazon Linux 2023, Ubuntu or Debian")


def install(package):
    """Both package managers end with the same code whatever it was that failed. So when an installation has failed, they are asked for what they
    know: mirrors that do not answer, or lists that somebody else has locked, are waited for; a package that does not exist is not."""
    manager = package_manager()
    print("  installing %s" % package, flush=True)
    end, failures = time.monotonic() + node_clock.left(SECONDS), 0
    while True:
        fresh = manager == "dnf" or _succeeds(REFRESH[manager])
        if _succeeds(INSTALL[manager] + [package]):
            return
        fresh = fresh and (manager != "dnf" or _succeeds(REFRESH[manager]))
        if fresh and not _succeeds(KNOWS[manager] + [package]):
            raise PackageError("no-package", "the repositories of this image have no package %s" % package)
        failures += fresh
        if failures >= FAILURES:
            raise PackageError("package", "the package %s cannot be installed; the boot log has what the package manager says" % package)
        if time.monotonic() + PAUSE > end:
            raise PackageError("mirrors", "the package %s was not installed in the time there was: the mirrors do not answer, or refuse" % package)
        time.sleep(with_jitter(PAUSE))


def _succeeds(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0


def mysql_client():
    """Path of a MySQL or MariaDB client, installed if there is none."""
    packages = [] if client_path() else MYSQL_CLIENTS[package_manager()]
    for package in packages[:-1]:
        try:
            install(package)
        except PackageError as problem:
            if problem.code == "mirrors":
                raise
            print("  %s" % problem, flush=True)
        # A package of that name may also have no client.
        if client_path():
            return client_path()
    for package in packages[-1:]:
        install(package)
    return client_path()


def client_path():
    return shutil.which("mysql") or shutil.which("mariadb")


def java_home(wanted, accepted):
    """Home of a Java that the product accepts: one that is there, the wanted version before others, or a new one."""
    homes = installed_java()
    for version in [wanted] + sorted(accepted, reverse=True):
        if version in homes:
            return homes[version]
    install(java_package(wanted))
    homes = installed_java()
    if wanted not in homes:
        raise RuntimeError("Java %d was installed but is not below /usr/lib/jvm" % wanted)
    return homes[wanted]


def java_package(version):
    if package_manager() == "dnf":
        return CORRETTO.get(version, "java-%d-amazon-corretto-headless" % version)
    return "openjdk-%d-jdk-headless" % version


def installed_java():
    """Java homes by major version."""
    found = {}
    # Most homes have links with further names.
    for home in sorted({os.path.realpath(os.path.dirname(os.path.dirname(java))) for java in glob.glob("/usr/lib/jvm/*/bin/java")}):
        version = java_version(home)
        if version:
            found.setdefault(version, home)
    return found


def java_version(home):
    """As its file `release` says, which saves the start of a JVM. Debian's Java 8 has none, and Corretto's has."""
    try:
        with open(os.path.join(home, "release"), encoding="utf-8", errors="replace") as file:
            match = RELEASE.search(file.read())
        if match:
            return int(match.group(1))
    except OSError:
        pass
    try:
        done = subprocess.run([os.path.join(home, "bin", "java"), "-version"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except OSError:
        return None
    return parse_java_version(done.stderr.decode(errors="replace"))


def parse_java_version(text):
    """Major version: `1.8.0_402` is 8, `17.0.15` is 17."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None

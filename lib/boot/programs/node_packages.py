"""Packages and Java on the distributions that the boot programs support.

A library, not a command.
"""
import glob
import os
import re
import shutil
import subprocess

# Amazon Linux 2023 has Corretto; Java 8 keeps its old naming there.
CORRETTO = {8: "java-1.8.0-amazon-corretto-devel"}
# Another installation may be under way: that of the agent which sends logs, or the distribution's own updates.
APT_WAITS = ["-o", "DPkg::Lock::Timeout=600"]
# The first that there is. Releases of Amazon Linux 2023 from before MariaDB 10.11 have 10.5 only, whose support ended in June 2025.
MYSQL_CLIENTS = {"dnf": ["mariadb1011", "mariadb105"], "apt-get": ["default-mysql-client"]}


def package_manager():
    for name in ("dnf", "apt-get"):
        if shutil.which(name):
            return name
    raise RuntimeError("neither dnf nor apt-get is there, use an image of Amazon Linux 2023, Ubuntu or Debian")


def install(package):
    manager = package_manager()
    print("  installing %s" % package, flush=True)
    if manager == "apt-get":
        subprocess.run(["apt-get", "-qq", "update"], check=True)
    waits = APT_WAITS if manager == "apt-get" else []
    subprocess.run([manager, "-q", "-y"] + waits + ["install", package], check=True, stdout=subprocess.DEVNULL)


def mysql_client():
    """Path of a MySQL or MariaDB client, installed if there is none."""
    packages = [] if client_path() else MYSQL_CLIENTS[package_manager()]
    for package in packages[:-1]:
        try:
            install(package)
        except subprocess.CalledProcessError:
            print("  there is no %s, or it cannot be installed" % package, flush=True)
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
    for java in sorted(glob.glob("/usr/lib/jvm/*/bin/java")):
        home = os.path.realpath(os.path.dirname(os.path.dirname(java)))
        version = java_version(java)
        if version:
            found.setdefault(version, home)
    return found


def java_version(java):
    try:
        done = subprocess.run([java, "-version"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except OSError:
        return None
    return parse_java_version(done.stderr.decode(errors="replace"))


def parse_java_version(text):
    """Major version: `1.8.0_402` is 8, `17.0.15` is 17."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None

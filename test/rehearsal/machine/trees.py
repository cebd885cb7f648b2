"""
Trees of files that take long to make and are made once: the nodes' root, the JDKs, the database servers.

A tree is named after a hash of everything it is made of, built aside under a lock and put in place by renaming, so
what has its name is complete. A changed recipe gets a new name; what was not used for two weeks goes when its
successor is built.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import time
from typing import Callable

import archive
from authority import Authority
from events import Events
from system import read_file, run, write_file

#: The distribution of the nodes.
NODE_SUITE = 'bookworm'

#: What a cloud image of the distribution has and a boot script may rely on, plus what it would install itself on
#: AWS: nodes of a rehearsal have no way out to a package server.
NODE_PACKAGES = (
    'systemd', 'systemd-sysv', 'dbus', 'libnss-myhostname', 'cloud-init', 'python3', 'ca-certificates', 'curl',
    'openssl', 'sudo', 'procps', 'iproute2', 'iputils-ping', 'netbase', 'hostname', 'less', 'unzip', 'xz-utils',
    'awscli', 'mariadb-client', 'rsync', 'subversion', 'openjdk-17-jdk-headless', 'nginx', 'openssh-server',
    'openssh-client', 'udev', 'amazon-ec2-net-utils', 'netplan.io',
)

#: Services that their packages would start, and that wait for a boot script to do so.
WAITING_UNITS = ('nginx.service', 'ssh.service')

#: Java versions other than the distribution's own, and the Ubuntu release whose builds run on the nodes' C library.
JAVA_PACKAGES = {'8': 'openjdk-8-jdk-headless', '11': 'openjdk-11-jdk-headless', '21': 'openjdk-21-jdk-headless'}
JAVA_SUITE = 'jammy'
OWN_JAVA = '17'

#: cloud-init with the modules that carry out user data, and none of those that set up a machine (disks, packages,
#: locales): these need what a container has not, and took 20 s. Host keys it makes, as on EC2: each node its own. The
#: data source is the local seed; on EC2 it is the metadata service, but cloud-init recognises EC2 by firmware tables
#: that a container cannot show.
CLOUD_CONFIG = """\
# Made by the rehearsal, see test/rehearsal/machine/README.md.
datasource_list: [NoCloud]
network: {config: disabled}
disable_root: true
preserve_hostname: true
ssh_genkeytypes: [ed25519]
ssh_publish_hostkeys: {enabled: false}
cloud_init_modules: [bootcmd, write-files, ssh]
cloud_config_modules: [runcmd]
cloud_final_modules: [write-files-deferred, scripts-per-once, scripts-per-boot, scripts-per-instance, scripts-user]
system_info:
  distro: debian
  paths: {cloud_dir: /var/lib/cloud/, templates_dir: /etc/cloud/templates/}
"""

#: The network is configured as on Amazon Linux 2023: by networkd and amazon-ec2-net-utils.
NETWORK_UNITS = ('systemd-networkd.service',)
#: The driver of the nodes' interfaces, which takes the place of EC2's in the configuration of amazon-ec2-net-utils.
NETWORK_DRIVER = 'veth'
NETWORK_CONFIGURATION = '/usr/lib/systemd/network/80-ec2.network'
_UDEV = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'udev.py')
_UDEV_IN_NODE = '/usr/local/lib/rehearsal/udev'
UDEV_UNIT_NAME = 'rehearsal-udev.service'
UDEV_UNIT = f"""\
[Unit]
Description=Stand-in for udev's network rules
After=systemd-networkd.service

[Service]
ExecStart={_UDEV_IN_NODE}

[Install]
WantedBy=basic.target
"""

#: Units that have no business in a container, or that fetch from outside.
MASKED_UNITS = (
    'systemd-resolved.service', 'systemd-timesyncd.service', 'systemd-pstore.service', 'systemd-firstboot.service',
    'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'fstrim.timer', 'e2scrub_all.timer',
    'e2scrub_reap.service', 'man-db.timer', 'getty@tty1.service', 'console-getty.service', 'svnserve.service',
    'rsync.service', 'cloud-init-hotplugd.socket', 'mariadb.service',
)

_FORGET_AFTER = 14 * 86400

SYSTEM_BUNDLE = '/etc/ssl/certs/ca-certificates.crt'


class TreeCache:
    """A folder of finished trees."""

    def __init__(self, cache_dir: str, events: Events):
        self.dir = os.path.join(cache_dir, 'trees')
        self.events = events
        os.makedirs(self.dir, exist_ok=True)

    def get(self, name: str, recipe: object, build: Callable[[str, Callable[[str], None]], None]) -> str:
        """The tree of that recipe, built if it is not there."""
        path = self.path(name, recipe)
        if not os.path.isdir(path):
            self._build_under_lock(name, path, build)
        write_file(f'{path}.used', '')
        return path

    def _build_under_lock(self, name: str, path: str, build: Callable[[str, Callable[[str], None]], None]) -> None:
        with open(os.path.join(self.dir, f'.{name}.lock'), 'w', encoding='ascii') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another rehearsal may be building it
            if os.path.isdir(path):
                return
            for aside in glob.glob(f'{os.path.join(self.dir, name)}-*.aside*'):
                shutil.rmtree(aside, ignore_errors=True)  # of a build that was cut short
            self._build(name, path, build)
            self._forget_old(name, path)

    def _forget_old(self, name: str, path: str) -> None:
        """Trees of older recipes; not at once, for another checkout may still use them."""
        for other in glob.glob(f'{os.path.join(self.dir, name)}-' + '[0-9a-f]' * 12):
            used = f'{other}.used'
            last = os.path.getmtime(used if os.path.exists(used) else other)
            if other != path and time.time() - last > _FORGET_AFTER:
                shutil.rmtree(other, ignore_errors=True)
                os.path.exists(used) and os.remove(used)

    def path(self, name: str, recipe: object) -> str:
        digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode('utf-8')).hexdigest()[:12]
        return os.path.join(self.dir, f'{name}-{digest}')

    def _build(self, name: str, path: str, build: Callable[[str, Callable[[str], None]], None]) -> None:
        aside = f'{path}.aside'
        shutil.rmtree(aside, ignore_errors=True)
        started = time.monotonic()
        self.events.emit('tree', tree=name, state='building')
        try:
            build(aside, lambda line: self._progress(name, line))
            os.rename(aside, path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self.events.emit('tree', tree=name, state='built', seconds=round(time.monotonic() - started, 1), path=path)

    def _progress(self, name: str, line: str) -> None:
        """mmdebstrap's own steps, not the thousand lines of the package manager."""
        if line.startswith('I: '):
            self.events.emit('tree', tree=name, state='building', step=line[3:])


def node_root(cache: TreeCache, authority: Authority) -> str:
    """The root tree every node's own files are laid over."""
    recipe = [NODE_SUITE, NODE_PACKAGES, CLOUD_CONFIG, MASKED_UNITS, WAITING_UNITS, authority.fingerprint, NETWORK_UNITS,
              NETWORK_DRIVER, UDEV_UNIT, read_file(_UDEV), 9]

    def build(target: str, progress: Callable[[str], None]) -> None:
        hooks = [
            # Without this folder the JDK's installation script fails on its manual page, which is left out.
            '--essential-hook=mkdir -p "$1/usr/share/man/man1" "$1/usr/local/share/ca-certificates"',
            # There before the packages are, so that their own scripts put it into every list, Java's as well.
            # update-ca-certificates run later does not reach Java's: its hook waits for a dpkg trigger.
            f'--essential-hook=cp "{authority.certificate}" "$1/usr/local/share/ca-certificates/rehearsal.crt"',
        ]
        archive.unpack(archive.Archive(NODE_SUITE), NODE_PACKAGES, target, install=True, hooks=hooks,
                       progress=progress)
        prepare_node_root(target)

    return cache.get('node', recipe, build)


def prepare_node_root(root: str) -> None:
    """What the rehearsal adds to the distribution; each is said, with its reason, in the README."""
    _let_aws_cli_trust_the_system(root)
    _trim_cloud_init(root)
    for unit in MASKED_UNITS:
        mask(root, f'system/{unit}')
    run(['chroot', root, 'systemctl', 'disable', '--quiet', *WAITING_UNITS])
    _configure_network(root)
    for key in glob.glob(f'{root}/etc/ssh/ssh_host_*'):
        os.remove(key)  # or every node would have the same
    write_file(f'{root}/etc/systemd/system.conf.d/rehearsal.conf',
               f'[Manager]\nDefaultEnvironment=AWS_CA_BUNDLE={SYSTEM_BUNDLE}\n')
    write_file(f'{root}/etc/environment', f'AWS_CA_BUNDLE={SYSTEM_BUNDLE}\n')
    write_file(f'{root}/etc/motd', 'A node of a rehearsal of carbon-cluster, not of AWS.\n')
    for leftover in ('usr/sbin/policy-rc.d', 'etc/hostname', 'etc/resolv.conf', 'etc/machine-id'):
        _remove(f'{root}/{leftover}')
    # Or every first boot would rebuild caches that are right already.
    for stamp in ('etc/.updated', 'var/.updated'):
        write_file(f'{root}/{stamp}', '')
    write_file(f'{root}/packages.txt', run(['chroot', root, 'dpkg-query', '-W', '-f', '${Package} ${Version}\n']))


def _let_aws_cli_trust_the_system(root: str) -> None:
    """
    The AWS CLI brings a certificate list of its own. AWS_CA_BUNDLE replaces it, but sudo and services with a clean
    environment drop that variable; so the list itself leads to the system's.
    """
    packages = f'{root}/usr/lib/python3/dist-packages'
    for module in ('awscli/botocore', 'botocore'):
        own = f'{packages}/{module}/cacert.pem'
        if os.path.exists(own):
            os.remove(own)
            os.symlink(SYSTEM_BUNDLE, own)


def _trim_cloud_init(root: str) -> None:
    write_file(f'{root}/etc/cloud/cloud.cfg', CLOUD_CONFIG)
    extras = f'{root}/etc/cloud/cloud.cfg.d'
    for name in os.listdir(extras):
        if name != '05_logging.cfg':
            os.remove(f'{extras}/{name}')


def _configure_network(root: str) -> None:
    path = root + NETWORK_CONFIGURATION
    text, found = re.subn(r'(?m)^Driver=.*$', f'Driver={NETWORK_DRIVER}', read_file(path))
    if found != 1:
        raise RuntimeError(f'{NETWORK_CONFIGURATION} has {found} lines with a driver instead of one')
    write_file(path, text)
    write_file(root + _UDEV_IN_NODE, read_file(_UDEV), 0o755)
    write_file(f'{root}/usr/lib/systemd/system/{UDEV_UNIT_NAME}', UDEV_UNIT)
    run(['chroot', root, 'systemctl', 'enable', '--quiet', *NETWORK_UNITS, UDEV_UNIT_NAME])


def mask(root: str, path: str) -> None:
    """Hides a unit, or a configuration file, of a package."""
    link = f'{root}/etc/systemd/{path}'
    _remove(link)
    os.symlink('/dev/null', link)


def _remove(path: str) -> None:
    if os.path.lexists(path):
        os.remove(path)


def ubuntu_archive(cache: TreeCache, suite: str) -> archive.Archive:
    """Ubuntu's archive with its keys, which are this machine's own, or from the package that Debian signs."""
    name = 'ubuntu-archive-keyring.gpg'
    keyring = os.path.join(archive.KEYRINGS, name)
    if not os.path.exists(keyring):
        tree = cache.get('ubuntu-keys', ['sid', 1], lambda target, progress: archive.unpack(
            archive.Archive('sid'), ['ubuntu-keyring'], target, progress=progress))
        keyring = tree + keyring
    return archive.Archive(suite, distribution='Ubuntu', components='main,universe', keyring=keyring)


def java_layer(cache: TreeCache, version: str) -> str:
    """A layer that puts a further JDK under /usr/lib/jvm; the distribution's own is in the root tree already."""
    if version not in JAVA_PACKAGES:
        raise ValueError(f'no Java {version}: there are {", ".join(sorted([OWN_JAVA, *JAVA_PACKAGES], key=int))}')
    package = JAVA_PACKAGES[version]

    def build(target: str, progress: Callable[[str], None]) -> None:
        whole = f'{target}.whole'
        shutil.rmtree(whole, ignore_errors=True)
        try:
            archive.unpack(ubuntu_archive(cache, JAVA_SUITE), [package], whole, progress=progress)
            _keep_java_only(whole, target, version)
        finally:
            shutil.rmtree(whole, ignore_errors=True)

    return cache.get(f'java-{version}', [JAVA_SUITE, package, 1], build)


def _keep_java_only(whole: str, target: str, version: str) -> None:
    """The JDK and its configuration; the libraries it needs are the root tree's."""
    for part in ('usr/lib/jvm', f'etc/java-{version}-openjdk'):
        source = os.path.join(whole, part)
        if os.path.isdir(source):
            os.makedirs(os.path.dirname(os.path.join(target, part)), exist_ok=True)
            os.rename(source, os.path.join(target, part))


#: MariaDB's data folder is made by a shell script, so it comes with a shell and what that calls.
_MARIADB = ('mariadb', 'Debian', NODE_SUITE,
            'mariadb-server-core,mariadb-client-core,dash,coreutils,sed,grep,mawk,hostname')

#: Where each server version can be had, best first: (flavour, distribution, suite, package).
DATABASE_SERVERS = {
    '8.4': [('mysql', 'Ubuntu', 'resolute', 'mysql-server-core'), ('mysql', 'Debian', 'sid', 'mysql-server-core'),
            _MARIADB],
    '8.0': [('mysql', 'Ubuntu', 'noble', 'mysql-server-core-8.0'), _MARIADB],
    'mariadb': [_MARIADB],
}


def database_server(cache: TreeCache, version: str) -> tuple[str, str]:
    """A tree with a database server and its libraries; returns its path and flavour ('mysql' or 'mariadb')."""
    failures = []
    for flavour, distribution, suite, package in DATABASE_SERVERS[version]:
        try:
            return _server_tree(cache, version, distribution, suite, package), flavour
        except Exception as error:  # the next best is tried, and said
            failures.append(str(error))
            cache.events.emit('warning', message=f'{distribution} {suite} has no {package} for us', detail=str(error))
    raise RuntimeError('no database server: ' + '; '.join(failures))


def _server_tree(cache: TreeCache, version: str, distribution: str, suite: str, package: str) -> str:
    def build(target: str, progress: Callable[[str], None]) -> None:
        source = archive.Archive(suite) if distribution == 'Debian' else ubuntu_archive(cache, suite)
        archive.unpack(source, package.split(','), target, progress=progress)
        archive.merge_usr(target)
        for folder in ('data', 'tmp', 'etc', 'dev', 'var/lib'):
            os.makedirs(os.path.join(target, folder), exist_ok=True)
        write_file(f'{target}/etc/passwd', 'root:x:0:0::/root:/bin/sh\n')

    return cache.get(f'database-{version}', [distribution, suite, package, 1], build)


#: svnserve, and Apache with its module, from the distribution of the nodes.
SVN_PACKAGES = ('subversion', 'libapache2-mod-svn', 'apache2-bin')


def svn_server(cache: TreeCache) -> str:
    """A tree with the servers of Subversion and their libraries."""
    def build(target: str, progress: Callable[[str], None]) -> None:
        archive.unpack(archive.Archive(NODE_SUITE), SVN_PACKAGES, target, progress=progress)
        archive.merge_usr(target)
        for folder in ('data', 'tmp', 'etc', 'dev', 'var/run'):
            os.makedirs(os.path.join(target, folder), exist_ok=True)
        write_file(f'{target}/etc/passwd', 'root:x:0:0::/root:/bin/sh\n')
        write_file(f'{target}/etc/group', 'root:x:0:\n')

    return cache.get('svn', [NODE_SUITE, SVN_PACKAGES, 1], build)


def remove_all(cache: TreeCache) -> None:
    """Removes every tree. Not while a rehearsal runs: its nodes lie over them."""
    shutil.rmtree(cache.dir, ignore_errors=True)

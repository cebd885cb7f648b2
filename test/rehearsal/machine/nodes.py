"""
A node: systemd-nspawn boots a full systemd on a layer of its own over the shared root tree.

Its user data reaches cloud-init by the NoCloud seed, byte for byte as the template has it; everything else the script
finds (metadata, names, endpoints) is on the network. The layer survives stop, kill and reboot, as a disk does.
"""

from __future__ import annotations

import glob
import json
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from typing import Callable, Optional, Sequence

import cgroups
import efs
import network
import trees
from document import Cluster, Node
from events import Events
from names import resolv_conf
from system import Process, children, read_file, resolve_below, run, wait_until, write_file

#: The file cloud-init writes when user data has ended; it removes it itself at each boot.
RESULT = '/var/lib/cloud/data/result.json'
CLOUD_INIT_LOG = '/var/log/cloud-init-output.log'

_MOUNT_HELPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'mount_efs.py')
_LOG_AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cloudwatch_agent.py')

#: What nspawn ends with when its node reboots itself.
_REBOOTED = 133

#: How long after its last process cloud-init may take to write its result, before we say that it did not.
_RESULT_GRACE = 1.5

#: As cloud-init writes it on Ubuntu: only the first interface is known.
_NETPLAN = f"""\
network:
  version: 2
  ethernets:
    {network.device_of(0)}: {{dhcp4: true, dhcp6: false}}
"""

_FOLLOW_SECONDS = 0.15
_MAX_LINE = 4000

#: What a command run in a node finds, as a login would.
_EXEC_ENVIRONMENT = {
    'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LANG': 'C.UTF-8',
    'AWS_CA_BUNDLE': '/etc/ssl/certs/ca-certificates.crt',
}

_NSPAWN_ENVIRONMENT = {
    # Or net.* would be read-only, and a boot script's sysctl would fail as it does not on EC2.
    'SYSTEMD_NSPAWN_API_VFS_WRITABLE': 'network',
    # /tmp on the disk, as on the distribution's images; a tmpfs of a tenth of the memory has no room for a pack.
    'SYSTEMD_NSPAWN_TMPFS_TMP': '0',
}


class NodeMachine:
    def __init__(self, cluster: Cluster, node: Node, layers: Sequence[str], run_id: str, folder: str, events: Events,
                 before_boot: Callable[[], None] = lambda: None, file_systems: Optional[str] = None):
        self.cluster = cluster
        self.node = node
        self.id = node.instanceId
        self.namespace = node.instanceId
        self.root = os.path.join(folder, 'root')
        self.state = 'new'
        self.result: Optional[dict] = None
        self._layers = list(layers)
        self._run_id = run_id
        self._folder = folder
        self._events = events
        self._before_boot = before_boot
        #: The folder that all nodes share.
        self._file_systems = file_systems
        self._process: Optional[Process] = None
        self._groups: list[str] = []
        self._boots = 0
        self._expected_end = False
        #: Across boots, so that a line is told once.
        self.followed: dict[str, FollowedFile] = {}
        self._lock = threading.RLock()

    # Disk

    def make_disk(self) -> None:
        """A fresh layer over the shared trees, with this node's identity and its user data in it."""
        disk = os.path.join(self._folder, 'disk')
        os.makedirs(disk)
        if self.node.diskMiB:
            run(['mount', '-t', 'tmpfs', '-o', f'size={self.node.diskMiB}m,mode=755', 'tmpfs', disk])
        elif run(['stat', '-f', '-c', '%T', disk]).strip() == 'overlayfs':
            # Inside a container: an overlay cannot be the upper layer of another.
            run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', disk])
        upper, work = os.path.join(disk, 'upper'), os.path.join(disk, 'work')
        for folder in (upper, work, self.root):
            os.makedirs(folder, mode=0o755)
        options = f'lowerdir={":".join(self._layers)},upperdir={upper},workdir={work}'
        run(['mount', '-t', 'overlay', '-o', options, 'overlay', self.root])
        self._write_identity()
        if self.cluster.network.configuredBy == 'netplan':
            self._use_netplan()

    def _use_netplan(self) -> None:
        """In place of Amazon Linux's package, which Ubuntu does not have."""
        # `netplan apply` asks udevd, which does not run in a container.
        os.symlink('/bin/true', f'{self.root}/usr/local/sbin/udevadm')
        write_file(f'{self.root}/etc/netplan/50-cloud-init.yaml', _NETPLAN, 0o600)
        trees.mask(self.root, f'system/{trees.UDEV_UNIT_NAME}')
        trees.mask(self.root, f'network/{os.path.basename(trees.NETWORK_CONFIGURATION)}')

    def _write_identity(self) -> None:
        root, hostname = self.root, self.cluster.hostname(self.node)
        seed = f'{root}/var/lib/cloud/seed/nocloud'
        write_file(f'{seed}/user-data', self.node.userData, 0o600)
        write_file(f'{seed}/meta-data', f'instance-id: {self.id}\nlocal-hostname: {hostname}\n')
        write_file(f'{root}/etc/hostname', hostname + '\n')
        write_file(f'{root}/etc/hosts', '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n')
        write_file(f'{root}/etc/resolv.conf', resolv_conf(self.cluster))
        write_file(f'{root}/usr/sbin/mount.efs', read_file(_MOUNT_HELPER), 0o755)
        write_file(f'{root}/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl', read_file(_LOG_AGENT), 0o755)
        write_file(f'{root}/etc/machine-id', secrets.token_hex(16) + '\n', 0o444)

    def drop_disk(self) -> None:
        if not os.path.isdir(self.root):
            return
        for mounted in (self.root, os.path.join(self._folder, 'disk')):
            if os.path.ismount(mounted):
                run(['umount', '--lazy', mounted])
        shutil.rmtree(self._folder, ignore_errors=True)

    # Life

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self) -> None:
        with self._lock:
            if self.running:
                return
            result = resolve_below(self.root, RESULT)
            if os.path.exists(result):
                os.remove(result)
            self.result = None
            self._boots += 1
            self._expected_end = False
            self._groups = cgroups.create(self._run_id, f'{self.id}-{self._boots}')
            self._before_boot()
            self._change('booting', boot=self._boots)
            self._process = Process(self.id, cgroups.entering(self._groups, self._command()),
                                    on_line=self._console, on_exit=self._ended,
                                    env={**os.environ, **_NSPAWN_ENVIRONMENT})
        follower = Follower(self, self._process)
        threading.Thread(target=follower.run, name=f'{self.id}-follow', daemon=True).start()

    def _command(self) -> list[str]:
        binds = [f'--bind-ro={source}:{target}' for target, source in self.node.bind.items()]
        binds += [f'--bind={self._file_systems}:{efs.IN_NODE}'] if self._file_systems else []
        return ['systemd-nspawn', '--quiet', '--boot', f'--directory={self.root}', f'--machine={self.id}',
                f'--hostname={self.cluster.hostname(self.node)}',
                f'--network-namespace-path=/run/netns/{self.namespace}',
                # The network namespace is the node's own: its boot may configure interfaces, as root on an instance may.
                '--capability=CAP_NET_ADMIN',
                # The host needs no systemd for this.
                '--register=no', '--keep-unit',
                '--resolv-conf=off', '--timezone=off', '--link-journal=no', '--console=pipe',
                # Nothing here outlives the rehearsal, so nothing needs to reach the host's disk.
                '--suppress-sync=yes', *binds]

    def stop(self, timeout: float = 60) -> None:
        """Powers the node off, as `shutdown` or the EC2 API would."""
        with self._lock:
            if not self.running:
                return
            self._expected_end = True
            self._change('stopping')
            process = self._process
        process.signal(signal.SIGTERM)
        if not process.wait(timeout):
            self.kill()

    def kill(self) -> None:
        """Ends the node as a failing host would: no process of it gets to say anything."""
        with self._lock:
            if not self.running:
                return
            self._expected_end = True
            process, leader = self._process, self.leader
        if leader is not None:
            os.kill(leader, signal.SIGKILL)
        # nspawn must not be first: its payload would live on for a moment.
        process.wait(2)
        process.kill()

    def reboot(self) -> None:
        self.stop()
        self.start()

    def _ended(self, code: int) -> None:
        for group in self._groups:
            cgroups.remove_tree(group)
        if code == _REBOOTED and not self._expected_end:
            self._change('rebooting')
            self.start()
            return
        self._change('stopped', code=code, expected=self._expected_end)

    def _console(self, line: str) -> None:
        if line.strip():
            self.log('console', line)

    @property
    def leader(self) -> Optional[int]:
        """Process 1 of the node."""
        if not self.running:
            return None
        return next(iter(children(self._process.pid)), None)

    def _change(self, state: str, **fields) -> None:
        self.state = state
        self._events.emit('node', node=self.id, name=self.node.name or None, state=state, **fields)

    # What happens in it

    def log(self, file: str, line: str) -> None:
        self._events.emit('log', node=self.id, file=file, line=line[:_MAX_LINE])

    @property
    def user_data_runs(self) -> bool:
        """Whether cloud-init's last stage, which runs user data, has a process."""
        return any(os.path.isdir(f'{group}/payload/system.slice/cloud-final.service') for group in self._groups)

    def user_data_ended(self, errors: list[str]) -> None:
        self.result = {'ok': not errors, 'errors': errors}
        self._change('booted' if not errors else 'failed', errors=errors or None)

    def wait_booted(self, timeout: float) -> dict:
        """Waits until user data has ended, well or not, or the node is gone."""
        wait_until(lambda: self.result is not None or not self.running, timeout, 0.05)
        if self.result is not None:
            return self.result
        why = 'user data has not ended in time' if self.running else 'the node stopped before its user data ended'
        return {'ok': False, 'errors': [why]}

    def execute(self, argv: Sequence[str], timeout: float = 60, stdin: Optional[str] = None) -> dict:
        """Runs a command in the node, as root."""
        leader = self.leader
        if leader is None:
            raise RuntimeError(f'{self.id} is not running')
        environment = [f'{name}={value}' for name, value in _EXEC_ENVIRONMENT.items()]
        command = ['nsenter', f'--target={leader}', '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup',
                   '--root', '--wd', '--', 'env', '-i', *environment, *argv]
        try:
            done = subprocess.run(command, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                                  capture_output=True, text=True, errors='replace', timeout=timeout)
        except subprocess.TimeoutExpired:
            return {'code': None, 'stdout': '', 'stderr': f'not ended after {timeout:g} s'}
        return {'code': done.returncode, 'stdout': done.stdout, 'stderr': done.stderr}

    def read(self, path: str, last_bytes: int = 65536) -> str:
        """The end of a file of the node, whether it runs or not."""
        with open(resolve_below(self.root, path), 'rb') as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - last_bytes))
            return file.read().decode('utf-8', 'replace')


class Follower:
    """Follows a node's log files and its user data's end, for as long as the node runs."""

    def __init__(self, machine: NodeMachine, process: Process):
        self._machine = machine
        self._last_seen_running = 0.0
        self._process = process
        self._patterns = [CLOUD_INIT_LOG, *machine.cluster.logs]
        self._files = machine.followed

    def run(self) -> None:
        while self._process.running:
            self.look()
            time.sleep(_FOLLOW_SECONDS)
        self.look()

    def look(self) -> None:
        for pattern in self._patterns:
            for path in self._matching(pattern):
                if path not in self._files:
                    self._files[path] = FollowedFile(self._machine.root, path)
        for path, file in self._files.items():
            for line in file.new_lines():
                self._machine.log(path, line)
        self._look_for_result()

    def _matching(self, pattern: str) -> list[str]:
        if not glob.has_magic(pattern):
            return [pattern]
        # Links in the fixed part are followed inside the node's tree; glob itself would follow them to the host's.
        fixed, _, rest = pattern.partition('*')
        folder, _, start = fixed.rpartition('/')
        here = resolve_below(self._machine.root, folder)
        return [os.path.join(folder, os.path.relpath(match, here)) for match in glob.glob(f'{here}/{start}*{rest}')]

    def _look_for_result(self) -> None:
        if self._machine.result is not None:
            return
        try:
            with open(resolve_below(self._machine.root, RESULT), encoding='utf-8') as file:
                result = json.load(file)
        except (OSError, ValueError):
            self._look_for_silent_end()
            return
        self._machine.user_data_ended([str(error) for error in result.get('v1', {}).get('errors', [])])

    def _look_for_silent_end(self) -> None:
        """On a full disk cloud-init ends without being able to write its result."""
        now = time.monotonic()
        if self._machine.user_data_runs:
            self._last_seen_running = now
        elif self._last_seen_running and now - self._last_seen_running > _RESULT_GRACE and self._process.running:
            self._machine.user_data_ended(['cloud-init ended without a result; is the disk full?'])


class FollowedFile:
    """New lines of a file; one that was cut or replaced is read from its beginning."""

    def __init__(self, root: str, path: str):
        self._root = root
        self._path = path
        self._inode = 0
        self._position = 0
        self._rest = b''

    def new_lines(self) -> list[str]:
        try:
            with open(resolve_below(self._root, self._path), 'rb') as file:
                return self._read(file)
        except OSError:
            return []

    def _read(self, file) -> list[str]:
        status = os.fstat(file.fileno())
        if status.st_ino != self._inode or status.st_size < self._position:
            self._inode, self._position, self._rest = status.st_ino, 0, b''
        if status.st_size == self._position:
            return []
        file.seek(self._position)
        data = file.read(1 << 20)
        self._position += len(data)
        *lines, self._rest = (self._rest + data).split(b'\n')
        return [line.decode('utf-8', 'replace').rstrip('\r') for line in lines]

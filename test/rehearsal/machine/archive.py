"""
Packages from distribution archives, unpacked into folders by mmdebstrap.

Which servers to fetch from is never written here: Debian's come from this machine's own apt configuration, Ubuntu's
(for the JDKs and MySQL versions Debian 12 does not have) from it too where it has them, otherwise from mmdebstrap's
built-in knowledge.
"""

from __future__ import annotations

import os
from typing import Callable, Optional, Sequence

from system import Process, CommandFailed, run

KEYRINGS = '/usr/share/keyrings'
_TARGET_FORMAT = '$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)'

#: What a tree for running programs does not need; it halves the time to unpack.
_EXCLUDED = ('/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*')


class Archive:
    """A suite of a distribution, as this machine reaches it."""

    def __init__(self, suite: str, *, distribution: str = 'Debian', components: str = 'main',
                 keyring: Optional[str] = None):
        self.suite = suite
        self.distribution = distribution
        self.components = components
        self.keyring = keyring or os.path.join(KEYRINGS, f'{distribution.lower()}-archive-keyring.gpg')

    def sources(self) -> list[str]:
        """One-line apt sources for this suite from the machine's own configuration; none when it has none."""
        configured = [target for target in machine_targets() if target['origin'] == self.distribution]
        own = [target for target in configured if target['codename'].split('-')[0] == self.suite]
        if own:
            return self._lines({(target['uri'], target['release']) for target in own})
        # The same server keeps the distribution's other suites next to the one this machine uses.
        plain = {(target['uri'], self.suite) for target in configured if '-' not in target['release']}
        return self._lines(plain) if self.distribution == 'Debian' else []

    def _lines(self, pairs: set[tuple[str, str]]) -> list[str]:
        signed = f'[signed-by={self.keyring}] ' if os.path.exists(self.keyring) else ''
        return sorted(f'deb {signed}{uri} {release} {self.components.replace(",", " ")}' for uri, release in pairs)


def machine_targets() -> list[dict]:
    """The package lists this machine's apt is configured with."""
    output = run(['apt-get', 'indextargets', '--format', _TARGET_FORMAT, 'Created-By: Packages'], check=False)
    return parse_targets(output)


def parse_targets(output: str) -> list[dict]:
    targets = []
    for line in output.splitlines():
        fields = line.split('|')
        if len(fields) != 5 or not fields[0] or fields[0].startswith('$'):
            continue
        targets.append(dict(zip(('origin', 'codename', 'uri', 'release', 'component'), fields)))
    return targets


def machine_options() -> list[str]:
    """apt's options for reaching servers (proxies, certificates, retries), as this machine has them."""
    wanted = ('Acquire::http', 'Acquire::https', 'Acquire::Retries', 'Acquire::Check-')
    lines = run(['apt-config', 'dump', 'Acquire'], check=False).splitlines()
    return [line for line in lines if line.startswith(wanted) and not line.endswith('"";')]


def unpack(archive: Archive, packages: Sequence[str], target: str, *, install: bool = False,
           hooks: Sequence[str] = (), progress: Callable[[str], None] = lambda line: None) -> None:
    """
    Fills a folder with packages and what they depend on: with their installation scripts run (`install`), or only
    their files, which is enough to run one program with its own libraries.
    """
    argv = ['mmdebstrap', '--mode=root', '--format=directory', f'--variant={"apt" if install else "extract"}',
            f'--include={",".join(packages)}', f'--components={archive.components}',
            '--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"',
            '--dpkgopt=force-unsafe-io', f'--keyring={archive.keyring}']
    argv += [f'--aptopt={option}' for option in machine_options()]
    argv += [f'--dpkgopt=path-exclude={pattern}' for pattern in _EXCLUDED]
    argv += list(hooks)
    argv += [archive.suite, target, *archive.sources()]
    # The caller's umask must not show in the tree.
    process = Process('mmdebstrap', ['sh', '-c', 'umask 022; exec "$@"', 'umask', *argv], on_line=progress)
    try:
        if not process.wait(1800):
            raise CommandFailed(argv, None, '\n'.join(process.last_lines))
    finally:
        process.kill()
    if process.code != 0:
        raise CommandFailed(argv, process.code, '\n'.join(process.last_lines))


def merge_usr(folder: str) -> None:
    """The links from / into /usr that an extracted tree lacks, without which no program finds its loader."""
    for name in ('bin', 'sbin', 'lib', 'lib64'):
        link = os.path.join(folder, name)
        if not os.path.lexists(link):
            os.symlink(f'usr/{name}', link)

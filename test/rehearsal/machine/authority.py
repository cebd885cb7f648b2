"""
The rehearsal's own test authority: it signs what stands in for AWS's endpoints, the database and the load balancers.

One per cache folder, made once, because the nodes' root tree trusts it and is built once. Its key never leaves the
cache folder (0600), and no machine but a rehearsed node trusts it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from typing import Sequence

from system import read_file, run, write_file

_CA_DAYS = 3650
_LEAF_DAYS = 90


class Authority:
    def __init__(self, cache_dir: str):
        self.folder = os.path.join(cache_dir, 'authority')
        self.certificate = os.path.join(self.folder, 'ca.pem')
        self._key = os.path.join(self.folder, 'ca.key')
        self._ensure()

    def _ensure(self) -> None:
        if os.path.exists(self.certificate):
            return
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as aside:
            key, certificate = os.path.join(aside, 'key'), os.path.join(aside, 'pem')
            run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-sha256', '-nodes', '-days', str(_CA_DAYS),
                 '-subj', '/O=Carbon cluster rehearsal/CN=Rehearsal test authority',
                 '-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0',
                 '-addext', 'keyUsage=critical,keyCertSign,cRLSign',
                 '-keyout', key, '-out', certificate])
            os.chmod(key, 0o600)
            os.rename(key, self._key)
            os.rename(certificate, self.certificate)  # last: its presence says that both are there

    @property
    def pem(self) -> str:
        return read_file(self.certificate)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.pem.encode('ascii')).hexdigest()[:16]

    def issue(self, names: Sequence[str], folder: str, name: str) -> tuple[str, str]:
        """A server certificate for these names; returns the paths of certificate (with the authority's) and key."""
        os.makedirs(folder, mode=0o755, exist_ok=True)
        certificate, key = os.path.join(folder, f'{name}.crt'), os.path.join(folder, f'{name}.key')
        request, extensions = os.path.join(folder, f'{name}.csr'), os.path.join(folder, f'{name}.ext')
        write_file(extensions, extension_file(names))
        run(['openssl', 'req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', f'/CN={common_name(names)}',
             '-keyout', key, '-out', request])
        signed = run(['openssl', 'x509', '-req', '-in', request, '-CA', self.certificate, '-CAkey', self._key,
                      '-set_serial', str(int.from_bytes(os.urandom(8), 'big')), '-days', str(_LEAF_DAYS), '-sha256',
                      '-extfile', extensions])
        write_file(certificate, signed + self.pem)
        os.chmod(key, 0o600)
        return certificate, key

    def bundle(self, names: Sequence[str], folder: str, name: str) -> str:
        """Certificate and key in one file, as HAProxy wants them."""
        certificate, key = self.issue(names, folder, name)
        path = os.path.join(folder, f'{name}.pem')
        write_file(path, read_file(certificate) + read_file(key), 0o600)
        return path


def common_name(names: Sequence[str]) -> str:
    """The first name that fits: a common name may not be longer than 64 characters, alternative names may."""
    return next((name for name in names if len(name) <= 64), 'rehearsal')


def extension_file(names: Sequence[str]) -> str:
    alternatives = ','.join(f'{"IP" if _is_address(name) else "DNS"}:{name}' for name in names)
    return ('basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n'
            f'extendedKeyUsage=serverAuth\nsubjectAltName={alternatives}\n')


def _is_address(name: str) -> bool:
    return name.replace('.', '').isdigit()

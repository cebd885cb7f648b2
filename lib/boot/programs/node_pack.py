"""The product pack: fetched, verified, unpacked in one step that either happened or did not.

A library, not a command.
"""
import codecs
import hashlib
import os
import re
import shutil
import stat
import subprocess
import zipfile

import carbon_files
from node_error import CodedError

WORKING_DRIVERS = "MySQL Connector/J 5.1.49 or 8.0, or MariaDB Connector/J 2.7"
DRIVER_NAME = re.compile(r"(mysql-connector-java|mysql-connector-j|mariadb-java-client)-(\d+)\.(\d+)(?:\.(\d+))?")
# Text of a checksum file: more than this is a different file.
LARGEST_CHECKSUM_FILE = 64 << 10
CHECKSUM = re.compile(r"\s*([0-9A-Fa-f]{64})(?![0-9A-Fa-f])")
# General purpose bit 0 of an entry: it is encrypted (APPNOTE.TXT of the zip format, section 4.4.4).
ENCRYPTED = 0x1


class PackError(CodedError):
    """The pack is not what it should be. `code` is short enough for a signal."""


def fetch(source, work, download):
    """Downloads a file and verifies its checksum. `source` has bucket, key and maybe sha256."""
    ensure_private(work)
    target = os.path.join(work, os.path.basename(source["key"]))
    expected = (source.get("sha256") or _checksum_beside(source, target, download)).lower()
    if os.path.exists(target) and sha256(target) == expected:
        return target, expected
    download(source["bucket"], source["key"], target)
    found = sha256(target)
    if found == expected:
        return target, expected
    os.remove(target)
    raise PackError("checksum", "%s has the SHA-256 checksum %s, expected %s" % (source["key"], found, expected))


def ensure_private(folder):
    """Only this user may be able to replace a file between its check and its use, so nobody else has made the folder or may write in it."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PackError("downloads", "%s is not a folder of the user who runs this program: remove it" % folder)
    os.chmod(folder, 0o700)


def _checksum_beside(source, target, download):
    download(source["bucket"], source["key"] + ".sha256", target + ".sha256")
    with open(target + ".sha256", "rb") as file:
        checksum = checksum_in(file.read(LARGEST_CHECKSUM_FILE))
    if checksum:
        return checksum
    raise PackError("checksum", "%s.sha256 does not begin with a SHA-256 checksum: write it with sha256sum" % source["key"])


def checksum_in(data):
    """The checksum that a file begins with, whichever program wrote it; nothing where there is none.

    Windows PowerShell 5 redirects output as UTF-16 with a byte order mark, and Get-FileHash writes capitals (about_Redirection and Get-FileHash
    in the PowerShell documentation).
    """
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    match = CHECKSUM.match(data.decode(encoding, "replace"))
    return match.group(1).lower() if match else None


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def unpack(archive, checksum, folder, user):
    """Unpacks below `folder` and returns the product's home. A pack that is there already is left as it is.

    The marker, which names the home, is written before the home gets its name: a machine that loses its power in between unpacks again.
    """
    marker = os.path.join(folder, ".pack-" + checksum)
    home = _home_of(marker, folder)
    if home and os.path.isdir(home):
        return home
    unpacking = os.path.join(folder, ".unpacking")
    shutil.rmtree(unpacking, ignore_errors=True)
    os.makedirs(unpacking, mode=0o700)
    _extract(archive, unpacking)
    top = _single_folder(archive, unpacking)
    home = os.path.join(folder, top)
    if os.path.lexists(home):
        raise PackError("occupied", "%s is there already and is not from this pack" % home)
    subprocess.run(["chown", "-R", "--no-dereference", "%s:%s" % (user, user), os.path.join(unpacking, top)], check=True)
    carbon_files.write_file(marker, top.encode())
    os.rename(os.path.join(unpacking, top), home)
    os.rmdir(unpacking)
    return home


def _home_of(marker, folder):
    try:
        with open(marker, encoding="utf-8") as file:
            return os.path.join(folder, file.read())
    except FileNotFoundError:
        return None


def _extract(archive, folder):
    try:
        with zipfile.ZipFile(archive) as pack:
            for entry in pack.infolist():
                _check_entry(entry, os.path.basename(archive))
            for entry in pack.infolist():
                # extract() keeps every entry below the folder; it only forgets which files may be executed.
                path = pack.extract(entry, folder)
                mode = entry.external_attr >> 16 & 0o777
                if mode and not entry.is_dir():
                    os.chmod(path, mode)
    except zipfile.BadZipFile as problem:
        raise PackError("not-a-zip", "%s is not a zip: %s" % (os.path.basename(archive), problem)) from problem


def _check_entry(entry, archive):
    """Before anything is unpacked: what could not be read, and what is neither a file nor a folder."""
    if entry.flag_bits & ENCRYPTED:
        raise PackError("encrypted-zip", "%s is encrypted, and nodes have no password for it: upload the zip as WSO2 distributes it" % archive)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind in (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK):
        raise PackError("special-file", "%s holds %s, which is a pipe, a device or a socket: remove it from the zip" % (archive, ascii(entry.filename)))


def _single_folder(archive, folder):
    names = os.listdir(folder)
    # A name with a dot at its beginning could be that of one of our own files beside the home.
    if len(names) == 1 and os.path.isdir(os.path.join(folder, names[0])) and not names[0].startswith("."):
        return names[0]
    raise PackError("layout", "%s does not hold one folder, the product's home" % os.path.basename(archive))


def check_driver(opened, folder, class_name):
    """Finds the driver in the product, which the pack brought or root put there. `opened` is a descriptor of the folder."""
    entry = class_name.replace(".", "/") + ".class"
    holders = [name for name in sorted(os.listdir(opened)) if name.endswith(".jar") and _holds(opened, name, entry)]
    if not holders:
        raise PackError("jdbc-driver", "no jar in %s holds %s: put one of %s into the pack, or give it as jdbcDriver"
                        % (folder, class_name, WORKING_DRIVERS))
    for name in holders:
        if not logs_in(name):
            raise PackError("jdbc-driver", "%s in %s does not log in to MySQL 8 over TLS: put one of %s in its place" % (name, folder, WORKING_DRIVERS))


def logs_in(name):
    """As far as a driver's name tells; the same rule as at synthesis (lib/database/driver-name.ts)."""
    match = DRIVER_NAME.match(name)
    if not match:
        return True
    major, minor, patch = (int(each or 0) for each in match.groups()[1:])
    if match.group(1).startswith("mariadb"):
        return (major, minor) == (2, 7)
    return major >= 8 or ((major, minor) == (5, 1) and patch >= 46)


def _holds(folder, name, entry):
    try:
        with open(carbon_files.open_file(folder, name, name), "rb") as jar, zipfile.ZipFile(jar) as opened:
            return entry in opened.namelist()
    except (zipfile.BadZipFile, carbon_files.UnsafeFileError, IsADirectoryError):
        return False

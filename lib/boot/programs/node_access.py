"""Access control lists of files and folders (acl(5)), so that one more user reads the product's logs and nobody else does.

A library, not a command. The lists are extended attributes in the kernel's own format (include/uapi/linux/posix_acl_xattr.h), so that no
package is needed for them.
"""
import errno
import os
import stat
import struct

import carbon_files

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
VERSION = 2
OWNER, USER, GROUP, NAMED_GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NOBODY = 0xFFFFFFFF
READ, ENTER = 4, 1
ENTRY = struct.Struct("<HHI")


def let_read(home, parts, user):
    """The files in the folder `parts` below the home, also those that its server makes later. The folders above it may only be entered."""
    for count in range(len(parts)):
        _on_folder(home, parts[:count], lambda folder: _grant(folder, ACCESS, user, ENTER))
    _on_folder(home, parts, lambda folder: _let_read_files(folder, user))


def _on_folder(home, parts, action):
    folder = carbon_files.open_folder(home, parts, carbon_files.make_folder)
    try:
        action(folder)
    finally:
        os.close(folder)


def _let_read_files(folder, user):
    _grant(folder, ACCESS, user, READ | ENTER)
    # In place of the umask: the group and others get nothing.
    entries = {(OWNER, NOBODY): 7, (USER, user): READ | ENTER, (GROUP, NOBODY): 0, (OTHER, NOBODY): 0}
    os.setxattr(folder, DEFAULT, packed(entries))
    for name in os.listdir(folder):
        _grant_on_file(folder, name, user)


def _grant_on_file(folder, name, user):
    try:
        file = carbon_files.open_file(folder, name, name)
    except (carbon_files.UnsafeFileError, IsADirectoryError, PermissionError, FileNotFoundError):
        return
    try:
        _grant(file, ACCESS, user, READ)
    finally:
        os.close(file)


def _grant(descriptor, name, user, permissions):
    entries = entries_of(descriptor, name)
    effective = entries[USER, user] & entries[MASK, NOBODY] if (USER, user) in entries else entries[OTHER, NOBODY]
    if effective & permissions == permissions:
        return
    entries[USER, user] = entries.get((USER, user), 0) | permissions
    os.setxattr(descriptor, name, packed(entries))


def entries_of(descriptor, name):
    """Permissions by tag and id. A file without a list has one that says the same as its mode."""
    try:
        data = os.getxattr(descriptor, name)
    except OSError as problem:
        if problem.errno != errno.ENODATA:
            raise
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        return {(OWNER, NOBODY): mode >> 6, (GROUP, NOBODY): mode >> 3 & 7, (OTHER, NOBODY): mode & 7}
    return {(tag, number): permissions for tag, permissions, number in ENTRY.iter_unpack(data[4:])}


def packed(entries):
    """With a mask that lets each entry have what it says, in the order that the kernel demands."""
    mask = 0
    for (tag, _), permissions in entries.items():
        if tag in (USER, GROUP, NAMED_GROUP):
            mask |= permissions
    complete = {**entries, (MASK, NOBODY): mask}
    return struct.pack("<I", VERSION) + b"".join(ENTRY.pack(tag, permissions, number) for (tag, number), permissions in sorted(complete.items()))

"""Files below a folder in which another user may write: reached from descriptors, one name at a time, and never through a link.

A library, not a command. What is opened is a regular file or a folder. A link, a FIFO, a socket or a device is refused, because a link leads
elsewhere, a FIFO waits for its other end, and a device has no end.
"""
import errno
import os
import stat

FOLDER_MODE = 0o755
MOST_BYTES = 16 << 20

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A FIFO that nobody writes to would otherwise block the open() itself.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
          stat.S_IFDIR: "a folder", stat.S_IFREG: "a file"}


class UnsafeFileError(Exception):
    """`code` is short enough for a signal."""

    code = "unsafe-file"


def parts_of(path):
    """The names of a relative path. One that leads upwards is refused."""
    parts = [each for each in path.split("/") if each not in ("", ".")]
    if ".." in parts:
        raise UnsafeFileError("%s leads upwards" % path)
    return parts


def open_folder(base, parts, make=None):
    """A descriptor of the folder `parts` below `base`, whose own path is trusted. `make` makes a folder that is missing, with (descriptor, name)."""
    descriptor = os.open(base, _FOLDER)
    for index, name in enumerate(parts):
        try:
            below = _step(descriptor, name, make, os.path.join(base, *parts[:index + 1]))
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


def _step(descriptor, name, make, path):
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
    except FileNotFoundError:
        if make is None:
            raise
        make(descriptor, name)
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
    except OSError as problem:
        _refuse_other_kinds(problem, descriptor, name, path, stat.S_IFDIR)
        raise


def open_file(folder, name, path):
    """A descriptor of a regular file, to be read. `path` is for the message."""
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError as problem:
        _refuse_other_kinds(problem, folder, name, path, stat.S_IFREG)
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    os.close(descriptor)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    raise UnsafeFileError("%s is %s, expected a file" % (path, _KINDS.get(kind, "no file")))


def _refuse_other_kinds(problem, folder, name, path, expected):
    """ELOOP: a link. ENOTDIR: a link or a file in the place of a folder. ENXIO: a socket."""
    if problem.errno not in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
        return
    kind = stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    raise UnsafeFileError("%s is %s, expected %s" % (path, _KINDS.get(kind, "of an unknown kind"), _KINDS[expected])) from problem


def read_file(folder, name, path, most=MOST_BYTES):
    """Bytes and status of a regular file that is not larger than `most`."""
    with open(open_file(folder, name, path), "rb") as file:
        data = file.read(most + 1)
        if len(data) > most:
            raise UnsafeFileError("%s is larger than %d bytes" % (path, most))
        return data, os.fstat(file.fileno())


def new_file(folder, name, mode=0o600):
    """A descriptor of a file that was not there before."""
    return os.open(name, _NEW, mode, dir_fd=folder)


def make_folder(folder, name, owner=None):
    """Readable for others, whatever the umask is. It lasts when this returns."""
    os.mkdir(name, 0o700, dir_fd=folder)
    made = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    try:
        if owner is not None:
            os.fchown(made, *owner)
        os.fchmod(made, FOLDER_MODE)
    finally:
        os.close(made)
    os.fsync(folder)


def remove_if_present(folder, name):
    try:
        os.remove(name, dir_fd=folder)
    except FileNotFoundError:
        pass


def replace_file(folder, name, blocks, mode):
    """Writes a file whole or not at all. What is there under its name, a link as well, is replaced and not followed."""
    part = name + ".part"
    remove_if_present(folder, part)
    try:
        with os.fdopen(new_file(folder, part), "wb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        remove_if_present(folder, part)
        raise


def write_file(path, data, mode=0o644):
    """The same for a path in a folder that is trusted."""
    folder = open_folder(os.path.dirname(path), ())
    try:
        replace_file(folder, os.path.basename(path), [data], mode)
        os.fsync(folder)
    finally:
        os.close(folder)

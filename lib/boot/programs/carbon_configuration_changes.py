"""Applies a plan to files: first every edit in memory, then every file by renaming a finished copy."""

import os
import pwd
import stat
from collections import namedtuple

from carbon_configuration_hosts import HostsFile
from carbon_configuration_plan import ConfigurationError, check_plan, edit_kind, expanded
from carbon_configuration_properties import PropertiesFile
from carbon_configuration_toml import TomlFile
from carbon_configuration_values import Values
from carbon_configuration_xml import XmlFile

NEW_FILE_MODE = 0o644
SECRET_FILE_MODE = 0o600
FOLDER_MODE = 0o755
TEMPORARY = ".carbon-configuration-"


class ContentFile:
    """A file that an edit gives as a whole."""

    creates = True

    def __init__(self, data):
        self._data = data

    def apply(self, edit, values, _):
        self._data = values.text(edit["content"]).encode("utf-8")

    def data(self):
        return self._data


FORMATS = {"set": XmlFile, "replace": XmlFile, "remove": XmlFile, "property": PropertiesFile, "table": TomlFile,
           "hosts": HostsFile, "content": ContentFile}


class Change(namedtuple("Change", "file path old new old_mode mode belongs_to_product")):
    """What one file was and will be.

    `file` is as the plan names it, `path` is what is replaced: the target, where `file` is a symbolic link. `old` and
    `old_mode` are None for a file that is not there yet.
    """

    __slots__ = ()

    @property
    def status(self):
        if self.old is None:
            return "created"
        return "unchanged" if (self.old, self.old_mode) == (self.new, self.mode) else "changed"


def prepare(plan, home, resolver, root="/"):
    """Makes every edit in memory and returns the changes. Nothing is written.

    `resolver` is a carbon_configuration_values.Resolver, `root` goes before absolute paths.
    """
    check_plan(plan)
    if not os.path.isdir(home):
        raise ConfigurationError("%s: is not a folder" % home)
    values = Values(resolver, plan.get("members"))
    files = {}
    for entry in plan["files"]:
        path = _target(entry["file"], home, root)
        if path not in files:
            files[path] = _File(entry["file"], path)
        files[path].edit(entry, values)
    return [file.change() for file in files.values()]


class _File:
    """One file of the product while its edits are made."""

    def __init__(self, name, path):
        self._name = name
        self._path = path
        self._old, self._old_mode = _read(name, path)
        self._data = self._old
        self._format = None
        self._mode = None
        self._has_secret = False

    def edit(self, entry, values):
        self._mode = int(entry["mode"], 8) if "mode" in entry else self._mode
        values.secret_seen = False
        for edit in (each for edit in entry["edits"] for each in expanded(edit)):
            self._apply(edit, values, entry.get("namespace"))
        self._has_secret = self._has_secret or values.secret_seen

    def change(self):
        self._close()
        if self._data is None:
            raise ConfigurationError("%s: does not exist" % self._name)
        return Change(self._name, self._path, self._old, self._data, self._old_mode, self._new_mode(),
                      not self._name.startswith("/"))

    def _apply(self, edit, values, namespace):
        kind = edit_kind(edit)
        try:
            self._open(FORMATS[kind])
            self._format.apply(edit, values, namespace)
        except ConfigurationError as error:
            raise ConfigurationError("%s: %s%s" % (self._name, _place(edit, kind), error)) from None

    def _open(self, file_format):
        """Edits of one kind in a row share one reading of the file."""
        if isinstance(self._format, file_format):
            return
        self._close()
        if self._data is None and not file_format.creates:
            raise ConfigurationError("the file does not exist")
        self._format = file_format(self._data or b"")

    def _close(self):
        if self._format is None:
            return
        try:
            self._data = self._format.data()
        except ConfigurationError as error:
            raise ConfigurationError("%s: %s" % (self._name, error)) from None
        self._format = None

    def _new_mode(self):
        if self._mode is not None:
            return self._mode
        if self._has_secret:
            return SECRET_FILE_MODE
        return NEW_FILE_MODE if self._old_mode is None else self._old_mode


def _place(edit, kind):
    """What the message names besides the file: the path, key or table; a list or a content says nothing here."""
    place = edit[kind]
    return "%s: " % place if isinstance(place, str) and kind != "content" else "%s: " % kind


def _target(name, home, root):
    """The file that a name of the plan leads to, links followed: the link itself has to stay."""
    if name.startswith("/"):
        return os.path.realpath(os.path.join(root, name.lstrip("/")))
    if ".." in name.split("/"):
        raise ConfigurationError("%s: leads out of the product's home" % name)
    return os.path.realpath(os.path.join(home, name))


def _read(name, path):
    try:
        with open(path, "rb") as file:
            return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise ConfigurationError("%s: cannot be read: %s" % (name, error.strerror)) from None


def redirect(changes, folder):
    """The same results for files of the same names below another folder."""
    redirected = []
    for change in changes:
        path = os.path.join(os.path.realpath(folder), change.file.lstrip("/"))
        old, old_mode = _read(change.file, path)
        redirected.append(change._replace(path=path, old=old, old_mode=old_mode))
    return redirected


def write(changes, owner=None):
    """Writes the changes. `owner` is the user that gets the product's files, changed or not.

    All copies are finished before the first is renamed, so a full disk changes nothing.
    """
    ids = _ids(owner)
    staged = []
    try:
        for change in changes:
            if change.new != change.old:
                staged.append((_attempt(change, _stage, change, ids), change))
        for temporary, change in staged:
            _attempt(change, os.replace, temporary, change.path)
    finally:
        for temporary, _ in staged:
            _remove_if_present(temporary)
    # One synchronisation makes all renames in a folder last.
    for folder, change in {os.path.dirname(change.path): change for _, change in staged}.items():
        _attempt(change, _synchronise, folder)
    for change in changes:
        if change.new == change.old:
            _attempt(change, _refresh, change, ids)


def _attempt(change, action, *arguments):
    try:
        return action(*arguments)
    except OSError as error:
        raise ConfigurationError("%s: cannot be written: %s" % (change.file, error.strerror)) from error


def _refresh(change, ids):
    """Makes owner and mode of a file right whose bytes already were."""
    _remove_leftovers(change.path)
    _set_access(change.path, change, ids)


def _stage(change, ids):
    """A finished, synchronised copy beside the file: only a rename within one folder is safe against a crash."""
    folder, name = os.path.split(change.path)
    _make_folder(folder, ids if change.belongs_to_product else None)
    _remove_leftovers(change.path)
    temporary = os.path.join(folder, "." + name + TEMPORARY + str(os.getpid()))
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(change.new)
            file.flush()
            _set_access(temporary, change, ids)
            os.fsync(file.fileno())
    except BaseException:
        _remove_if_present(temporary)
        raise
    return temporary


def _set_access(path, change, ids):
    """The owner first: changing it can clear bits of the mode."""
    status = os.stat(path)
    wanted = _wanted_ids(change, ids) or (status.st_uid, status.st_gid)
    if wanted != (status.st_uid, status.st_gid):
        os.chown(path, *wanted)
    if change.mode != stat.S_IMODE(status.st_mode) or wanted != (status.st_uid, status.st_gid):
        os.chmod(path, change.mode)


def _wanted_ids(change, ids):
    """Files outside the product's home, such as the hosts file, keep their owner."""
    if ids is not None and change.belongs_to_product:
        return ids
    if change.old is None:
        return None
    status = os.stat(change.path)
    return status.st_uid, status.st_gid


def _ids(owner):
    if owner is None:
        return None
    try:
        user = pwd.getpwnam(owner)
    except KeyError:
        raise ConfigurationError("there is no user %s" % owner) from None
    return user.pw_uid, user.pw_gid


def _make_folder(folder, ids):
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    _make_folder(parent, ids)
    os.mkdir(folder)
    if ids is not None:
        os.chown(folder, *ids)
    # Not as the umask would have it: the product's user has to get in.
    os.chmod(folder, FOLDER_MODE)
    _synchronise(parent)


def _remove_leftovers(path):
    """What a run that was killed left beside a file."""
    folder, name = os.path.split(path)
    beginning = "." + name + TEMPORARY
    for each in os.listdir(folder):
        if each.startswith(beginning):
            os.remove(os.path.join(folder, each))


def _remove_if_present(path):
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def _synchronise(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

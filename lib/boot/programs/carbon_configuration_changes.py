"""Applies a plan to files: first every edit in memory, then every file by renaming a finished copy."""

import os
import pwd
import stat
from collections import namedtuple

import carbon_files
from carbon_configuration_hosts import HostsFile
from carbon_configuration_plan import ConfigurationError, check_plan, edit_kind, expanded
from carbon_configuration_properties import PropertiesFile
from carbon_configuration_toml import TomlFile
from carbon_configuration_values import Values
from carbon_configuration_xml import XmlFile

NEW_FILE_MODE = 0o644
SECRET_FILE_MODE = 0o600
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


class Change(namedtuple("Change", "file place old new old_mode mode owner belongs_to_product")):
    """What one file was and will be.

    `file` is as the plan names it, `place` where it is (see `_place_of`). `old`, `old_mode` and `owner` are None for a file that is not
    there yet.
    """

    __slots__ = ()

    @property
    def status(self):
        if self.old is None:
            return "created"
        return "unchanged" if (self.old, self.old_mode) == (self.new, self.mode) else "changed"

    @property
    def rewrites(self):
        """Whether the file is written anew. Of a user who is not root, a file of somebody else becomes its own that way."""
        own = os.geteuid()
        return self.new != self.old or (own != 0 and self.belongs_to_product and self.owner[0] != own)


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
        place = _place_of(entry["file"], home, root)
        if place not in files:
            files[place] = _File(entry["file"], place)
        files[place].edit(entry, values)
    return [file.change() for file in files.values()]


class _File:
    """One file of the product while its edits are made."""

    def __init__(self, name, place):
        self._name = name
        self._at = place
        self._old, self._old_mode, self._owner = _read(name, place)
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
        return Change(self._name, self._at, self._old, self._data, self._old_mode, self._new_mode(), self._owner,
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


def _place_of(name, home, root):
    """A folder whose path is trusted, and the names below it, which are never followed where they are links.

    The product's home belongs to the service's user, who may put links into it. An absolute path is root's, so the file that its links lead to
    is replaced, and the link stays.
    """
    if name.startswith("/"):
        return "/", tuple(carbon_files.parts_of(os.path.realpath(os.path.join(root, name.lstrip("/")))))
    if ".." in name.split("/"):
        raise ConfigurationError("%s: leads out of the product's home" % name)
    return os.path.realpath(home), tuple(carbon_files.parts_of(name))


def _read(name, place):
    base, parts = place
    try:
        folder = carbon_files.open_folder(base, parts[:-1])
        try:
            data, status = carbon_files.read_file(folder, parts[-1], name)
        finally:
            os.close(folder)
        return data, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
    except FileNotFoundError:
        return None, None, None
    except OSError as error:
        raise ConfigurationError("%s: cannot be read: %s" % (name, error.strerror)) from None


def redirect(changes, folder):
    """The same results for files of the same names below another folder."""
    redirected = []
    for change in changes:
        place = "/", tuple(carbon_files.parts_of(os.path.realpath(folder)) + carbon_files.parts_of(change.file))
        old, old_mode, owner = _read(change.file, place)
        redirected.append(change._replace(place=place, old=old, old_mode=old_mode, owner=owner))
    return redirected


def write(changes, owner=None):
    """Writes the changes. `owner` is the user that gets the product's files, changed or not; only root can give them away.

    All copies are finished before the first is renamed, so a full disk changes nothing.
    """
    ids = _ids(owner)
    staged = []
    try:
        for change in changes:
            if change.rewrites:
                staged.append(_attempt(change, _Copy, change, ids))
        for copy in staged:
            _attempt(copy.change, copy.rename)
        # One synchronisation makes all renames in a folder last.
        for copy in {copy.folder_name: copy for copy in staged}.values():
            _attempt(copy.change, os.fsync, copy.folder)
    finally:
        for copy in staged:
            copy.close()
    for change in changes:
        if not change.rewrites:
            _attempt(change, _refresh, change, ids)


def _attempt(change, action, *arguments):
    try:
        return action(*arguments)
    except OSError as error:
        raise ConfigurationError("%s: cannot be written: %s" % (change.file, error.strerror)) from error


class _Copy:
    """A finished, synchronised copy beside the file: only a rename within one folder is safe against a crash."""

    def __init__(self, change, ids):
        base, parts = change.place
        self.change, self.folder_name, self._name = change, (base, parts[:-1]), parts[-1]
        self._temporary = "." + self._name + TEMPORARY + str(os.getpid())
        owner = ids if change.belongs_to_product else None
        self.folder = carbon_files.open_folder(base, parts[:-1], lambda folder, name: carbon_files.make_folder(folder, name, owner))
        try:
            _remove_leftovers(self.folder, self._name)
            descriptor = carbon_files.new_file(self.folder, self._temporary, SECRET_FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(change.new)
                file.flush()
                _set_access(descriptor, change, ids)
                os.fsync(descriptor)
        except BaseException:
            self.close()
            raise

    def rename(self):
        os.replace(self._temporary, self._name, src_dir_fd=self.folder, dst_dir_fd=self.folder)

    def close(self):
        carbon_files.remove_if_present(self.folder, self._temporary)
        os.close(self.folder)


def _refresh(change, ids):
    """Makes owner and mode of a file right whose bytes already were."""
    base, parts = change.place
    folder = carbon_files.open_folder(base, parts[:-1])
    try:
        _remove_leftovers(folder, parts[-1])
        descriptor = carbon_files.open_file(folder, parts[-1], change.file)
        try:
            _set_access(descriptor, change, ids)
        finally:
            os.close(descriptor)
    finally:
        os.close(folder)


def _set_access(descriptor, change, ids):
    """The owner first: changing it can clear bits of the mode."""
    status = os.fstat(descriptor)
    wanted = _wanted_ids(change, ids) or (status.st_uid, status.st_gid)
    if wanted != (status.st_uid, status.st_gid):
        os.fchown(descriptor, *wanted)
    if change.mode != stat.S_IMODE(status.st_mode) or wanted != (status.st_uid, status.st_gid):
        os.fchmod(descriptor, change.mode)


def _wanted_ids(change, ids):
    """Files outside the product's home, such as the hosts file, keep their owner. Who is not root keeps what it makes."""
    if os.geteuid() != 0:
        return None
    return ids if ids is not None and change.belongs_to_product else change.owner


def _ids(owner):
    if owner is None:
        return None
    try:
        user = pwd.getpwnam(owner)
    except KeyError:
        raise ConfigurationError("there is no user %s" % owner) from None
    return user.pw_uid, user.pw_gid


def _remove_leftovers(folder, name):
    """What a run that was killed left beside a file."""
    beginning = "." + name + TEMPORARY
    for each in os.listdir(folder):
        if each.startswith(beginning):
            os.remove(each, dir_fd=folder)

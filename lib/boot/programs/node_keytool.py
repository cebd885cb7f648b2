"""keytool, with its passwords in files that only its own user reads and that are gone afterwards.

A library, not a command.
"""
import os
import subprocess
import tempfile


class Keytool:
    """One run or several, in a folder of memory-backed storage that goes with it."""

    def __init__(self, java_home, run):
        os.makedirs(run, mode=0o700, exist_ok=True)
        self.program = os.path.join(java_home, "bin", "keytool")
        self._folder = tempfile.TemporaryDirectory(dir=run)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def path(self, name):
        """A place for a file that goes with it, too."""
        return os.path.join(self._folder.name, name)

    def file(self, name, data):
        """The path of a file with this content."""
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def secret(self, text):
        """A file with a password, for the options that end in `:file`, or with another secret."""
        handle, path = tempfile.mkstemp(dir=self._folder.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run(self, *arguments):
        """Whether it succeeded, and what it said."""
        done = subprocess.run([self.program] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode == 0, done.stdout.decode(errors="replace").strip()

"""What this node was last told by AWS and the database, so that its server starts again while they do not answer.

A library, not a command. The answers are in a file that only root reads; it holds no secret. A node that was never a member has no last known answer
that it could trust: it waits for AWS.
"""
import json
import os
import urllib.error

from node_aws import AwsError, MetadataError

FILE = "known.json"
# What a question to AWS or to the instance metadata service raises when nobody answers. Other errors of the operating system are the disk's.
AWAY = (AwsError, MetadataError, urllib.error.URLError)


class LastKnown:
    """`instance` and `address` of this node, `peers` as EC2 lists them, places of `members`, and whether this node was a `member` itself."""

    def __init__(self, folder):
        self.path = os.path.join(folder, FILE)
        self.values = self._read()
        # Whoever does not answer now is not asked again by this start.
        self.away = False

    @property
    def suffices(self):
        """The server was a member with these answers, so it can start with them."""
        return bool(self.values.get("member"))

    def ask(self, name, question):
        """The answer, which is remembered; the last known one where nobody answers."""
        if self.away and name in self.values:
            return self.values[name]
        try:
            answer = question()
        except AWAY as problem:
            if not self.suffices or name not in self.values:
                raise
            print("  the %s is the last known: %s" % (name, problem), flush=True)
            self.away = True
            return self.values[name]
        self.remember(**{name: answer})
        return answer

    def remember(self, **values):
        if all(self.values.get(name) == value for name, value in values.items()):
            return
        self.values.update(values)
        part = self.path + ".new"
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.values, file)
        os.replace(part, self.path)

    def forget(self):
        """For a machine that starts for the first time, perhaps from an image that was made of another one."""
        self.values = {}
        if os.path.exists(self.path):
            os.remove(self.path)

    def _read(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                values = json.load(file)
        except (FileNotFoundError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}

"""Trees with the MySQL and MariaDB clients that nodes may have, kept among those of the rehearsal.

Prints:  one line of JSON: the folder of each, by its name. What cannot be had is left out, and said on the standard error.
"""
import json
import os
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "test", "rehearsal", "machine"))
import archive  # noqa: E402
import trees  # noqa: E402

#: Amazon Linux 2023 installs mariadb105, Ubuntu MySQL's own client, Debian MariaDB's.
CLIENTS = {
    "MariaDB 10.5, as Amazon Linux 2023": ("Debian", "bullseye", "mariadb-client-core-10.5"),
    "MariaDB 10.11, as Debian 12": ("Debian", "bookworm", "mariadb-client-core"),
    "MariaDB 11.8, as Debian 13": ("Debian", "trixie", "mariadb-client-core"),
    "MySQL 8.0, as Ubuntu 24.04": ("Ubuntu", "noble", "mysql-client-core-8.0"),
    "MySQL 8.4, as Ubuntu 26.04": ("Ubuntu", "resolute", "mysql-client-core"),
}


class Silence:
    def emit(self, *_, **__):
        pass


def client(cache, distribution, suite, package):
    def build(target, progress):
        source = archive.Archive(suite) if distribution == "Debian" else trees.ubuntu_archive(cache, suite)
        archive.unpack(source, [package], target, progress=progress)
        archive.merge_usr(target)
        os.makedirs(os.path.join(target, "etc"), exist_ok=True)
        for name, text in (("hosts", ""), ("nsswitch.conf", "hosts: files\n")):
            with open(os.path.join(target, "etc", name), "w", encoding="ascii") as file:
                file.write(text)

    return cache.get("client-" + suite, [distribution, suite, package, 1], build)


def main():
    cache = trees.TreeCache(os.path.join(ROOT, ".local", "rehearsal"), Silence())
    found = {}
    for name, where in CLIENTS.items():
        try:
            found[name] = client(cache, *where)
        except Exception as problem:  # pylint: disable=broad-except
            print("%s cannot be had: %s" % (name, str(problem)[-300:]), file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

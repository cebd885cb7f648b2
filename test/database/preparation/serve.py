"""A real MySQL server for the tests of the function that prepares databases.

Usage:   serve.py [FOLDER [NAME=VALUE ...]]   FOLDER: server.crt and server.key; options of the server
Prints:  a line of JSON with port, user and password, or with `missing`, why there is no server here
Ends:    with its standard input
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "boot", "programs"))
import real_mysql  # noqa: E402


def main():
    why = real_mysql.missing()
    if why:
        print(json.dumps({"missing": why}), flush=True)
        return
    folder, *options = sys.argv[1:] or [""]
    server = real_mysql.RealMySql(folder or None, **dict(each.split("=", 1) for each in options))
    try:
        user, password = real_mysql.ADMIN
        print(json.dumps({"port": server.port, "user": user, "password": password, "process": server.process.pid}), flush=True)
        sys.stdin.read()
    finally:
        server.stop()


if __name__ == "__main__":
    main()

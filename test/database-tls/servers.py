"""Real MySQL servers, until the standard input ends.

Usage:   servers.py DATABASE FOLDER ...   one server for each folder with server.crt and server.key; "none": a server without TLS
Prints:  one line of JSON: the ports, the administrator and his password
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot", "programs"))
import real_mysql  # noqa: E402


def main():
    database, *folders = sys.argv[1:]
    servers = []
    try:
        for folder in folders:
            options = {"tls_version": "", "require_secure_transport": "OFF"} if folder == "none" else {}
            servers.append(real_mysql.RealMySql(None if folder == "none" else folder, database, **options))
        user, password = real_mysql.ADMIN
        print(json.dumps({"ports": [each.port for each in servers], "user": user, "password": password}), flush=True)
        sys.stdin.read()
    finally:
        for each in servers:
            each.stop()


if __name__ == "__main__":
    main()

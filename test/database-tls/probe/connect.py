"""Connects with a client as the boot program does: by the very program of the node.

Usage:   connect.py CLIENT USER   reads a JSON list of [host, port, authorities or null] and a line with the password
Prints:  a JSON list: the version of TLS, or the code of the refusal, or "again" where the boot would wait for the server
"""
import json
import os
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
import node_mysql  # noqa: E402


def tried(client, host, port, authorities, credentials):
    with tempfile.TemporaryDirectory() as run:
        server = node_mysql.Server(client, host, str(port), *credentials, authorities, run=run)
        try:
            return server.run("SHOW SESSION STATUS LIKE 'Ssl_version'")[0][1]
        except node_mysql.DatabaseError as problem:
            print("%s %s: %s" % (host, port, problem), file=sys.stderr)
            return "again" if problem.passes else problem.code


def cut_short(port):
    """A port at which the server goes away in the middle of the handshake of TLS."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            client = listening.accept()[0]
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                client.sendall(server.recv(4096))
                client.recv(4096)
    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1]


def main():
    client, user = sys.argv[1:]
    cases = json.loads(sys.stdin.readline())
    credentials = (user, sys.stdin.readline().rstrip("\n"))
    answers = []
    for host, port, authorities in cases:
        answers.append(tried(client, host, cut_short(-port) if port < 0 else port, authorities, credentials))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()

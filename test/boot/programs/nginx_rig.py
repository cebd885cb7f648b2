"""A real NGINX on loopback before real backends, configured by the very program that runs on the node. No tests of its own."""
import collections
import http.client
import http.server
import json
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import node_nginx  # noqa: E402
import node_nginx_config  # noqa: E402

SYSTEM_NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
# Another NGINX to test with, of 1.29.6 or later, which knows the directive `sticky`.
NEWER_NGINX = os.environ.get("NGINX_WITH_STICKY")
SERVICE, CONSOLE = "am.example.com", "mgt.am.example.com"

Answer = collections.namedtuple("Answer", "status headers body")


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def document(**changes):
    """A document as the library writes it, for a worker and manager cluster."""
    made = {
        "kind": "nginx",
        "edition": {"plus": False},
        "discovery": {"tag": "carbon-cluster", "value": "Test, one", "roleTag": "carbon-cluster-role", "seconds": 30},
        "certificate": {"selfSigned": [SERVICE, CONSOLE]},
        "tls": {"protocols": "TLSv1.2 TLSv1.3", "ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"},
        "limits": {"timeoutSeconds": 300, "bodyBytes": 1048576},
        "proxyProtocol": False,
        "http": "service",
        "healthPort": 8081,
        "stickiness": "route-cookie",
        "service": {"purpose": "service", "name": SERVICE, "role": "worker", "http": 8280, "https": 8243, "health": "https://:8243/services/Version",
                    "sessionCookie": "JSESSIONID"},
        "console": {"purpose": "console", "name": CONSOLE, "role": "manager", "https": 9443, "health": "https://:9443/carbon/admin/login.jsp",
                    "sessionCookie": "JSESSIONID", "port": 9444},
    }
    return dict(made, **changes)


class Server(http.server.ThreadingHTTPServer):
    """Can die with its connections, also those that NGINX keeps for later requests."""

    daemon_threads = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.connections = []

    def get_request(self):
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def hang_up(self):
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was closed long ago


class Backend:
    """One node: answers every request with what it was asked, under an address of its own on loopback."""

    def __init__(self, name, address, context):
        self.name, self.address, self.context = name, address, context
        self.servers, self.healthy, self.requests = {}, True, 0

    def serve(self, port, secure):
        backend = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                probed = self.path in ("/services/Version", "/carbon/admin/login.jsp")
                if not probed:
                    backend.requests += 1
                answer = json.dumps({"node": backend.name, "path": self.path, "port": port, "headers": dict(self.headers), "bytes": len(body)}).encode()
                self.send_response(503 if probed and not backend.healthy else 200)
                self.send_header("Content-Length", str(len(answer)))
                if "JSESSIONID" not in self.headers.get("Cookie", "") and not probed:
                    self.send_header("Set-Cookie", "JSESSIONID=%s%d; Path=/; HttpOnly" % (backend.name, backend.requests))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        server = Server((self.address, port), Handler)
        if secure:
            server.socket = self.context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.servers[port] = server

    def stop(self):
        for server in self.servers.values():
            server.shutdown()
            server.server_close()
            server.hang_up()
        self.servers = {}


class Rig:
    """Backends, NGINX, and clients; everything below one temporary folder."""

    def __init__(self, nginx, **changes):
        self.nginx = nginx
        self.folder = tempfile.mkdtemp(prefix="carbon-nginx-")
        self.ports = {port: free_port() for port in (80, 443, 9444, 8081)}
        self.backends, self.process, self.reloads, self.silent = [], None, 0, None
        self.patches = []
        self.patch_places()
        self.node = mock.Mock(document=document(**changes), value=lambda value: value)
        self.make_backend_certificate()

    def patch_places(self):
        config, join = node_nginx_config, os.path.join
        self.patched(config, PREFIX=self.folder, CERTIFICATE=join(self.folder, "tls", "server.crt"), KEY=join(self.folder, "tls", "server.key"),
                     CACHE=join(self.folder, "cache"), PID=join(self.folder, "nginx.pid"))
        self.patched(node_nginx, STATE=join(self.folder, "state", "nodes.json"), USERS=(pwd.getpwuid(os.geteuid()).pw_name,), aws=self.describe_instances)
        self.patched(node_nginx.subprocess, run=self.run_command)
        # The ports of the front are those of a test, everything else of the text is what a node would have.
        rendered = config.render
        self.patched(config, render=lambda *arguments: re.sub(r"listen (\d+)", lambda match: "listen 127.0.0.1:%d" % self.ports[int(match.group(1))],
                                                              rendered(*arguments)))

    def patched(self, module, **values):
        for name, value in values.items():
            patch = mock.patch.object(module, name, value)
            patch.start()
            self.patches.append(patch)

    def make_backend_certificate(self):
        """As in packs of Carbon 4.4: 1024 bits, signed by itself with SHA-1."""
        files = [os.path.join(self.folder, name) for name in ("backend.key", "backend.crt")]
        original_run(["openssl", "req", "-x509", "-newkey", "rsa:1024", "-sha1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", files[0],
                      "-out", files[1]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(files[1], files[0])

    def add(self, name, role, address):
        backend = Backend(name, address, self.context)
        backend.role = role
        host = self.node.document["service" if role == "worker" else "console"]
        backend.serve(host["https"], True)
        if "http" in host:
            backend.serve(host["http"], False)
        self.backends.append(backend)
        return backend

    def describe_instances(self, *arguments, **_):
        if self.silent:
            raise self.silent
        self.filters = json.loads(arguments[arguments.index("--filters") + 1])
        instances = [{"PrivateIpAddress": each.address, "Tags": [{"Key": "carbon-cluster-role", "Value": each.role}]} for each in self.backends]
        return {"Reservations": [{"Instances": [each]} for each in instances]}

    def run_command(self, command, **options):
        if command[0] == "systemctl":
            if command[1] == "reload":
                self.reload()
            return mock.Mock(returncode=0)
        if command[0] == "nginx":
            command = [self.nginx] + command[1:]
        return original_run(command, **options)

    def start(self):
        node_nginx.configuration(self.node)
        with open(os.path.join(self.folder, "error.log"), "ab") as log:
            self.process = subprocess.Popen([self.nginx, "-c", node_nginx.path_of_configuration(), "-g", "daemon off;"], stdout=log, stderr=log)
        self.wait(lambda: self.get("am.example.com", "/nginx-health", port=8081, tls=False).status == 200)

    def reload(self):
        self.reloads += 1
        before = self.workers()
        self.process.send_signal(signal.SIGHUP)
        self.wait(lambda: self.workers() and not before & self.workers())

    def workers(self):
        """Processes of NGINX that take new connections."""
        found = original_run(["ps", "--no-headers", "-o", "pid,args", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE).stdout.decode()
        return {line.split()[0] for line in found.splitlines() if "worker process" in line and "shutting down" not in line}

    def wait(self, condition):
        for _ in range(400):
            try:
                if condition():
                    return
            except OSError:
                pass
            time.sleep(0.025)
        raise AssertionError("did not come to be; NGINX said: %s" % self.log())

    def log(self):
        with open(os.path.join(self.folder, "error.log"), encoding="utf-8") as file:
            return file.read()

    def get(self, host, path="/", port=443, tls=True, headers=(), method="GET", body=None, prologue=b""):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=20)
        connection.connect()
        if prologue:
            connection.sock.sendall(prologue)
        if tls:
            connection.sock = ssl._create_unverified_context().wrap_socket(connection.sock, server_hostname=host)
        connection.request(method, path, body, dict({"Host": host}, **dict(headers)))
        answer = connection.getresponse()
        made = Answer(answer.status, answer.msg, answer.read())
        connection.close()
        return made

    def close(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        for backend in self.backends:
            backend.stop()
        for patch in reversed(self.patches):
            patch.stop()
        shutil.rmtree(self.folder)


original_run = subprocess.run


class Client:
    """A browser: keeps its cookies."""

    def __init__(self, rig, host=SERVICE, **options):
        self.rig, self.host, self.options, self.cookies, self.nodes = rig, host, options, {}, []

    def visit(self):
        headers = {"Cookie": "; ".join("%s=%s" % each for each in sorted(self.cookies.items()))} if self.cookies else {}
        answer = self.rig.get(self.host, headers=headers, **self.options)
        for line in answer.headers.get_all("Set-Cookie", []):
            name, value = line.split(";")[0].split("=")
            self.cookies[name] = value
        self.nodes.append(json.loads(answer.body)["node"] if answer.status == 200 else answer.status)
        return answer

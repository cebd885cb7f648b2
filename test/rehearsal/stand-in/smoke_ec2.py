"""A fake EC2 API for the smoke test: DescribeInstances only, over HTTP, and over TLS behind a CONNECT proxy.

Hazelcast 3 always asks https://ec2.<region>.amazonaws.com, so it is led here by -Dhttps.proxyHost; Hazelcast 4 and 5
take a URL as host header.
"""
import http.server
import socket
import ssl
import subprocess
import threading
import urllib.parse

INSTANCE = '''<item><instanceId>i-{number:017x}</instanceId><instanceState><code>16</code><name>running</name></instanceState>
<privateIpAddress>{address}</privateIpAddress><groupSet><item><groupId>sg-1</groupId><groupName>{group}</groupName></item></groupSet>
<tagSet><item><key>{key}</key><value>{value}</value></item></tagSet></item>'''

RESPONSE = '''<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>smoke</requestId>
<reservationSet><item><reservationId>r-1</reservationId><instancesSet>{instances}</instancesSet></item></reservationSet>
</DescribeInstancesResponse>'''


class FakeEc2:
    """`instances`: dictionaries with address, key, value, group. `calls`: the parameters of every request."""

    def __init__(self, instances):
        self.instances = instances
        self.calls = []
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self._handler())
        self.port = self.server.server_address[1]

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def use_tls(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def filters(self):
        """The server-side filters of the first call, name to value."""
        call = self.calls[0]
        return {value: call.get(name.replace('.Name', '.Value.1')) for name, value in call.items() if name.endswith('.Name')}

    def _matching(self, call):
        wanted = [(value, call.get(name.replace('.Name', '.Value.1'))) for name, value in call.items() if name.endswith('.Name')]
        return [each for each in self.instances if all(_matches(each, name, value) for name, value in wanted)]

    def _handler(fake):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                query = urllib.parse.urlsplit(self.path).query
                call = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
                fake.calls.append(call)
                instances = ''.join(INSTANCE.format(number=number, **each) for number, each in enumerate(fake._matching(call)))
                body = RESPONSE.format(instances=instances).encode()
                self.send_response(200)
                self.send_header('Content-Type', 'text/xml')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        return Handler


def _matches(instance, name, value):
    if name.startswith('tag:'):
        return instance['key'] == name[4:] and instance['value'] == value
    if name == 'instance.group-name':
        return instance['group'] == value
    return True


class ConnectProxy:
    """Answers CONNECT to any name with a tunnel to one local port."""

    def __init__(self, port):
        self.target = port
        self.names = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]

    def start(self):
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        head = b''
        while b'\r\n\r\n' not in head:
            part = client.recv(4096)
            if not part:
                return
            head += part
        self.names.append(head.split()[1].decode())
        server = socket.create_connection(('127.0.0.1', self.target))
        client.sendall(b'HTTP/1.1 200 Connection established\r\n\r\n')
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()
        _pump(client, server)

    def stop(self):
        self.listener.close()


def _pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def certificate(folder, name):
    """A certificate for that name and its key, as PEM files."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', f'/CN={name}',
                    '-addext', f'subjectAltName=DNS:{name}', '-keyout', folder / 'ec2.key', '-out', folder / 'ec2.crt'],
                   check=True, capture_output=True)
    return folder / 'ec2.crt', folder / 'ec2.key'


class FakeMetadata:
    """Instance metadata behind an HTTP proxy: -Dhttp.proxyHost leads calls to 169.254.169.254 here."""

    def __init__(self, token_required):
        self.token_required = token_required
        self.calls = []
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self._handler())
        self.port = self.server.server_address[1]

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def _handler(fake):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_PUT(self):
                self._answer(200, 'token')

            def do_GET(self):
                if fake.token_required and self.headers.get('X-aws-ec2-metadata-token') != 'token':
                    self._answer(401, '')
                elif '/placement/availability-zone' in self.path:
                    self._answer(200, 'eu-west-1a')
                else:
                    self._answer(404, '')

            def _answer(self, status, body):
                fake.calls.append(f'{self.command} {urllib.parse.urlsplit(self.path).path}: {status}')
                self.send_response(status)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())
        return Handler

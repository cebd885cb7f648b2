"""The configuration of NGINX as a text, made of the node's document and of the nodes that are in service.

A library, not a command. The same input gives the same bytes, so that an unchanged cluster means no reload.
"""
import hashlib

PREFIX = "/etc/carbon-nginx"
CERTIFICATE = PREFIX + "/tls/server.crt"
KEY = PREFIX + "/tls/server.key"
CACHE = "/var/cache/carbon-nginx"
PID = "/run/carbon-nginx/nginx.pid"
HEALTH_PATH = "/nginx-health"
ROUTE_COOKIE = "carbon_route"
# 12 hexadecimal digits of the address's hash: the same on every balancer, and no client learns an address from them.
ROUTE_DIGITS = 12
TEMPORARY_FILES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

MAIN = """\
# Written by carbon-cluster, again and again: changes here are lost.
user %(user)s;
worker_processes auto;
worker_rlimit_nofile 65535;
pid %(pid)s;
error_log stderr warn;

events {
    worker_connections 8192;
}

http {
    default_type application/octet-stream;
    server_tokens off;
    server_names_hash_bucket_size 512;
    map_hash_bucket_size 256;
    variables_hash_max_size 2048;
%(temporary_files)s
    # No query strings: they carry tokens and authorization codes.
    log_format carbon '$remote_addr [$time_iso8601] "$request_method $scheme://$host$uri" $status $body_bytes_sent $request_time $upstream_addr';
    access_log syslog:server=unix:/dev/log,nohostname,tag=nginx carbon;
    client_max_body_size %(body_bytes)s;
%(client_address)s
    ssl_certificate %(certificate)s;
    ssl_certificate_key %(key)s;
    ssl_protocols %(protocols)s;
    ssl_ciphers %(ciphers)s;
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:carbon:10m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;

    proxy_http_version 1.1;
    proxy_connect_timeout 5s;
    proxy_read_timeout %(timeout)ss;
    proxy_send_timeout %(timeout)ss;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Server $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header Host $http_host;
    # A web socket asks for an upgrade; every other request leaves the connection open for the next one.
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $carbon_connection;
    map $http_upgrade $carbon_connection {
        default upgrade;
        '' '';
    }
    # The nodes' certificates are those of their packs, which nobody could verify.
    proxy_ssl_protocols TLSv1.2 TLSv1.3;

    server {
        listen %(health_port)s;
        access_log off;
        location = %(health_path)s {
            default_type text/plain;
            return 200 "in service\\n";
        }
        location / {
            return 404;
        }
    }
"""

PROXY_PROTOCOL = """\
    # Only the network load balancer can connect, so its word is taken.
    set_real_ip_from 0.0.0.0/0;
    real_ip_header proxy_protocol;
"""


def render(document, nodes, user):
    """`nodes` holds the addresses that serve, by role."""
    parts = [head(document, user)]
    parts += [unknown_names(document)]
    for host in (document["service"], document.get("console")):
        if host:
            parts += virtual_host(document, host, nodes.get(host["role"], []), host is document["service"])
    return "\n".join(parts) + "}\n"


def head(document, user):
    return MAIN % {
        "user": user,
        "pid": PID,
        "temporary_files": "".join("    %s_temp_path %s/%s;\n" % (each, CACHE, each) for each in TEMPORARY_FILES),
        "body_bytes": document["limits"]["bodyBytes"],
        "client_address": PROXY_PROTOCOL if document["proxyProtocol"] else "",
        "certificate": CERTIFICATE,
        "key": KEY,
        "protocols": document["tls"]["protocols"],
        "ciphers": document["tls"]["ciphers"],
        "timeout": document["limits"]["timeoutSeconds"],
        "health_port": document["healthPort"],
        "health_path": HEALTH_PATH,
    }


def unknown_names(document):
    """A request for no host name of ours is nobody's business."""
    listens = [listen(document, 443, "ssl", "default_server")]
    if document["http"] != "none":
        listens.append(listen(document, 80, "default_server"))
    port = document.get("console", {}).get("port")
    if port:
        listens.append(listen(document, port, "ssl", "default_server"))
    return server(listens, "_", [location("return 404;")])


def virtual_host(document, host, addresses, is_service):
    """The servers of one host name, with the upstreams that they pass on to."""
    parts = []
    if document["http"] == "service" and is_service:
        parts += passing(document, host, addresses, "http", [listen(document, 80)])
    elif document["http"] != "none":
        parts.append(server([listen(document, 80)], host["name"], [location("return 301 https://$host$request_uri;")]))
    listens = [listen(document, 443, "ssl")]
    if host.get("port"):
        listens.append(listen(document, host["port"], "ssl"))
    return parts + passing(document, host, addresses, "https", listens)


def passing(document, host, addresses, scheme, listens):
    if not addresses:
        return [server(listens, host["name"], [location("return 503;")])]
    pool = Pool(document, host, addresses, scheme)
    return pool.text() + [server(listens, host["name"], [location(*pool.directives())])]


class Pool:
    """The nodes behind one host name and scheme, and how requests of one session keep to one of them."""

    def __init__(self, document, host, addresses, scheme):
        self.scheme = scheme
        self.name = "carbon_%s_%s" % (host["purpose"], scheme)
        self.port = host[scheme]
        self.addresses = sorted(addresses)
        self.cookie = host.get("sessionCookie")
        self.stickiness = document["stickiness"] if self.cookie else None

    def text(self):
        parts = [self._upstream(self.name, self._servers(), self._sticky())]
        return parts + self._routes() if self.stickiness == "route-cookie" else parts

    def directives(self):
        if self.stickiness != "route-cookie":
            return ["proxy_pass %s://%s;" % (self.scheme, self.name)]
        return ["add_header Set-Cookie $%s_cookie always;" % self.name, "proxy_pass %s://$%s_pool;" % (self.scheme, self.name)]

    def _servers(self, first=None):
        return ["server %s:%s%s;" % (each, self.port, " backup" if first not in (None, each) else "") for each in self.addresses]

    def _sticky(self):
        if self.stickiness == "cookie":
            return ["sticky cookie %s path=/ httponly%s;" % (self._cookie_name(), " secure samesite=none" if self.scheme == "https" else "")]
        if self.stickiness == "learn":
            name = self.cookie.lower()
            return ["zone %s 64k;" % self.name, "sticky learn create=$upstream_cookie_%s lookup=$cookie_%s zone=%s_sessions:1m;" % (name, name, self.name)]
        return []

    def _upstream(self, name, servers, sticky=()):
        # Carbon's servlet transports close a connection that is idle for 20 seconds: we do so first.
        lines = servers + list(sticky) + ["keepalive 32;", "keepalive_timeout 10s;"]
        return block("upstream " + name, lines)

    def _routes(self):
        """Each node has an upstream of its own, with the others to stand in for it; the cookie that NGINX itself sets says which."""
        upstreams = [self._upstream(self._route_name(each), self._servers(first=each)) for each in self.addresses]
        cookie = self._cookie_name()
        pools = ["default %s;" % self.name] + ["%s %s;" % (route(each), self._route_name(each)) for each in self.addresses]
        kept = [r'"~^%s (?:.* )?%s$" "";' % (route(each), self._pattern(each)) for each in self.addresses]
        given = ['"~ (?:.* )?%s$" "%s=%s; %s";' % (self._pattern(each), cookie, route(each), self._attributes()) for each in self.addresses]
        return upstreams + [
            block("map $cookie_%s $%s_pool" % (cookie, self.name), pools),
            # What answered last is the end of $upstream_addr. A client that has its cookie already is not given it again.
            block('map "$cookie_%s $upstream_addr" $%s_cookie' % (cookie, self.name), ['default "";'] + kept + given),
        ]

    def _cookie_name(self):
        return ROUTE_COOKIE if self.scheme == "https" else ROUTE_COOKIE + "_http"

    def _attributes(self):
        # Single sign-on posts from one site to another; without SameSite=None the browser would keep the cookie back.
        return "Path=/; HttpOnly; Secure; SameSite=None" if self.scheme == "https" else "Path=/; HttpOnly"

    def _route_name(self, address):
        return "%s_%s" % (self.name, route(address))

    def _pattern(self, address):
        return "%s:%s" % (address.replace(".", r"\."), self.port)


def route(address):
    return hashlib.sha256(address.encode()).hexdigest()[:ROUTE_DIGITS]


def listen(document, port, *flags):
    return "listen %s;" % " ".join([str(port)] + list(flags) + (["proxy_protocol"] if document["proxyProtocol"] else []))


def server(listens, name, locations):
    return block("server", listens + ["server_name %s;" % name] + locations)


def location(*directives):
    return "location / {\n%s\n}" % indented(directives)


def block(head_of_block, lines):
    return indented(["%s {\n%s\n}" % (head_of_block, indented(lines))])


def indented(lines):
    return "\n".join("    " + line if line else line for each in lines for line in each.split("\n"))

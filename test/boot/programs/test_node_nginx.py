"""The load balancer of NGINX: its parts, and a real NGINX before real backends."""
import datetime
import json
import os
import re
import stat
import subprocess
import tempfile
import unittest
from unittest import mock

import nginx_rig
from nginx_rig import CONSOLE, SERVICE, Client, Rig
import node_aws
import node_nginx
import node_nginx_config


class JudgementTest(unittest.TestCase):
    def test_a_node_is_taken_in_when_it_answers_and_left_out_after_two_failures(self):
        serving, state = node_nginx.judged({"a": True, "b": False}, {})
        self.assertEqual(serving, ["a"])
        serving, state = node_nginx.judged({"a": True, "b": True}, state)
        self.assertEqual(serving, ["a", "b"])
        serving, state = node_nginx.judged({"a": True, "b": False}, state)
        self.assertEqual(serving, ["a", "b"])
        serving, state = node_nginx.judged({"a": True, "b": False}, state)
        self.assertEqual(serving, ["a"])

    def test_when_nobody_is_healthy_everybody_serves(self):
        self.assertEqual(node_nginx.judged({"a": False, "b": False}, {})[0], ["a", "b"])

    def test_a_node_that_is_gone_is_forgotten(self):
        self.assertEqual(node_nginx.judged({"a": True}, {"a": 0, "b": 0}), (["a"], {"a": 0}))


class EditionTest(unittest.TestCase):
    def check(self, said, code, **wanted):
        with self.assertRaises(node_nginx.NginxError) as caught:
            node_nginx.check_edition(said, dict({"plus": False}, **wanted))
        self.assertEqual(caught.exception.code, code)

    def test_refusals(self):
        self.check("nginx version: nginx/1.22.1", "nginx-version", version="1.29.6")
        self.check("nginx version: nginx/1.9.9", "nginx-version", version="1.18.0")
        self.check("nginx version: nginx/1.25.5", "nginx-edition", plus=True)
        self.check("something else", "nginx-version")

    def test_what_is_there_suffices(self):
        node_nginx.check_edition("nginx version: nginx/1.30.0", {"plus": False, "version": "1.29.6"})
        node_nginx.check_edition("nginx version: nginx/1.25.5 (nginx-plus-r32)", {"plus": True})


class CertificateTest(unittest.TestCase):
    """Of a certificate that is made on the instance."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        paths = {name: os.path.join(folder.name, name) for name in ("CERTIFICATE", "KEY")}
        for name, path in paths.items():
            patched = mock.patch.object(node_nginx_config, name, path)
            patched.start()
            self.addCleanup(patched.stop)
        self.node = mock.Mock(document=nginx_rig.document())

    def made(self, days):
        with mock.patch.object(node_nginx, "SELF_SIGNED_DAYS", str(days)):
            files = node_nginx.self_signed([SERVICE])
        for path, text in files.items():
            node_nginx.write_private(path, text)
        return files

    def end(self, text):
        done = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601"], input=text.encode(), stdout=subprocess.PIPE, check=True)
        return datetime.date.fromisoformat(done.stdout.decode().partition("=")[2][:10])

    def test_one_that_lasts_is_kept_and_one_that_ends_soon_is_made_anew(self):
        kept = self.made(31)
        self.assertEqual(node_nginx.certificate_files(self.node), kept)
        old = self.made(29)
        renewed = node_nginx.certificate_files(self.node)
        self.assertNotEqual(renewed, old)
        self.assertGreater(self.end(renewed[node_nginx_config.CERTIFICATE]), datetime.date.today() + datetime.timedelta(days=800))

    def test_without_a_certificate_or_its_key_both_are_made(self):
        self.assertEqual(len(node_nginx.certificate_files(self.node)), 2)
        made = self.made(800)
        os.remove(node_nginx_config.KEY)
        self.assertNotEqual(node_nginx.certificate_files(self.node), made)


class DiscoveryTest(unittest.TestCase):
    def test_running_instances_of_the_cluster_by_role(self):
        def instance(address, role):
            return {"PrivateIpAddress": address, "Tags": [{"Key": "Name", "Value": "x"}, {"Key": "carbon-cluster-role", "Value": role}]}
        answer = {"Reservations": [{"Instances": [instance("10.0.0.1", "worker"), instance("10.0.0.2", "manager")]},
                                   {"Instances": [instance("10.0.0.3", "worker"), {"PrivateIpAddress": "10.0.0.4"}, {"Tags": []}]}]}
        node = mock.Mock(document=nginx_rig.document(), value=lambda value: value)
        with mock.patch.object(node_nginx, "aws", return_value=answer) as asked:
            self.assertEqual(node_nginx.running_nodes(node), {"worker": ["10.0.0.1", "10.0.0.3"], "manager": ["10.0.0.2"]})
        filters = json.loads(asked.call_args[0][3])
        self.assertEqual(filters, [{"Name": "tag:carbon-cluster", "Values": ["Test, one"]}, {"Name": "instance-state-name", "Values": ["running"]}])


class RenderingTest(unittest.TestCase):
    def test_the_order_of_nodes_does_not_matter(self):
        document = nginx_rig.document()
        texts = {node_nginx_config.render(document, {"worker": order}, "nginx") for order in (["10.0.0.1", "10.0.0.10"], ["10.0.0.10", "10.0.0.1"])}
        self.assertEqual(len(texts), 1)

    def test_tls_is_never_switched_on_by_a_directive_that_is_gone(self):
        text = node_nginx_config.render(nginx_rig.document(), {"worker": ["10.0.0.1"]}, "nginx")
        self.assertNotRegex(text, r"\bssl on\b")
        self.assertIn("listen 443 ssl;", text)
        self.assertIn("listen 443 ssl default_server;", text)

    def test_no_query_string_is_logged(self):
        log_format = re.search(r"log_format.*", node_nginx_config.render(nginx_rig.document(), {}, "nginx")).group(0)
        self.assertNotRegex(log_format, r"\$(request|args|query_string|request_uri)\b")

    def test_learned_sessions_are_those_of_the_product(self):
        text = node_nginx_config.render(nginx_rig.document(stickiness="learn"), {"worker": ["10.0.0.1", "10.0.0.2"]}, "nginx")
        self.assertIn("sticky learn create=$upstream_cookie_jsessionid lookup=$cookie_jsessionid zone=carbon_service_https_sessions:1m;", text)

    def test_a_group_without_sessions_is_not_sticky(self):
        document = nginx_rig.document()
        del document["service"]["sessionCookie"]
        text = node_nginx_config.render(document, {"worker": ["10.0.0.1", "10.0.0.2"]}, "nginx")
        self.assertNotIn("carbon_route", text)
        self.assertIn("proxy_pass https://carbon_service_https;", text)


class UnitsTest(unittest.TestCase):
    def test_what_is_written_and_started(self):
        written, ran = {}, []
        node = mock.Mock(document=nginx_rig.document())
        with mock.patch.object(node_nginx, "write_unit", lambda name, text: written.update({name: text})), \
                mock.patch.object(node_nginx.subprocess, "run", lambda command, **_: ran.append(command)), \
                mock.patch.object(node_nginx.shutil, "which", return_value="/usr/sbin/nginx"):
            node_nginx.start(node)
        self.assertIn("ExecStart=/usr/sbin/nginx -c /etc/carbon-nginx/nginx.conf -g 'daemon off;'\n", written["carbon-nginx.service"])
        self.assertIn("ProtectSystem=strict\n", written["carbon-nginx.service"])
        self.assertIn("boot.py refresh\n", written["carbon-nginx-refresh.service"])
        self.assertIn("OnUnitInactiveSec=30\n", written["carbon-nginx-refresh.timer"])
        self.assertEqual(ran[-1], ["systemctl", "enable", "--now", "carbon-nginx.service", "carbon-nginx-refresh.timer"])


class Served(unittest.TestCase):
    """What every NGINX must do; the classes below say which it is and how it keeps sessions."""

    nginx = None
    changes = {}

    @classmethod
    def setUpClass(cls):
        if not cls.nginx:
            newer = cls.__name__.startswith("Newer") or cls is LearnedSessionsTest
            raise unittest.SkipTest("NGINX_WITH_STICKY names no NGINX of 1.29.6 or later" if newer else "NGINX is not installed")

    def rig(self, **changes):
        made = Rig(self.nginx, **dict(self.changes, **changes))
        self.addCleanup(made.close)
        return made

    def cluster(self, **changes):
        """Two workers and a manager, in service."""
        rig = self.rig(**changes)
        rig.add("one", "worker", "127.0.0.2")
        rig.add("two", "worker", "127.0.0.3")
        rig.add("manager", "manager", "127.0.0.4")
        rig.start()
        return rig


class FrontTest(Served):
    nginx = nginx_rig.SYSTEM_NGINX

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = Rig(cls.nginx, **cls.changes)
        cls.addClassCleanup(cls.shared.close)
        for name, role, address in (("one", "worker", "127.0.0.2"), ("two", "worker", "127.0.0.3"), ("manager", "manager", "127.0.0.4")):
            cls.shared.add(name, role, address)
        cls.shared.start()

    def said(self, *arguments, **options):
        answer = self.shared.get(*arguments, **options)
        self.assertEqual(answer.status, 200)
        return json.loads(answer.body)

    def test_host_names_lead_to_their_nodes_at_their_ports(self):
        said = self.said(SERVICE)
        self.assertIn(said["node"], ("one", "two"))
        self.assertEqual(said["port"], 8243)
        said = self.said(SERVICE, port=80, tls=False)
        self.assertIn(said["node"], ("one", "two"))
        self.assertEqual(said["port"], 8280)
        for port in (443, 9444):
            said = self.said(CONSOLE, "/carbon/", port=port)
            self.assertEqual((said["node"], said["port"], said["path"]), ("manager", 9443, "/carbon/"))

    def test_the_console_is_not_served_without_tls(self):
        answer = self.shared.get(CONSOLE, "/carbon/?a=b", port=80, tls=False)
        self.assertEqual((answer.status, answer.headers["Location"]), (301, "https://%s/carbon/?a=b" % CONSOLE))

    def test_other_host_names_are_not_served(self):
        for options in ({"port": 80, "tls": False}, {}, {"port": 9444}):
            self.assertEqual(self.shared.get("other.example.com", **options).status, 404)
        # At the console's own port is the console and nothing else.
        self.assertEqual(self.shared.get(SERVICE, port=9444).status, 404)

    def test_nodes_learn_what_the_client_asked(self):
        headers = self.said(SERVICE, headers={"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "gopher"})["headers"]
        self.assertEqual(headers["Host"], SERVICE)
        self.assertEqual(headers["X-Forwarded-Host"], SERVICE)
        self.assertEqual(headers["X-Forwarded-Server"], SERVICE)
        self.assertEqual(headers["X-Forwarded-For"], "192.0.2.7, 127.0.0.1")
        self.assertEqual(headers["X-Forwarded-Proto"], "https")
        self.assertNotIn("Connection", headers)
        self.assertEqual(self.said(SERVICE, port=80, tls=False)["headers"]["X-Forwarded-Proto"], "http")
        upgrade = self.said(SERVICE, headers={"Upgrade": "websocket", "Connection": "Upgrade"})["headers"]
        self.assertEqual((upgrade["Upgrade"], upgrade["Connection"]), ("websocket", "upgrade"))

    def test_bodies_up_to_the_limit_pass(self):
        self.assertEqual(self.said(SERVICE, method="POST", body=b"x" * 1000000)["bytes"], 1000000)
        self.assertEqual(self.shared.get(SERVICE, method="POST", body=b"x" * 1100000).status, 413)

    def test_health_is_served_apart_and_only_there(self):
        answer = self.shared.get("10.0.0.1", node_nginx_config.HEALTH_PATH, port=8081, tls=False)
        self.assertEqual((answer.status, answer.body), (200, b"in service\n"))
        self.assertEqual(self.shared.get("10.0.0.1", "/", port=8081, tls=False).status, 404)
        self.assertEqual(self.shared.get("10.0.0.1", node_nginx_config.HEALTH_PATH, port=80, tls=False).status, 404)

    def test_the_key_is_read_by_root_alone(self):
        for path in (node_nginx_config.KEY, node_nginx_config.CERTIFICATE, node_nginx.path_of_configuration()):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(sorted(os.listdir(os.path.dirname(node_nginx_config.KEY))), ["server.crt", "server.key"])

    def test_the_certificate_is_for_both_host_names(self):
        said = nginx_rig.original_run(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", node_nginx_config.CERTIFICATE],
                                      stdout=nginx_rig.subprocess.PIPE).stdout.decode()
        self.assertIn("DNS:%s, DNS:%s" % (SERVICE, CONSOLE), said)

    def test_an_unchanged_cluster_means_no_reload(self):
        before = self.shared.reloads
        self.assertFalse(node_nginx.refresh(self.shared.node))
        self.assertEqual(self.shared.reloads, before)


class NewerFrontTest(FrontTest):
    nginx = nginx_rig.NEWER_NGINX
    changes = {"stickiness": "cookie"}


class RedirectTest(Served):
    nginx = nginx_rig.SYSTEM_NGINX

    def test_http_leads_to_https(self):
        rig = self.cluster(http="redirect")
        self.assertEqual(rig.get(SERVICE, "/services/x?a=b", port=80, tls=False).headers["Location"], "https://%s/services/x?a=b" % SERVICE)
        self.assertEqual(rig.get("other.example.com", port=80, tls=False).status, 404)

    def test_no_http_at_all(self):
        rig = self.cluster(http="none")
        with self.assertRaises(ConnectionRefusedError):
            rig.get(SERVICE, port=80, tls=False)
        self.assertEqual(rig.get(SERVICE).status, 200)


class ProxyProtocolTest(Served):
    nginx = nginx_rig.SYSTEM_NGINX

    def test_the_client_is_the_one_that_the_balancer_names(self):
        rig = self.cluster(proxyProtocol=True)
        answer = rig.get(SERVICE, prologue=b"PROXY TCP4 198.51.100.9 10.0.0.1 40000 443\r\n")
        self.assertEqual(json.loads(answer.body)["headers"]["X-Forwarded-For"], "198.51.100.9")
        # Its health is asked without.
        self.assertEqual(rig.get("10.0.0.1", node_nginx_config.HEALTH_PATH, port=8081, tls=False).status, 200)


class StickinessTest(Served):
    nginx = nginx_rig.SYSTEM_NGINX

    def test_a_hundred_clients_keep_to_their_nodes(self):
        rig = self.cluster()
        clients = [Client(rig) for _ in range(100)]
        for _ in range(3):
            for client in clients:
                client.visit()
        self.assertEqual([client.nodes for client in clients if len(set(client.nodes)) != 1], [])
        shares = [sum(client.nodes[0] == name for client in clients) for name in ("one", "two")]
        self.assertEqual(sum(shares), 100)
        self.assertGreater(min(shares), 25, shares)

    def test_clients_of_a_node_that_dies_are_served_by_the_other_and_stay_there(self):
        rig = self.cluster()
        clients = [Client(rig) for _ in range(20)]
        for client in clients:
            client.visit()
        rig.backends[0].stop()
        for _ in range(3):
            for client in clients:
                client.visit()
        self.assertEqual({tuple(client.nodes[1:]) for client in clients}, {("two", "two", "two")})

    def test_http_and_https_keep_apart(self):
        rig = self.cluster()
        client = Client(rig, port=80, tls=False)
        lines = client.visit().headers.get_all("Set-Cookie")
        self.assertFalse(any("Secure" in line for line in lines), lines)
        for _ in range(5):
            client.visit()
        self.assertEqual(len(set(client.nodes)), 1)
        lines = Client(rig).visit().headers.get_all("Set-Cookie")
        route = next(line for line in lines if line.startswith("carbon_route="))
        for attribute in ("path=/", "httponly", "secure", "samesite=none"):
            self.assertIn(attribute, route.lower())
        self.assertNotIn("127.0.0", route)

    def test_a_cookie_of_a_node_that_is_gone_leads_to_another(self):
        rig = self.cluster()
        client = Client(rig)
        client.cookies["carbon_route"] = "0123456789ab"
        self.assertEqual(client.visit().status, 200)
        client.visit()
        self.assertEqual(len(set(client.nodes)), 1)


class RouteCookieTest(Served):
    nginx = nginx_rig.SYSTEM_NGINX

    def test_the_cookie_is_given_once(self):
        client = Client(self.cluster())
        self.assertIn("carbon_route", str(client.visit().headers.get_all("Set-Cookie")))
        self.assertNotIn("carbon_route", str(client.visit().headers.get_all("Set-Cookie")))

    def test_two_balancers_agree(self):
        rig = self.cluster()
        client = Client(rig)
        client.visit()
        again = Client(self.cluster_beside(rig))
        again.cookies = dict(client.cookies)
        for _ in range(4):
            again.visit()
        self.assertEqual(set(again.nodes), {client.nodes[0]})

    def cluster_beside(self, rig):
        """The same NGINX, started anew: it remembers nothing."""
        rig.process.send_signal(nginx_rig.signal.SIGTERM)
        rig.process.wait(20)
        rig.start()
        return rig


class NewerStickinessTest(StickinessTest):
    nginx = nginx_rig.NEWER_NGINX
    changes = {"stickiness": "cookie"}


class NewerRouteCookieTest(StickinessTest):
    nginx = nginx_rig.NEWER_NGINX


class LearnedSessionsTest(Served):
    nginx = nginx_rig.NEWER_NGINX
    changes = {"stickiness": "learn"}

    test_a_hundred_clients_keep_to_their_nodes = StickinessTest.test_a_hundred_clients_keep_to_their_nodes


class RefreshTest(Served):
    nginx = nginx_rig.SYSTEM_NGINX

    def test_nodes_come_and_go(self):
        rig = self.rig()
        rig.start()
        self.assertEqual(rig.get(SERVICE).status, 503)
        one = rig.add("one", "worker", "127.0.0.2")
        self.assertTrue(node_nginx.refresh(rig.node))
        self.assertEqual(json.loads(rig.get(SERVICE).body)["node"], "one")
        self.assertEqual(rig.get(CONSOLE).status, 503)
        rig.add("two", "worker", "127.0.0.3")
        self.assertTrue(node_nginx.refresh(rig.node))
        one.healthy = False
        self.assertFalse(node_nginx.refresh(rig.node))
        self.assertTrue(node_nginx.refresh(rig.node))
        self.assertEqual({json.loads(rig.get(SERVICE).body)["node"] for _ in range(8)}, {"two"})
        self.assertEqual(rig.reloads, 3)

    def test_the_last_good_configuration_serves_while_ec2_is_silent(self):
        rig = self.cluster()
        before = node_nginx.content_of(node_nginx.path_of_configuration())
        rig.silent = node_aws.AwsError("An error occurred (RequestLimitExceeded) when calling the DescribeInstances operation: busy")
        with self.assertRaises(node_aws.AwsError):
            node_nginx.refresh(rig.node)
        self.assertEqual(node_nginx.content_of(node_nginx.path_of_configuration()), before)
        self.assertEqual((rig.get(SERVICE).status, rig.reloads), (200, 0))

    def test_a_configuration_that_nginx_refuses_is_not_put_in_force(self):
        rig = self.cluster()
        before = node_nginx.content_of(node_nginx.path_of_configuration())
        rig.node.document["tls"]["protocols"] = "TLSv9"
        with self.assertRaises(node_nginx.NginxError) as caught:
            node_nginx.refresh(rig.node)
        self.assertEqual(caught.exception.code, "nginx-test")
        self.assertIn("TLSv9", str(caught.exception))
        self.assertEqual(node_nginx.content_of(node_nginx.path_of_configuration()), before)
        self.assertEqual(sorted(os.listdir(rig.folder)), sorted(set(os.listdir(rig.folder)) - {"nginx.conf.new", "nginx.conf.trial", "nginx.conf.pid"}))
        self.assertEqual((rig.get(SERVICE).status, rig.reloads), (200, 0))

    def test_a_certificate_that_changed_in_its_secret_is_served(self):
        rig = self.rig(certificate={"secret": "Certificate"})
        first, second = (dict(zip(("certificate", "privateKey"), node_nginx.self_signed([name]).values()))
                         for name in self.with_folder(rig, ("first.example.com", "second.example.com")))
        rig.node.resolver.secret = lambda name, field: {"Certificate": first}[name][field]
        rig.start()
        self.assertEqual(node_nginx.content_of(node_nginx_config.CERTIFICATE), first["certificate"])
        rig.node.resolver.secret = lambda name, field: second[field]
        self.assertFalse(node_nginx.refresh(rig.node), "the secret is not read at every refresh")
        self.age(node_nginx_config.CERTIFICATE)
        self.assertTrue(node_nginx.refresh(rig.node))
        self.assertEqual(node_nginx.content_of(node_nginx_config.KEY), second["privateKey"])

    def test_a_key_that_is_not_the_certificates_is_refused(self):
        rig = self.rig(certificate={"secret": "Certificate"})
        good, other = (dict(zip(("certificate", "privateKey"), node_nginx.self_signed([name]).values()))
                       for name in self.with_folder(rig, ("first.example.com", "second.example.com")))
        rig.node.resolver.secret = lambda name, field: good[field]
        rig.start()
        rig.node.resolver.secret = lambda name, field: dict(good, privateKey=other["privateKey"])[field]
        self.age(node_nginx_config.CERTIFICATE)
        with self.assertRaises(node_nginx.NginxError):
            node_nginx.refresh(rig.node)
        self.assertEqual(node_nginx.content_of(node_nginx_config.KEY), good["privateKey"])

    @staticmethod
    def with_folder(rig, names):
        os.makedirs(os.path.join(rig.folder, "tls"))
        return names

    @staticmethod
    def age(path):
        os.utime(path, (0, 0))


if __name__ == "__main__":
    unittest.main()

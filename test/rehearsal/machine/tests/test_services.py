import http.client
import io
import json
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.parse
from unittest import mock

import aws
import database
import dhcp
import document
import endpoints
import firewall
import imds
import names
import svn
from events import Events
from tests import sample


def cluster(**changes):
    return document.parse({**sample.document('http://127.0.0.1:5000'), **changes})


class NamesTest(unittest.TestCase):
    def test_aliases_lead_to_addresses(self):
        text = names.render(cluster(), {sample.BALANCER: ['198.18.1.1', '198.18.1.2']})
        for address in ('198.18.1.1', '198.18.1.2'):
            self.assertIn(f'host-record=mgt.example.com,{address}', text)

    def test_alias_of_alias_and_loop(self):
        chained = cluster(names=[{'name': 'a.example.com', 'alias': 'b.example.com'},
                                 {'name': 'B.example.com', 'alias': f'{sample.BALANCER.upper()}.'},
                                 {'name': 'c.example.com', 'alias': 'd.example.com'},
                                 {'name': 'd.example.com', 'alias': 'c.example.com'}])
        found = names.zone_addresses(chained, {sample.BALANCER: ['198.18.1.1']})
        self.assertEqual(found['a.example.com'], ['198.18.1.1'])
        self.assertEqual(found['c.example.com'], [])

    def test_a_server_of_ours_has_the_address_of_its_zone(self):
        zoned = cluster(names=[{'name': 'Db.example.com.', 'addresses': ['10.0.1.77']}, {'name': 'far.example.com', 'addresses': ['192.0.2.1']},
                               {'name': 'alias.example.com', 'alias': 'far.example.com'}])
        self.assertEqual(zoned.address_in_zone('db.example.com'), '10.0.1.77')
        self.assertIsNone(zoned.address_in_zone('far.example.com'))
        # Wherever a zone says that it is, ours is where it can be reached.
        text = names.render(zoned, {'far.example.com': ['10.0.1.99']})
        self.assertIn('host-record=far.example.com,10.0.1.99', text)
        self.assertIn('host-record=alias.example.com,10.0.1.99', text)
        self.assertNotIn('192.0.2.1', text)

    def test_file_systems_without_a_mount_target_have_no_name(self):
        text = names.render(cluster(), {'us-east-1a.fs-1.efs.us-east-1.amazonaws.com': ['10.0.1.240']})
        self.assertIn('address=/efs.us-east-1.amazonaws.com/\n', text)
        self.assertIn('host-record=us-east-1a.fs-1.efs.us-east-1.amazonaws.com,10.0.1.240', text)

    def test_wildcard(self):
        self.assertEqual(names.record('*.example.com', ['10.0.0.9']),
                         ['local=/example.com/', 'address=/example.com/10.0.0.9'])

    def test_what_is_known_by_its_address_needs_no_name(self):
        self.assertEqual(names.record('10.0.1.77', ['10.0.1.77']), [])

    def test_private_names_for_the_whole_vpc(self):
        self.assertIn('synth-domain=ec2.internal,10.0.0.0/16,ip-', names.render(cluster(), {}))

    def test_unknown_names_are_told_once_and_by_whom(self):
        stream = io.StringIO()
        server = names.NameServer(cluster(), Events(stream), lambda address: f'node at {address}')
        for _ in range(2):
            for line in ('query[A] repo.example.org from 10.0.1.11', 'config repo.example.org is NXDOMAIN',
                         'config repo.example.org.ec2.internal is NXDOMAIN'):
                server._line(f'dnsmasq: {line}')
        told = [json.loads(line) for line in stream.getvalue().splitlines()]
        self.assertEqual([(event['node'], event['name']) for event in told],
                         [('node at 10.0.1.11', 'repo.example.org')])

    @unittest.skipUnless(shutil.which('dnsmasq'), 'needs dnsmasq')
    def test_dnsmasq_takes_it(self):
        with tempfile.NamedTemporaryFile('w', encoding='utf-8') as file:
            file.write(names.render(cluster(), {sample.BALANCER: ['198.18.1.1']}))
            file.flush()
            done = subprocess.run(['dnsmasq', '--test', f'--conf-file={file.name}'], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


class DhcpTest(unittest.TestCase):
    def test_each_interface_has_one_address_and_its_subnet_has_a_router(self):
        text = dhcp.render(cluster(), '/hosts', '/leases')
        self.assertIn('dhcp-range=set:subnet0,10.0.1.0,static,255.255.255.0,3600\n', text)
        self.assertIn('dhcp-option=tag:subnet0,option:router,10.0.1.1\n', text)

    @unittest.skipUnless(shutil.which('dnsmasq'), 'needs dnsmasq')
    def test_dnsmasq_accepts_it(self):
        with tempfile.TemporaryDirectory() as folder:
            server = dhcp.DhcpServer(cluster(), folder)
            server.know('02:00:0A:00:01:04', '10.0.1.4')
            path = f'{folder}/dhcp.conf'
            with open(path, 'w', encoding='utf-8') as file:
                file.write(dhcp.render(cluster(), f'{folder}/dhcp.hosts', f'{folder}/dhcp.leases'))
            done = subprocess.run(['dnsmasq', '--test', f'--conf-file={path}'], capture_output=True, text=True)
            self.assertIn('syntax check OK', done.stderr)
            with open(f'{folder}/dhcp.hosts', encoding='ascii') as hosts:
                self.assertEqual(hosts.read(), '02:00:0a:00:01:04,10.0.1.4\n')


class EndpointsTest(unittest.TestCase):
    scope = '20261121/us-east-1/{}/aws4_request'

    def record(self, service='', **changes):
        signed = f'AWS4-HMAC-SHA256 Credential=AKIA1/{self.scope.format(service)}, SignedHeaders=host, Signature=0'
        return {'client': '10.0.1.11', 'method': 'POST', 'path': '/', 'host': f'{service}.us-east-1.amazonaws.com',
                'authorization': signed if service else '', 'target': '', 'agent': '', 'action': '', 'body': '',
                'status': 200, 'milliseconds': 5, 'judgement': '', 'refusal': '', **changes}

    def call(self, record):
        return endpoints.describe_call(record, lambda key: {'name': key})

    def test_query_protocol(self):
        call = self.call(self.record('ec2', action='DescribeInstances', 
                                     body='Action=DescribeInstances&Filter.1.Name=tag%3Acluster'))
        self.assertEqual((call['service'], call['action'], call['principal']['name']),
                         ('ec2', 'DescribeInstances', 'AKIA1'))
        self.assertEqual(call['parameters']['Filter.1.Name'], 'tag:cluster')

    def test_json_protocol_shows_no_parameters(self):
        call = self.call(self.record('secretsmanager', target='secretsmanager.GetSecretValue', body='{"a":1}'))
        self.assertEqual(call['action'], 'GetSecretValue')
        self.assertNotIn('parameters', call)

    def test_rest(self):
        call = self.call(self.record('s3', method='GET', path='/packs/wso2.zip?x-id=GetObject'))
        self.assertEqual(call['action'], 'GET /packs/wso2.zip')

    def test_signature_in_the_query(self):
        credential = urllib.parse.quote(f'AKIA2/{self.scope.format("ec2")}', safe='')
        path = f'/?Action=DescribeInstances&Version=2014-06-15&X-Amz-Credential={credential}&X-Amz-Signature=0'
        call = self.call(self.record(method='GET', path=path, action='DescribeInstances',
                                     host='ec2.us-east-1.amazonaws.com'))
        self.assertEqual((call['service'], call['action'], call['accessKeyId']), ('ec2', 'DescribeInstances', 'AKIA2'))
        self.assertNotIn('X-Amz-Credential', call['parameters'])

    def test_unsigned(self):
        call = self.call(self.record(method='GET', host='truststore.pki.rds.amazonaws.com', path='/x.pem'))
        self.assertEqual((call['service'], call['action']), ('truststore', 'GET /x.pem'))
        self.assertNotIn('accessKeyId', call)

    def test_refusals_are_well_formed(self):
        import xml.etree.ElementTree as ElementTree
        for mode in endpoints.REFUSALS:
            bodies = endpoints.refusal_bodies(mode)
            self.assertTrue(ElementTree.fromstring(bodies['xml']).findtext('Errors/Error/Code'))
            self.assertIn('__type', json.loads(bodies['json']))


class SignatureTest(unittest.TestCase):
    def test_same_as_botocore(self):
        try:
            import botocore.auth
            import botocore.awsrequest
            import botocore.credentials
        except ImportError:
            self.skipTest('needs botocore to compare with')
        emulator = document.Emulator('http://127.0.0.1:5000', 'key', 'secret')
        headers = {'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8'}
        body = b'Action=GetCallerIdentity&Version=2011-06-15'
        ours = aws.sign(emulator, 'us-east-1', 'sts', headers, body)
        request = botocore.awsrequest.AWSRequest('POST', 'http://127.0.0.1:5000/', data=body, headers=headers)
        signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials('key', 'secret'), 'sts', 'us-east-1')
        moment = ours['X-Amz-Date']
        with mock.patch('botocore.auth.get_current_datetime', create=True) as now:
            import datetime
            now.return_value = datetime.datetime.strptime(moment, '%Y%m%dT%H%M%SZ')
            signer.add_auth(request)
        if request.headers['X-Amz-Date'] != moment:
            self.skipTest('this botocore takes the time elsewhere')
        self.assertEqual(request.headers['Authorization'], ours['Authorization'])


class FirewallTest(unittest.TestCase):
    def render(self, members=None, groups=('sg-nodes',), interfaces=None):
        guarded = firewall.Guarded(list(groups), ['10.0.1.11'], interfaces or {})
        return firewall.render(guarded, {group.id: group for group in cluster().securityGroups}, members or {})

    def of_one(self, ingress):
        one = document.SecurityGroup('g', ingress=[ingress])
        return firewall.render(firewall.Guarded(['g'], ['10.0.1.11']), {'g': one}, {})

    def test_rules(self):
        text = self.render({'sg-nodes': ['10.0.1.11', '10.0.2.12'], 'sg-balancer': ['10.0.1.254']})
        self.assertIn('ip saddr { 10.0.1.254 } tcp dport 9443 accept', text)
        self.assertIn('ip saddr { 10.0.1.11, 10.0.2.12 } tcp dport 5701-5708 accept', text)
        self.assertIn('policy drop', text)

    def test_everywhere_and_everything(self):
        text = self.of_one(document.Ingress('-1', cidrs=['0.0.0.0/0']))
        self.assertIn('    accept', text.replace('     accept', '    accept'))

    def test_a_group_without_members_lets_nobody_in(self):
        self.assertNotIn('dport 80', self.of_one(document.Ingress('tcp', 80, 80, groups=['empty'])))

    def test_a_further_interface_has_groups_of_its_own(self):
        own = {'10.0.1.200': firewall.Interface('ens6', ['sg-database'])}
        text = self.render({'sg-nodes': ['10.0.2.12']}, interfaces=own)
        chains = dict(re.findall(r'  chain (\S+) \{\n(.*?)  \}\n', text, re.DOTALL))
        self.assertEqual([line for line in chains['interface-0'].splitlines() if 'accept' in line],
                         ['    ip saddr { 10.0.2.12 } tcp dport 3306 accept'])
        self.assertTrue(chains['interface-0'].endswith('    drop\n'))
        self.assertLess(chains['input'].index('ip daddr 10.0.1.200 goto interface-0'), chains['input'].index('dport 5701'))

    def test_what_leaves_by_another_interface_than_its_own_is_dropped(self):
        text = self.render(interfaces={'10.0.1.200': firewall.Interface('ens6', ['sg-nodes'])})
        for address, device in (('10.0.1.11', 'ens5'), ('10.0.1.200', 'ens6')):
            self.assertIn(f'ip saddr {address} oifname != {{ "lo", "{device}" }} add @strayed {{ ip saddr }} drop', text)
        self.assertNotIn('chain output', self.render())

    def test_members_of_a_group_are_those_of_its_interfaces_too(self):
        wall = firewall.Firewall(cluster())
        wall.guard('one', ['sg-nodes'], ['10.0.1.11'])
        wall.guard_interface('one', '10.0.1.200', 'ens6', ['sg-database'])
        wall.guard_interface('one', '10.0.1.201', 'ens7', [])
        self.assertEqual(wall._members(), {'sg-nodes': ['10.0.1.11', '10.0.1.201'], 'sg-database': ['10.0.1.200']})
        wall.release_interface('one', '10.0.1.200')
        self.assertNotIn('sg-database', wall._members())

    def test_separated_namespaces_hear_nothing_of_the_other_side(self):
        wall, applied = firewall.Firewall(cluster()), {}
        for name, address in (('one', '10.0.1.11'), ('two', '10.0.1.12'), ('three', '10.0.2.13')):
            wall.guard(name, ['sg-nodes'], [address])
        wall.guard_interface('three', '10.0.2.200', 'ens6', [])

        def run(command, stdin=None, check=True):
            if stdin:
                applied[command[1].rpartition('/')[2]] = stdin.split('chain input {')[1].splitlines()[2].strip()
            return ''
        with mock.patch.object(firewall, 'run', run):
            wall.separate([['one'], ['two', 'three']])
            wall.apply()
            self.assertEqual(applied, {'one': 'ip saddr { 10.0.1.12, 10.0.2.13, 10.0.2.200 } drop', 'two': 'ip saddr { 10.0.1.11 } drop',
                                       'three': 'ip saddr { 10.0.1.11 } drop'})
            wall.separate([])
            wall.apply()
            self.assertEqual(set(applied.values()), {'ct state established,related accept'})

    def test_sets(self):
        listing = {'nftables': [{'metainfo': {}}, {'set': {'name': 'blocked', 'elem': [{'concat': ['10.0.1.11', 3306]}]}},
                                {'set': {'name': 'strayed', 'elem': ['10.0.1.200']}}, {'set': {'name': 'empty'}}]}
        self.assertEqual(firewall.parse_sets(json.dumps(listing)),
                         {'blocked': [('10.0.1.11', 3306)], 'strayed': ['10.0.1.200'], 'empty': []})
        self.assertEqual(firewall.parse_sets('no such table'), {})


class DatabaseTest(unittest.TestCase):
    def test_quotes(self):
        self.assertEqual(database.sql_text("a'b\\c"), "'a''b\\\\c'")

    def test_parameters_come_last(self):
        text = database.render(cluster().databases[0], 'mysql')
        self.assertGreater(text.index('loose-performance_schema=1'), text.index('\nperformance_schema=0'))
        self.assertIn('loose-require_secure_transport=1', text)

    def test_master_is_no_superuser(self):
        script = database.start_script(cluster().databases[0], 'x', 'mysql')
        self.assertNotIn('ALL PRIVILEGES', script)
        self.assertNotIn('SUPER', script)
        self.assertEqual(len(script.splitlines()), len([line for line in script.splitlines() if line.endswith(';')]))

    def test_versions(self):
        def version(engine, number):
            return database.server_version(document.Database('e', document.Master('u', 'p'), engine, number))
        self.assertEqual(version('mysql', '8.0.42'), '8.0')
        self.assertEqual(version('mysql', '8.4.5'), '8.4')
        self.assertEqual(version('mariadb', '10.11'), 'mariadb')


class SvnTest(unittest.TestCase):
    def server(self, url):
        return document.build(document.SvnServer, {'url': url, 'users': []}, 'svn')

    def test_parts_of_an_address(self):
        for url, port, repository in (('svn://h/a/b', 3690, 'a/b'), ('https://h/x%20y/', 443, 'x y'), ('http://h:8080', 8080, 'repository')):
            self.assertEqual((svn.host_of(url), svn.port_of(url), svn.repository_of(url)), ('h', port, repository))

    def test_one_page_for_apache(self):
        text = svn.apache_configuration([self.server('http://h/one'), self.server('https://h/two')], ['dav'])
        plain, secure = re.findall(r'<VirtualHost \*:(\d+)>(.*?)</VirtualHost>', text, re.DOTALL)
        self.assertEqual((plain[0], secure[0]), ('80', '443'))
        self.assertNotIn('SSLEngine', plain[1])
        self.assertIn('SSLEngine on', secure[1])
        self.assertIn('<Location "/two">', secure[1])
        self.assertEqual(text.count('Require valid-user'), 2)

    def test_what_is_no_address_is_refused(self):
        for url in ('svn+ssh://h/a', 'svn:/h', 'ftp://h/a', 'svn://h:x/a'):
            with self.assertRaisesRegex(document.DocumentError, 'svnServers'):
                cluster(svnServers=[{'url': url, 'users': []}])
        with self.assertRaisesRegex(document.DocumentError, 'needs text or secretArn'):
            cluster(svnServers=[{'url': 'svn://h/a', 'users': [{'name': {}, 'password': {'text': 'x'}}]}])


class MetadataTest(unittest.TestCase):
    """The service itself, on loopback: the caller's address is that of the one node."""

    @classmethod
    def setUpClass(cls):
        node = {'instanceId': 'i-0123456789abcdef0', 'privateIp': '127.0.0.1', 'userData': '#!/bin/sh\nexit 0\n',
                'tags': {'Name': 'one'}, 'securityGroups': ['sg-1'],
                'role': {'name': 'R', 'accessKeyId': 'ASIA1', 'secretAccessKey': 's', 'sessionToken': 't'}}
        cls.cluster = document.parse({
            'region': 'us-east-1', 'emulator': {'url': 'http://127.0.0.1:1'}, 'nodes': [node],
            'network': {'cidr': '127.0.0.0/16', 'subnets': [{'cidr': '127.0.0.0/24', 'zone': 'us-east-1c'}]},
            'securityGroups': [{'id': 'sg-1', 'name': 'nodes'}]})
        cls.events = io.StringIO()
        cls.service = imds.MetadataService(cls.cluster, Events(cls.events))
        listener = socket.create_server(('127.0.0.1', 0))
        cls.port = listener.getsockname()[1]
        with mock.patch.object(imds, 'listen_in_namespace', return_value=listener):
            cls.service.start()
        cls.instance = cls.service.add(cls.cluster.nodes[0])

    def setUp(self):
        self.instance.node.imds = document.Imds()
        self.instance.tokens.clear()
        self.instance.calls.clear()

    def call(self, path, method='GET', **headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=5)
        connection.request(method, path, headers={name.replace('_', '-'): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def token(self, seconds='60'):
        return self.call('/latest/api/token', 'PUT', X_aws_ec2_metadata_token_ttl_seconds=seconds)

    def get(self, path):
        return self.call(path, X_aws_ec2_metadata_token=self.token()[1])

    def test_needs_a_token(self):
        self.assertEqual(self.call('/latest/meta-data/instance-id')[0], 401)
        self.assertEqual(self.get('/latest/meta-data/instance-id'), (200, 'i-0123456789abcdef0'))
        self.assertEqual(dict(self.instance.calls), {'refused': 1, 'tokens': 1, 'v2': 1})

    def test_version_1_where_allowed_is_counted(self):
        self.instance.node.imds.httpTokens = 'optional'
        self.assertEqual(self.call('/latest/meta-data/instance-id')[0], 200)
        self.assertEqual(self.instance.calls['v1'], 1)
        self.assertIn('imds-v1', self.events.getvalue())

    def test_lifetime_of_a_token(self):
        for seconds, status in (('0', 400), ('21601', 400), ('x', 400), ('', 400), ('1', 200), ('21600', 200)):
            self.assertEqual(self.token(seconds)[0], status, seconds)
        with mock.patch.object(imds.time, 'monotonic', return_value=imds.time.monotonic() + 30000):
            old = next(iter(self.instance.tokens))
            self.assertFalse(self.instance.knows_token(old))

    def test_forwarded_token_request(self):
        status, _ = self.call('/latest/api/token', 'PUT', X_aws_ec2_metadata_token_ttl_seconds='60',
                              X_Forwarded_For='1.2.3.4')
        self.assertEqual(status, 403)

    def test_listings(self):
        status, text = self.get('/latest/meta-data/')
        self.assertEqual(status, 200)
        self.assertIn('instance-id', text.split('\n'))
        self.assertIn('placement/', text.split('\n'))
        self.assertEqual(self.get('/latest/meta-data/iam/security-credentials/')[1], 'R')
        self.assertEqual(self.get('/latest/meta-data/network/interfaces/macs/')[1], '02:00:7f:00:00:01/')

    def test_leaves(self):
        for path, text in (('placement/availability-zone', 'us-east-1c'), ('tags/instance/Name', 'one'),
                           ('security-groups', 'nodes'), ('local-hostname', 'ip-127-0-0-1.ec2.internal'),
                           ('network/interfaces/macs/02:00:7f:00:00:01/local-ipv4s', '127.0.0.1')):
            self.assertEqual(self.get(f'/latest/meta-data/{path}'), (200, text))
        self.assertEqual(self.get('/latest/user-data'), (200, '#!/bin/sh\nexit 0\n'))
        self.assertEqual(json.loads(self.get('/latest/dynamic/instance-identity/document')[1])['region'], 'us-east-1')

    def test_credentials_and_whose_they_are(self):
        document_ = json.loads(self.get('/latest/meta-data/iam/security-credentials/R')[1])
        self.assertEqual((document_['Code'], document_['AccessKeyId'], document_['Token']), ('Success', 'ASIA1', 't'))
        self.assertEqual(self.service.principal('ASIA1'), {'role': 'R', 'instance': 'i-0123456789abcdef0'})
        self.assertIsNone(self.service.principal('ASIA2'))

    def test_what_is_not_there(self):
        for path in ('/latest/meta-data/nothing', '/latest/meta-data/public-ipv4', '/elsewhere', '/latest/else',
                     '/latest/meta-data/autoscaling/target-lifecycle-state'):
            self.assertEqual(self.get(path)[0], 404, path)

    def test_tags_can_be_off(self):
        self.instance.node.imds.tags = False
        self.assertEqual(self.get('/latest/meta-data/tags/instance/Name')[0], 404)

    def test_service_can_be_off(self):
        self.instance.node.imds.httpEndpoint = 'disabled'
        self.assertEqual(self.token()[0], 403)

    def test_path_without_its_slash(self):
        self.instance.node.imds.httpTokens = 'optional'
        with socket.create_connection(('127.0.0.1', self.port), timeout=5) as connection:
            connection.sendall(b'GET latest/meta-data/instance-id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
            self.assertTrue(connection.recv(1000).startswith(b'HTTP/1.1 400'))


if __name__ == '__main__':
    unittest.main()

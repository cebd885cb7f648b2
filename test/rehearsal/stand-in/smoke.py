#!/usr/bin/env python3
"""Smoke test of the stand-in Carbon: builds a pack per Hazelcast generation, starts real members, and looks.

    python3 smoke.py [--keep] [name ...]     names: see --list

Everything runs on loopback; the packs and homes are under target/smoke. Exit code 1 when something was not as expected.
"""
import argparse
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import build_pack
import smoke_ec2

WORK = build_pack.TARGET / 'smoke'
REGION = 'eu-west-1'
# Not 127.0.0.1: Hazelcast 3.5 gives that public address the port 0, and nobody can join.
HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']
# One address for both here, on ports 5701 and 5702: a member listens on all addresses, and would find itself under the other.
AWS_HOST = '127.0.0.2'
START_SECONDS = 60

PACKS = {
    '3.5.4': ('wso2am', '2.2.0', '4.4.26'),
    '3.12.2': ('wso2is', '5.11.0', '4.6.1'),
    '4.2.6': ('wso2am', '4.4.0', '4.9.27'),
    '5.3.6': ('wso2is', '7.0.0', '4.10.9'),
}
EI = ('wso2ei', '6.4.0', '4.4.36')
GOVERNANCE_REGISTRY = ('wso2greg', '5.3.0', '4.4.7')
LOAD_BALANCER = ('wso2elb', '2.1.1', '4.2.0')


class Failed(Exception):
    """Something was not as expected."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def say(text):
    print(f'    {text}', flush=True)


def java_home():
    configured = os.environ.get('JAVA_HOME')
    return configured or str(Path(shutil.which('java')).resolve().parent.parent)


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) != 0


def free_offset(above):
    """A port offset at which nothing listens."""
    for offset in range(above, 20000):
        if all(is_free(port + offset) for port in (8243, 8280, 9443, 9763)):
            return offset
    raise Failed('no free ports')


def free_member_port(above):
    for port in range(above, above + 1000):
        if is_free(port):
            return port
    raise Failed('no free ports')


def build(hazelcast, product):
    name, version, kernel = product
    out = WORK / f'{name}-{version}.zip'
    build_pack.main(['--product', name, '--version', version, '--kernel', kernel, '--hazelcast', hazelcast, '--out', str(out)])
    return out


class Node:
    """A home unpacked from a pack, configured by editing its files, and started by its own script."""

    offset = 1000

    def __init__(self, pack, name):
        folder = WORK / name
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(['unzip', '-q', str(pack), '-d', str(folder)], check=True)
        self.name = name
        self.home = next(folder.iterdir())
        self.conf = self.home / ('conf' if self.home.name.startswith('wso2ei') else 'repository/conf')
        self.is_toml = (self.conf / 'deployment.toml').is_file()
        Node.offset = self.offset = free_offset(Node.offset + 1)
        self.process = None
        self._configure_offset()

    def edit(self, file, change):
        path = self.conf / file
        path.write_bytes(change(path.read_bytes().decode()).encode())

    def _configure_offset(self):
        if self.is_toml:
            self.edit('deployment.toml', lambda text: text.replace('#offset = 0', f'offset = {self.offset}'))
            self.edit('log4j2.properties', lambda text: text.replace('com-hazelcast.level = ERROR', 'com-hazelcast.level = INFO'))
        else:
            self.edit('carbon.xml', lambda text: text.replace('<Offset>0<', f'<Offset>{self.offset}<'))
            self.edit('log4j.properties', lambda text: text + 'log4j.logger.com.hazelcast=INFO\n')

    def cluster(self, scheme, domain, host, port, members=(), parameters=None):
        parameters = parameters or {}
        if self.is_toml:
            self._cluster_toml(scheme, domain, host, port, members, parameters)
        else:
            self._cluster_xml(scheme, domain, host, port, members, parameters)

    def _cluster_toml(self, scheme, domain, host, port, members, parameters):
        listed = ', '.join(f'"{member}"' for member in members)
        table = (f'\n[clustering]\nmembership_scheme = "{scheme}"\ndomain = "{domain}"\nlocal_member_host = "{host}"\n'
                 f'local_member_port = "{port}"\n' + (f'members = [{listed}]\n' if members else '')
                 + '[clustering.properties]\n' + ''.join(f'"{name}" = "{value}"\n' for name, value in parameters.items()))
        self.edit('deployment.toml', lambda text: text + table)

    def _cluster_xml(self, scheme, domain, host, port, members, parameters):
        def change(text):
            text = text.replace('enable="false">', 'enable="true">', 1)
            for name, value in (('membershipScheme', scheme), ('domain', domain), ('localMemberHost', host), ('localMemberPort', port)):
                text = re.sub(rf'(<parameter name="{name}">)[^<]*', rf'\g<1>{value}', text)
            added = ''.join(f'<parameter name="{name}">{value}</parameter>\n' for name, value in parameters.items())
            listed = ''.join('<member><hostName>{}</hostName><port>{}</port></member>'.format(*member.split(':')) for member in members)
            return re.sub(r'<members>.*?</members>', f'{added}<members>{listed}</members>', text, flags=re.DOTALL)
        self.edit('axis2/axis2.xml', change)

    def start(self, *arguments, java_opts=''):
        environment = {**os.environ, 'JAVA_HOME': java_home(), 'JAVA_OPTS': java_opts}
        script = next((self.home / 'bin').glob('*.sh'))
        self.begun = time.monotonic()
        with open(self.home.parent / 'console.log', 'wb') as console:
            self.process = subprocess.Popen([str(script), *arguments], env=environment, stdout=console, stderr=subprocess.STDOUT)
        return self

    def console(self):
        return (self.home.parent / 'console.log').read_text(errors='replace')

    def wait_for(self, text, seconds=START_SECONDS):
        """Waits for a line, and returns it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.console().splitlines():
                if text in line:
                    return line
            expect(self.process.poll() is None, f'{self.name} ended with {self.process.poll()} before "{text}":\n{self.console()[-4000:]}')
            time.sleep(0.1)
        raise Failed(f'{self.name}: no "{text}" within {seconds} s:\n{self.console()[-4000:]}')

    def started(self):
        self.wait_for('WSO2 Carbon started in')
        seconds = time.monotonic() - self.begun
        say(f'{self.name} started in {seconds:.1f} s')

    def get(self, port, path, headers=None):
        scheme = 'https' if port in (9443, 8243) else 'http'
        context = ssl._create_unverified_context()
        request = urllib.request.Request(f'{scheme}://127.0.0.1:{port + self.offset}{path}', headers=headers or {})
        handlers = [urllib.request.ProxyHandler({})] + ([urllib.request.HTTPSHandler(context=context)] if scheme == 'https' else [])
        try:
            return urllib.request.build_opener(*handlers).open(request, timeout=10)
        except urllib.error.HTTPError as error:
            return error

    def status(self):
        return json.load(self.get(9443, '/stand-in'))

    def members(self):
        return self.status()['cluster']['members']

    def stop(self):
        """SIGTERM to the script's process; the seconds it took."""
        begun = time.monotonic()
        self.process.terminate()
        self.process.wait(30)
        return time.monotonic() - begun

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def with_nodes(scenario):
    """Runs a scenario that yields its nodes, and leaves none of them running."""
    nodes = []
    try:
        scenario(nodes)
    finally:
        for node in nodes:
            node.kill()


def new_node(nodes, pack, name):
    nodes.append(Node(pack, name))
    return nodes[-1]


def check_order(console, lines):
    """The lines must be there, in this order. carbon.md section 7"""
    position = 0
    for line in lines:
        found = console.find(line, position)
        expect(found >= 0, f'no "{line}" after the line before it')
        position = found


def check_lines(node, domain, scheme, coordinator):
    lines = [f'Cluster domain: {domain}', 'Loading hazelcast configuration from axis2 clustering configuration',
             f'Using {scheme} based membership management scheme', 'Hazelcast initialized in ', 'Local member: [']
    check_order(node.console(), lines + (['Elected this member ['] if coordinator else []) + ['Cluster initialization completed'])
    expect(('Elected this member [' in node.console()) == coordinator, f'{node.name}: coordinator is not {coordinator}')
    log = (node.home / 'repository/logs/wso2carbon.log').read_text()
    expect(re.search(r'^TID: \[-1234\] \[\] \[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\]  INFO \{org\.wso2\.carbon\.[a-z.]*'
                     r'HazelcastClusteringAgent\} -  Cluster domain: ', log, re.MULTILINE), 'wso2carbon.log has another layout')


def check_joined(first, second):
    line = first.wait_for('Member joined [')
    say(f'{first.name}: {line}')
    second.started()
    expect('Member joined [' not in second.console(), 'the node that joins logs no join of those who were there')
    for node in (first, second):
        expect(len(node.members()) == 2, f'{node.name} sees {node.members()}')
    say(f'both see {first.members()}')


def check_leave(first, second):
    say(f'{second.name} stopped by SIGTERM in {second.stop():.1f} s, exit code {second.process.returncode}')
    line = first.wait_for('Member left [')
    say(f'{first.name}: {line}')
    expect(len(first.members()) == 1, f'{first.name} still sees {first.members()}')
    expect('Shutdown complete' in second.console(), f'{second.name} did not say that its shutdown is complete')


def check_pages(node):
    login = node.get(9443, '/carbon/admin/login.jsp')
    expect(login.status == 200 and 'JSESSIONID=' in login.headers['Set-Cookie'], f'login.jsp: {login.status} {login.headers}')
    cookie = login.headers['Set-Cookie'].split(';')[0]
    described = json.load(node.get(9443, '/stand-in', {'Cookie': cookie, 'X-Forwarded-For': '192.0.2.7'}))
    expect(described['session']['known'] and described['session']['requests'] == 2, f'session: {described["session"]}')
    expect(described['request']['headers']['x-forwarded-for'] == ['192.0.2.7'], f'headers: {described["request"]}')
    version = node.get(9763, '/services/Version')
    expect(version.status == 200 and version.headers['Content-Type'].startswith('text/xml'), f'Version: {version.status}')
    say(f'login.jsp over TLS: 200, {described["request"]["cipherSuite"]}; /services/Version: {version.read().decode().strip()}')
    if node.home.name.startswith(('wso2am', 'wso2ei')):
        for port in (8280, 8243):
            expect(node.get(port, '/services/Version').status == 200, f'{port}: /services/Version')
        say('/services/Version on the pass-through transports, HTTP and TLS: 200')


def wka(hazelcast):
    def scenario(nodes):
        pack = build(hazelcast, PACKS[hazelcast])
        ports = [free_member_port(23000)]
        ports.append(free_member_port(ports[0] + 1))
        members = [f'{host}:{port}' for host, port in zip(HOSTS, ports)]
        domain = f'smoke.wka.{hazelcast}'
        for number in (0, 1):
            new_node(nodes, pack, f'wka-{hazelcast}-{"ab"[number]}').cluster('wka', domain, HOSTS[number], ports[number], members)
        first, second = nodes
        first.start().started()
        check_lines(first, domain, 'wka', coordinator=True)
        second.start()
        check_joined(first, second)
        check_lines(second, domain, 'wka', coordinator=False)
        check_pages(second)
        check_leave(first, second)
    return lambda: with_nodes(scenario)


def aws_parameters(hazelcast, fake):
    """The parameters by the kernel's spelling. carbon.md section 5"""
    kernel = build_pack.numbers(PACKS[hazelcast][2])
    hyphens = (4, 7) <= kernel < (4, 10)
    names = (['access-key', 'secret-key', 'tag-key', 'tag-value', 'host-header'] if hyphens
             else ['accessKey', 'secretKey', 'tagKey', 'tagValue', 'hostHeader'])
    values = ['AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI', 'carbon-cluster', 'smoke', f'http://127.0.0.1:{fake.port}']
    parameters = dict(zip(names, values), region=REGION)
    if hazelcast.startswith('3'):
        del parameters['hostHeader']
    return parameters


def trust(node, certificate):
    subprocess.run(['keytool', '-importcert', '-noprompt', '-alias', 'smoke', '-file', str(certificate), '-storepass', build_pack.PASSWORD,
                    '-keystore', str(node.home / 'repository/resources/security/client-truststore.jks')], check=True, capture_output=True)


class Cloud:
    """What of AWS the nodes of one scenario see: two instances of theirs, one of another cluster, and metadata."""

    def __init__(self, hazelcast, imdsv2):
        self.hazelcast = hazelcast
        tag = {'key': 'carbon-cluster', 'group': 'members'}
        instances = [{'address': AWS_HOST, 'value': 'smoke', **tag}] * 2 + [{'address': '127.0.0.9', 'value': 'other', **tag}]
        self.ec2 = smoke_ec2.FakeEc2(instances)
        self.metadata = smoke_ec2.FakeMetadata(token_required=imdsv2)
        self.proxy = None
        self.certificate = None
        self.java_opts = f'-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort={self.metadata.port}'
        if hazelcast.startswith('3'):
            self._behind_tls()

    def _behind_tls(self):
        self.certificate, key = smoke_ec2.certificate(WORK, f'ec2.{REGION}.amazonaws.com')
        self.ec2.use_tls(self.certificate, key)
        self.proxy = smoke_ec2.ConnectProxy(self.ec2.port)
        self.java_opts += f' -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={self.proxy.port}'

    def __enter__(self):
        for part in self.parts():
            part.start()
        return self

    def __exit__(self, *exception):
        for part in self.parts():
            part.stop()

    def parts(self):
        return [part for part in (self.ec2, self.metadata, self.proxy) if part]

    def node(self, nodes, pack, name, domain):
        node = new_node(nodes, pack, name)
        node.cluster('aws', domain, AWS_HOST, 5701, parameters=aws_parameters(self.hazelcast, self.ec2))
        if self.certificate:
            trust(node, self.certificate)
        return node

    def report(self):
        call = self.ec2.calls[0]
        say(f'{len(self.ec2.calls)} calls of {call["Action"]}, Version {call["Version"]}' + (f', to {self.proxy.names[0]}' if self.proxy else ''))
        say(f'server-side filters: {self.ec2.filters() or "none"}')
        self.report_metadata()
        # carbon.md section 6
        expected = {} if self.hazelcast == '3.5.4' else {'tag:carbon-cluster': 'smoke', 'instance-state-name': 'running'}
        expect(self.ec2.filters() == expected, f'filters are {self.ec2.filters()}, not {expected}')

    def report_metadata(self):
        say(f'metadata: {", ".join(sorted(set(self.metadata.calls))) or "not asked"}')


def aws(hazelcast):
    """Two members find each other through DescribeInstances; an instance with another tag value is left alone."""
    def scenario(nodes):
        domain = f'smoke.aws.{hazelcast}'
        with Cloud(hazelcast, imdsv2=hazelcast.startswith('5')) as cloud:
            pack = build(hazelcast, PACKS[hazelcast])
            first, second = [cloud.node(nodes, pack, f'aws-{hazelcast}-{name}', domain) for name in 'ab']
            first.start(java_opts=cloud.java_opts).started()
            check_lines(first, domain, 'aws', coordinator=True)
            second.start(java_opts=cloud.java_opts)
            check_joined(first, second)
            cloud.report()
            check_leave(first, second)
    return lambda: with_nodes(scenario)


def imdsv2(hazelcast, outcome):
    """Metadata that demands a token, and an access key: Hazelcast 3.12 and 4.2 ask for the zone without a token and cannot start."""
    def scenario(nodes):
        with Cloud(hazelcast, imdsv2=True) as cloud:
            node = cloud.node(nodes, build(hazelcast, PACKS[hazelcast]), f'imdsv2-{hazelcast}', f'smoke.imdsv2.{hazelcast}')
            node.start(java_opts=cloud.java_opts)
            say(node.wait_for(outcome))
            cloud.report_metadata()
    return lambda: with_nodes(scenario)


def ei():
    """The layout of Enterprise Integrator: conf and lib at the top, integrator.sh, well-known members by default."""
    def scenario(nodes):
        node = new_node(nodes, build('3.5.4', EI), 'ei')
        node.start().started()
        check_pages(node)
        expect('Clustering has been disabled' in node.console(), 'clustering is off as shipped')
    with_nodes(scenario)


BALANCED_HOST = 'governance.example.com'


def configure_load_balancer(node, port, group_port):
    """As the library does it: the service in loadbalancer.conf, and where this member is found in axis2.xml."""
    service = (f'services {{ governance {{ domains {{ smoke.elb {{ tenant_range *; group_mgt_port {group_port}; '
               f'mgt {{ hosts {BALANCED_HOST}; }} }} }} }} }}').replace('{ ', '{\n').replace('; ', ';\n').replace(' }', '\n}')
    node.edit('loadbalancer.conf', lambda text: text.split('services {')[0] + service + '\n')
    node.edit('axis2/axis2.xml', lambda text: text.replace(
        '<!--parameter name="localMemberHost">127.0.0.1</parameter-->', f'<parameter name="localMemberHost">{HOSTS[0]}</parameter>')
        .replace('<parameter name="localMemberPort">4000<', f'<parameter name="localMemberPort">{port}<'))


def governance_nodes(nodes, group_port):
    """Nodes of the management sub-domain that know the load balancer only."""
    pack = build('3.5.4', GOVERNANCE_REGISTRY)
    for number, host in enumerate(HOSTS[1:], 1):
        node = new_node(nodes, pack, f'elb-node-{number}')
        node.cluster('wka', 'smoke.elb', host, free_member_port(group_port + number), [f'{HOSTS[0]}:{group_port}'])
        node.edit('axis2/axis2.xml', lambda text: text.replace('name="subDomain" value="worker"', 'name="subDomain" value="mgt"'))
    return nodes[1:]


def balanced_members(balancer, number):
    """The members that requests go to, as soon as there are so many."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        members = balancer.status()['balancing'][0]['members']
        if len(members) == number:
            return members
        expect(time.monotonic() < deadline, f'requests go to {members}:\n{balancer.console()[-3000:]}')
        time.sleep(0.5)


def answered_by(balancer, cookie=None, port=8280):
    """The member that answered a request to the balanced host name, and the session it is for."""
    answer = balancer.get(port, '/stand-in', {'Host': BALANCED_HOST, **({'Cookie': cookie} if cookie else {})})
    text = answer.read().decode()
    expect(answer.status == 200, f'{BALANCED_HOST}: {answer.status} {text}')
    described = json.loads(text)
    return described['cluster']['localMember'], described


def log_in(balancer):
    answer = balancer.get(8280, '/carbon/admin/login.jsp', {'Host': BALANCED_HOST})
    expect(answer.status == 200, f'login.jsp: {answer.status}')
    return answer.headers['Set-Cookie'].split(';')[0]


def check_balancing(balancer, members):
    seen = [answered_by(balancer)[0] for _ in range(6)]
    expect(sorted(set(seen)) == sorted(members), f'answers came from {seen}, not from {members}')
    secure = answered_by(balancer, port=8243)[1]['request']
    expect(secure['scheme'] == 'https' and secure['headers']['host'] == [BALANCED_HOST], f'over TLS: {secure}')
    expect(balancer.get(8280, '/stand-in', {'Host': 'other.example.org'}).status == 404, 'a host name of no service was answered')
    say(f'{BALANCED_HOST} is answered by each of {", ".join(sorted(members))}, over TLS too')


def check_stickiness(balancer):
    """Returns a session and its member."""
    cookie = log_in(balancer)
    answers = [answered_by(balancer, cookie) for _ in range(6)]
    expect(len({member for member, _ in answers}) == 1, f'a session went to {[member for member, _ in answers]}')
    expect(answers[-1][1]['session']['known'], f'session: {answers[-1][1]["session"]}')
    say(f'a session stays with {answers[-1][0]}')
    return cookie, answers[-1][0]


def check_fail_over(balancer, nodes, cookie, member):
    killed = next(node for node in nodes if node.status()['cluster']['localMember'] == member)
    killed.kill()
    begun = time.monotonic()
    another = answered_by(balancer, cookie)[0]
    expect(another != member, f'{member} is gone and answered')
    say(f'{killed.name} killed: its session is answered by {another} after {time.monotonic() - begun:.1f} s')
    say(f'{balancer.name}: {balancer.wait_for("Member left [")}')
    expect(member not in balanced_members(balancer, 2), f'requests still go to {member}')
    cookie = log_in(balancer)
    expect(answered_by(balancer, cookie)[1]['session']['known'], 'a new session is not known')
    return killed


def elb():
    """Three nodes behind the load balancer: it finds them in their group, and a node's end is no end of the service."""
    def scenario(nodes):
        group_port = free_member_port(24000)
        own_port = free_member_port(group_port + 10)
        balancer = new_node(nodes, build('3.5.4', LOAD_BALANCER), 'elb')
        configure_load_balancer(balancer, own_port, group_port)
        governance = governance_nodes(nodes, group_port)
        balancer.start().started()
        say(balancer.wait_for('Group management local member for domain [smoke.elb]')[:150])
        for node in governance:
            node.start()
        for node in governance:
            node.started()
        members = balanced_members(balancer, 3)
        expect(all(len(node.members()) == 4 for node in governance), 'the nodes and the load balancer are no group')
        check_balancing(balancer, members)
        cookie, member = check_stickiness(balancer)
        killed = check_fail_over(balancer, governance, cookie, member)
        killed.start().started()
        check_balancing(balancer, balanced_members(balancer, 3))
    with_nodes(scenario)


def worker():
    """A worker has no console; -DworkerNode=true counts as an argument, and not in JAVA_OPTS."""
    def scenario(nodes):
        pack = build('3.5.4', PACKS['3.5.4'])
        for name, arguments, java_opts, status in (('worker-profile', ['-Dprofile=gateway-worker'], '', 404),
                                                   ('worker-option', [], '-DworkerNode=true', 200)):
            node = new_node(nodes, pack, name).start(*arguments, java_opts=java_opts)
            node.started()
            seen = node.get(9443, '/carbon/admin/login.jsp').status
            expect(seen == status, f'{name}: login.jsp {seen}')
            expect(node.get(9443, '/services/Version').status == 200, 'Version')
            say(f'{" ".join(arguments) or "JAVA_OPTS=" + java_opts}: login.jsp {seen}, /services/Version 200')
    with_nodes(scenario)


def proxy_port():
    """proxyPort and proxyName of catalina-server.xml show in redirects."""
    def scenario(nodes):
        node = new_node(nodes, build('3.5.4', PACKS['3.5.4']), 'proxy-port')
        node.edit('tomcat/catalina-server.xml', lambda text: text.replace('port="9443"', 'port="9443" proxyPort="443"'))
        node.start().started()
        connection = node.status()['request']
        expect(connection['serverPort'] == 443 and connection['localPort'] == 9443 + node.offset, f'{connection}')
        say(f'serverPort {connection["serverPort"]} on local port {connection["localPort"]}; {node.wait_for("Mgt Console URL")}')
    with_nodes(scenario)


def failing(name, hazelcast, change, reason, status=1):
    """A configuration that must end the start, with its reason in the log."""
    def scenario(nodes):
        node = new_node(nodes, build(hazelcast, PACKS[hazelcast]), f'fails-{name}')
        change(node)
        node.start()
        try:
            code = node.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f'it runs, although "{reason}" was expected:\n{node.console()[-3000:]}') from None
        expect(code == status and reason in node.console(), f'exit code {code}; no "{reason}" in:\n{node.console()[-3000:]}')
        say(f'exit code {code}: {next(line for line in node.console().splitlines() if reason in line)[:150]}')
    return lambda: with_nodes(scenario)


def without_keys(node):
    node.cluster('aws', 'smoke.no-keys', HOSTS[0], 5701, parameters={'region': REGION})


def with_empty_key(node):
    node.cluster('aws', 'smoke.empty-key', HOSTS[0], 5701, parameters={'accessKey': '', 'secretKey': 'x', 'region': REGION})


def with_unknown_data_source(node):
    node.edit('registry.xml', lambda text: text.replace('jdbc/WSO2CarbonDB', 'jdbc/WSO2REG_DB'))


def with_bare_ampersand(node):
    node.edit('deployment.toml', lambda text: text.replace('WSO2SHARED_DB;', 'WSO2SHARED_DB;A=1&B=2;'))


def with_database_away(node):
    def change(text):
        before, after = text.split('<url>jdbc:h2:repository/database/WSO2AM_DB;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=60000</url>')
        return f'{before}<url>jdbc:mysql://127.0.0.1:1/amdb</url>{after.replace("org.h2.Driver", "com.mysql.jdbc.Driver", 1)}'
    node.edit('datasources/master-datasources.xml', change)


def with_wrong_password(node):
    node.edit('tomcat/catalina-server.xml', lambda text: text.replace('keystorePass="wso2carbon"', 'keystorePass="wrong"'))


def with_unknown_scheme(node):
    node.cluster('AWS', 'smoke.scheme', HOSTS[0], 5701)


def with_undefined_variable(node):
    node.edit('deployment.toml', lambda text: text.replace('node_ip = "127.0.0.1"', 'node_ip = "$env{SMOKE_NOT_DEFINED}"'))


def with_unknown_ciphers(node):
    node.edit('deployment.toml', lambda text: text + '\n[transport.https.sslHostConfig.properties]\nciphers = "TLS_NO_SUCH_SUITE"\n')


CONNECTOR_FAILED = 'LifeCycleException while starting tomcat connector'

SCENARIOS = {
    **{f'wka-{hazelcast}': wka(hazelcast) for hazelcast in PACKS},
    **{f'aws-{hazelcast}': aws(hazelcast) for hazelcast in PACKS},
    'imdsv2-3.5.4': imdsv2('3.5.4', 'WSO2 Carbon started in'),
    # It gives up after 10 retries and 170 s; the second says enough.
    'imdsv2-3.12.2': imdsv2('3.12.2', "Couldn't connect to the AWS service, [2]"),
    'imdsv2-4.2.6': imdsv2('4.2.6', 'HTTP Error Code: 401'),
    'imdsv2-5.3.6': imdsv2('5.3.6', 'WSO2 Carbon started in'),
    'ei': ei,
    'elb': elb,
    'worker': worker,
    'proxy-port': proxy_port,
    'fails-without-keys': failing('without-keys', '3.5.4', without_keys, 'IllegalArgumentException'),
    'fails-empty-key': failing('empty-key', '3.5.4', with_empty_key, 'IllegalArgumentException'),
    'fails-unknown-data-source': failing('unknown-data-source', '3.5.4', with_unknown_data_source,
                                         'Unable to look-up JNDI name jdbc/WSO2REG_DB'),
    'fails-bare-ampersand': failing('bare-ampersand', '3.12.2', with_bare_ampersand, 'must end with the'),
    'fails-database-away': failing('database-away', '3.5.4', with_database_away,
                                   'Error in connecting to the data source: WSO2AM_DB: Communications link failure'),
    'fails-key-store-password': failing('key-store-password', '3.5.4', with_wrong_password, CONNECTOR_FAILED),
    'fails-ciphers': failing('ciphers', '4.2.6', with_unknown_ciphers, CONNECTOR_FAILED),
    'fails-scheme': failing('scheme', '3.5.4', with_unknown_scheme, "Invalid membership scheme 'AWS'"),
    'fails-undefined-variable': failing('undefined-variable', '3.12.2', with_undefined_variable,
                                        'Environment variable SMOKE_NOT_DEFINED not defined'),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='name', help='scenarios to run (default: all)')
    parser.add_argument('--keep', action='store_true', help='leave target/smoke as it is at the end')
    parser.add_argument('--list', action='store_true', help='name the scenarios')
    arguments = parser.parse_args()
    if arguments.list:
        print('\n'.join(SCENARIOS))
        return
    WORK.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in arguments.names or SCENARIOS:
        print(name, flush=True)
        begun = time.monotonic()
        try:
            SCENARIOS[name]()
            print(f'  ok, {time.monotonic() - begun:.1f} s', flush=True)
        except Failed as failure:
            failed.append(name)
            print(f'  FAILED: {failure}', flush=True)
    if not arguments.keep:
        shutil.rmtree(WORK, ignore_errors=True)
    if failed:
        sys.exit(f'failed: {", ".join(failed)}')
    print(f'all {len(arguments.names or SCENARIOS)} as expected')


if __name__ == '__main__':
    main()

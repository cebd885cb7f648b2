"""
The whole machine room with a cluster of fake nodes. Needs root, Linux, the packages of install.sh, and moto; takes
about a minute and a half once the trees are cached.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
import unittest

import main
from tests import sample
from tests.driver import MAIN, Moto, Rehearsal, free_port, moto_is_installed

REASON = main.unable() or ('' if moto_is_installed() else 'needs moto')
CONNECT = ("mysql --host={host} --user=admin --password=\"pass'word\" --ssl --connect-timeout=2 --batch "
           "--skip-column-names -e '{sql}' 2>&1")

QUICK_SCRIPT = '''#!/bin/bash
set -e
mkdir -p /opt/app
cat /proc/sys/kernel/random/boot_id >> /opt/app/first-boots
'''

#: networkd needs a moment for an interface that is plugged into a running node.
WAIT_FOR_ADDRESS = 'for _ in $(seq 100); do ip -br -4 address show ens6 | grep {address} && break; sleep 0.1; done'


def sql(text):
    return CONNECT.format(host=sample.DATABASE, sql=text)


def moto_with_bucket():
    moto = Moto(free_port())
    moto.put_object('rehearsal-test-bucket', 'greeting.txt', b'hello')
    return moto


@unittest.skipIf(REASON, REASON)
class ClusterTest(unittest.TestCase):
    """Three nodes whose user data speaks with everything there is."""

    @classmethod
    def setUpClass(cls):
        cls.moto = moto_with_bucket()
        cls.addClassCleanup(cls.moto.stop)
        cls.document = sample.document(cls.moto.url)
        cls.run_ = Rehearsal(cls.document)
        cls.addClassCleanup(cls.run_.end)
        cls.results = cls.run_.boot()
        cls.run_.command('wait-healthy', timeout=30)

    def test_user_data_ended_well(self):
        self.assertEqual(len(self.results), 3)
        for result in self.results.values():
            self.assertEqual(result, {'ok': True, 'errors': []})

    def test_user_data_is_delivered_unchanged(self):
        digest = hashlib.sha256(sample.user_data().encode()).hexdigest()
        self.assertIn(digest, self.run_.shell('node-1', 'sha256sum /var/lib/cloud/instance/user-data.txt'))

    def test_the_log_is_told_while_it_grows(self):
        lines = [event['line'] for event in self.run_.of('log', node='i-00000000000000002',
                                                         file='/var/log/carbon-cluster/boot.log')]
        self.assertIn('phase metadata i-00000000000000002 10.0.2.12 us-east-1b node-2', lines)
        self.assertIn('phase caller arn:aws:sts::123456789012:assumed-role/NodeRole/i-00000000000000002', lines)
        self.assertTrue(any(line.startswith('phase tls\tTLSv1.') for line in lines), lines)
        self.assertEqual(lines.count('phase started'), 1)

    def test_systemd_is_content(self):
        self.assertEqual(self.run_.shell('node-1', 'systemctl is-system-running').strip(), 'running')
        self.assertEqual(self.run_.shell('node-1', 'systemctl show -p LimitNOFILE --value app-9443').strip(), '65535')

    def test_every_node_wrote_to_the_database(self):
        rows = self.run_.shell('node-3', sql('SELECT COUNT(*) FROM seen.nodes')).strip()
        self.assertEqual(rows, '3')

    def test_metadata_was_asked_by_version_2_only(self):
        for counts in self.run_.command('summary')['metadataCalls'].values():
            self.assertGreater(counts['v2'], 3)
            self.assertNotIn('v1', counts)

    def test_version_1_is_refused(self):
        status = self.run_.shell('node-1', "curl -s -o /dev/null -w '%{http_code}' "
                                           'http://169.254.169.254/latest/meta-data/')
        self.assertEqual(status, '401')

    def test_calls_are_told_with_their_principal(self):
        calls = {(call['principal'], call['service'], call['action']): call['calls']
                 for call in self.run_.command('summary')['awsCalls']}
        for number in (1, 2, 3):
            principal = f'NodeRole/i-{number:017x}'
            self.assertGreaterEqual(calls[(principal, 'ec2', 'DescribeInstances')], 1)
            self.assertGreaterEqual(calls[(principal, 'sts', 'GetCallerIdentity')], 1)
            self.assertGreaterEqual(calls[(principal, 's3', 'GET /greeting.txt')], 1)
        described = self.run_.of('aws-call', service='ec2', action='DescribeInstances')[0]
        self.assertEqual(described['parameters']['Filter.1.Name'], 'instance-state-name')

    def test_java_trusts_the_endpoints(self):
        listed = self.run_.shell('node-1', 'keytool -list -cacerts -storepass changeit -alias debian:rehearsal.pem')
        self.assertIn('trustedCertEntry', listed)

    def test_names(self):
        answer = self.run_.shell('node-1', f'getent hosts ip-10-0-2-12; getent hosts 10.0.2.12; '
                                           f'getent ahostsv4 {sample.MANAGEMENT}; getent hosts example.org; echo $?')
        self.assertIn('10.0.2.12       ip-10-0-2-12.ec2.internal', answer)
        self.assertIn('198.18.1.', answer)
        self.assertTrue(answer.rstrip().endswith('2'))
        self.run_.wait_for('unknown-name', timeout=5, name='example.org', node='i-00000000000000001')

    def test_no_way_out(self):
        self.assertIn('unreachable', self.run_.shell('node-1', 'ping -c 1 -W 1 192.0.2.1 2>&1').lower())

    def request(self, url, **options):
        return self.run_.command('request', url=url, timeout=10, **options)

    def test_host_routing_and_headers(self):
        management = self.request(f'https://{sample.MANAGEMENT}/carbon/')
        self.assertEqual(management['status'], 200)
        body = management['body'].lower()
        self.assertIn(f'host: {sample.MANAGEMENT}', body)
        self.assertIn('x-forwarded-for: 198.18.0.20', body)
        self.assertIn('x-forwarded-proto: https', body)
        self.assertIn('x-forwarded-port: 443', body)
        self.assertIn('x-amzn-trace-id: root=1-', body)
        self.assertTrue(body.startswith(management['instance']))
        self.assertTrue(any(one.startswith('AWSALB=') for one in management['headers']['set-cookie']))
        gateway = self.request(f'https://{sample.GATEWAY}/services/Version')
        self.assertFalse(any(one.startswith('AWSALB=') for one in gateway['headers']['set-cookie']))

    def test_forwarded_for_is_appended_to(self):
        answer = self.request(f'https://{sample.GATEWAY}/echo', headers={'X-Forwarded-For': '203.0.113.9'})
        self.assertIn('x-forwarded-for: 203.0.113.9, 198.18.0.20', answer['body'].lower())

    def test_unknown_host_and_plain_http(self):
        other = self.request(f'https://{sample.MANAGEMENT}/', headers={'Host': 'other.example.com'})
        self.assertEqual((other['status'], other['body']), (404, 'no such host'))
        plain = self.request(f'http://{sample.GATEWAY}/services/Version?a=b')
        self.assertEqual((plain['status'], plain['headers']['location']),
                         (301, [f'https://{sample.GATEWAY}:443/services/Version?a=b']))

    def test_without_cookies_requests_go_round(self):
        seen = {self.request(f'https://{sample.GATEWAY}/services/Version')['instance'] for _ in range(9)}
        self.assertEqual(len(seen), 3)

    def test_with_cookies_they_stay(self):
        for name in (sample.MANAGEMENT, sample.GATEWAY):
            seen = {self.request(f'https://{name}/echo', jar=name)['instance'] for _ in range(6)}
            self.assertEqual(len(seen), 1, name)

    def test_load(self):
        result = self.run_.command('load', url=f'https://{sample.GATEWAY}/services/Version', seconds=2, perSecond=30)
        self.assertGreater(result['requests'], 30)
        self.assertEqual(list(result['statuses']), ['200'])
        self.assertEqual(result['failures'], [])

    def test_security_groups(self):
        self.run_.shell('node-1', 'systemd-run -q --unit=member python3 -m http.server --bind 0.0.0.0 5703; '
                                  'systemd-run -q --unit=other python3 -m http.server --bind 0.0.0.0 5900; sleep 1')
        allowed = self.run_.shell('node-2', 'curl -s -o /dev/null -m 2 -w "%{http_code}" http://10.0.1.11:5703/')
        refused = self.run_.shell('node-2', 'curl -s -o /dev/null -m 1 -w "%{http_code}" http://10.0.1.11:5900/')
        self.assertEqual((allowed, refused), ('200', '000'))
        self.assertIn({'at': 'i-00000000000000001', 'from': 'i-00000000000000002', 'port': 5900},
                      self.run_.command('summary')['blocked'])

    def test_an_unknown_command_says_what_there_is(self):
        with self.assertRaisesRegex(Exception, 'no command frobnicate; there are .*wait-healthy'):
            self.run_.command('frobnicate')


@unittest.skipIf(REASON, REASON)
class LifeTest(unittest.TestCase):
    """What can happen to nodes, the database and the EC2 API. The tests follow one another in one run."""

    @classmethod
    def setUpClass(cls):
        cls.moto = moto_with_bucket()
        cls.addClassCleanup(cls.moto.stop)
        document = sample.document(cls.moto.url, 2)
        for node in document['nodes']:
            node['userData'] = QUICK_SCRIPT
        document['nodes'][0]['interfaces'] = [{'privateIp': '10.0.1.200', 'attached': False, 'id': 'eni-2'}]
        cls.run_ = Rehearsal(document)
        cls.addClassCleanup(cls.run_.end)
        cls.run_.boot()

    def booted(self, *names):
        results = self.run_.command('wait', nodes=list(names), timeout=60)
        for result in results.values():
            self.assertEqual(result, {'ok': True, 'errors': []})

    def first_boots(self, node):
        return len(self.run_.shell(node, 'cat /opt/app/first-boots').split())

    def test_reboot_keeps_the_disk_and_does_not_run_user_data_again(self):
        self.run_.command('reboot', node='node-1')
        self.booted('node-1')
        self.assertEqual(self.first_boots('node-1'), 1)

    def test_reboot_from_inside(self):
        self.run_.shell('node-1', 'systemctl reboot')
        self.run_.wait_for('node', timeout=30, node='i-00000000000000001', state='rebooting')
        time.sleep(0.5)
        self.booted('node-1')
        self.assertEqual(self.first_boots('node-1'), 1)

    def test_killed_and_started_again(self):
        self.run_.command('kill', node='node-1')
        with self.assertRaisesRegex(Exception, 'not running'):
            self.run_.shell('node-1', 'true')
        self.run_.command('start', node='node-1')
        self.booted('node-1')
        self.assertEqual(self.first_boots('node-1'), 1)

    def test_replaced_with_another_id_and_address(self):
        changes = {'instanceId': 'i-00000000000000abc', 'privateIp': '10.0.2.77'}
        self.assertEqual(self.run_.command('replace', node='node-2', changes=changes), 'i-00000000000000abc')
        self.booted('node-2')
        self.assertEqual(self.first_boots('node-2'), 1)
        self.assertEqual(self.run_.shell('node-2', 'hostname').strip(), 'ip-10-0-2-77.ec2.internal')
        instances = {target['instance'] for target in self.run_.command('health')}
        self.assertEqual(instances, {'i-00000000000000001', 'i-00000000000000abc'})
        self.assertIn('1\n1', self.run_.shell('node-2', sql('SELECT 1; SELECT 1')))

    def test_all_anew_in_one_moment(self):
        self.run_.command('renew')
        self.run_.command('boot')
        self.booted('node-1', 'node-2')
        self.assertEqual(self.first_boots('node-1'), 1)

    def test_failing_user_data(self):
        node = sample.node(7, privateIp='10.0.1.70', userData='#!/bin/sh\necho no such pack; exit 3\n')
        self.run_.command('launch', node=node)
        result = self.run_.command('wait', nodes=['node-7'], timeout=60)['i-00000000000000007']
        self.assertFalse(result['ok'])
        self.assertIn('scripts-user', result['errors'][0])
        self.run_.command('terminate', node='node-7')

    def test_full_disk(self):
        script = '#!/bin/sh\nset -e\ndd if=/dev/zero of=/opt/pack bs=1M count=200\n'
        node = sample.node(8, privateIp='10.0.1.80', userData=script, diskMiB=64)
        self.run_.command('launch', node=node)
        result = self.run_.command('wait', nodes=['node-8'], timeout=60)['i-00000000000000008']
        self.assertFalse(result['ok'])
        self.assertIn('64M', self.run_.shell('node-8', 'df -h /'))
        self.run_.command('terminate', node='node-8', kill=True)

    def test_database_away_and_back(self):
        self.run_.command('database', action='stop')
        self.assertIn('ERROR 2002', self.run_.shell('node-1', sql('SELECT 1')))
        self.run_.command('database', action='start')
        self.assertEqual(self.run_.shell('node-1', sql('SELECT 1')).strip(), '1')

    def test_database_off_the_network(self):
        self.run_.command('link', database=sample.DATABASE, up=False)
        self.assertIn('(110)', self.run_.shell('node-1', sql('SELECT 1')))
        self.run_.command('link', database=sample.DATABASE, up=True)
        self.assertEqual(self.run_.shell('node-1', sql('SELECT 1')).strip(), '1')

    def test_database_refuses_plain_text(self):
        self.assertIn('ERROR 3159', self.run_.shell('node-1', sql('SELECT 1').replace('--ssl', '--skip-ssl')))

    def test_database_restored_takes_the_name_of_the_old_one(self):
        def value():
            return self.run_.shell('node-1', sql('SELECT v FROM kept.t')).strip()

        self.run_.shell('node-1', sql('CREATE DATABASE kept; CREATE TABLE kept.t (v INT); INSERT INTO kept.t VALUES (1)'))
        self.run_.command('database', action='back-up')
        self.run_.shell('node-1', sql('UPDATE kept.t SET v = 2'))
        self.run_.command('restore-database', endpoint=sample.DATABASE, to='restored.us-east-1.rds.amazonaws.com')
        self.assertEqual(value(), '2')
        with self.assertRaisesRegex(Exception, 'is taken'):
            self.run_.command('rename-database', endpoint='restored.us-east-1.rds.amazonaws.com', to=sample.DATABASE)
        self.run_.command('rename-database', endpoint=sample.DATABASE, to='before.us-east-1.rds.amazonaws.com')
        self.run_.command('rename-database', endpoint='restored.us-east-1.rds.amazonaws.com', to=sample.DATABASE)
        self.assertEqual(value(), '1')

    def test_ec2_refusing_for_a_while(self):
        call = 'AWS_MAX_ATTEMPTS=1 aws ec2 describe-instances --region us-east-1 --query Reservations 2>&1'
        for mode, said in (('throttle', 'RequestLimitExceeded'), ('deny', 'UnauthorizedOperation'),
                           ('reject', 'Connection was closed'), (None, '[]')):
            self.run_.command('refuse', service='ec2', mode=mode)
            self.assertIn(said, self.run_.shell('node-1', call), mode)

    def test_secrets_manager_denying(self):
        call = 'aws secretsmanager get-secret-value --secret-id x --region us-east-1 2>&1'
        self.run_.command('refuse', service='secretsmanager', mode='deny')
        self.assertIn('AccessDeniedException', self.run_.shell('node-1', call))
        self.run_.command('refuse', service='secretsmanager', mode=None)
        self.assertIn('ResourceNotFoundException', self.run_.shell('node-1', call))

    def test_attached_interface(self):
        self.run_.command('attach', node='node-1', deviceIndex=1)
        self.assertIn('10.0.1.200/24', self.run_.shell('node-1', WAIT_FOR_ADDRESS.format(address='10.0.1.200')))
        macs = self.run_.shell('node-1', 'T=$(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 30" '
                                         'http://169.254.169.254/latest/api/token); curl -s -H "X-aws-ec2-metadata-'
                                         'token: $T" http://169.254.169.254/latest/meta-data/network/interfaces/macs/')
        self.assertEqual(len(macs.split()), 2)


@unittest.skipIf(REASON, REASON)
class CiphersTest(unittest.TestCase):
    """What load balancers offer to nodes, shown by nodes that accept one cipher each."""

    ciphers = ('ECDHE-RSA-AES128-SHA', 'AES128-SHA', 'CAMELLIA128-SHA', 'DHE-RSA-AES128-SHA')
    script = '''#!/bin/bash
cd /root
openssl req -x509 -newkey rsa:1024 -sha1 -nodes -days 2 -subj /CN=node -keyout key -out crt
port=7000
for cipher in {ciphers}; do
    port=$((port + 1))
    systemd-run -q openssl s_server -quiet -tls1_2 -key /root/key -cert /root/crt -accept $port \\
        -cipher "$cipher@SECLEVEL=0"
done
'''

    def test_one_by_one(self):
        moto = Moto(free_port())
        self.addCleanup(moto.stop)
        document = sample.document(moto.url, 1)
        document['nodes'][0]['userData'] = self.script.format(ciphers=' '.join(self.ciphers))
        document.update(databases=[], securityGroups=[], loadBalancers=[], targetGroups=[], names=[])
        for kind in ('application', 'classic'):
            groups = [{'id': f'{kind} {cipher}', 'port': 7001 + index, 'protocol': 'TLS',
                       'targets': ['i-00000000000000001'],
                       'health': {'protocol': 'SSL', 'interval': 4, 'timeout': 2, 'healthy': 2, 'unhealthy': 2}}
                      for index, cipher in enumerate(self.ciphers)]
            document['targetGroups'] += groups
            document['loadBalancers'].append({
                'name': kind, 'type': kind, 'dnsName': f'{kind}.elb.amazonaws.com', 'scheme': 'internal',
                'listeners': [{'port': group['port'], 'protocol': 'TCP',
                               'defaultAction': {'targetGroup': group['id']}} for group in groups]})
        run = Rehearsal(document)
        self.addCleanup(run.end)
        run.boot()
        run.command('wait-healthy', targetGroups=['classic AES128-SHA', 'application AES128-SHA'], timeout=20)
        time.sleep(2)
        states = {target['targetGroup']: target['state'] for target in run.command('health')}
        self.assertEqual(states, {
            'application ECDHE-RSA-AES128-SHA': 'healthy', 'application AES128-SHA': 'healthy',
            'application CAMELLIA128-SHA': 'unhealthy', 'application DHE-RSA-AES128-SHA': 'unhealthy',
            'classic ECDHE-RSA-AES128-SHA': 'unhealthy', 'classic AES128-SHA': 'healthy',
            'classic CAMELLIA128-SHA': 'healthy', 'classic DHE-RSA-AES128-SHA': 'healthy'})


def host_state(run_id=''):
    """What a rehearsal must leave as it was."""
    def said(command):
        return subprocess.run(command, shell=True, capture_output=True, text=True).stdout

    volatile = 'random|nr-|-state|fs\\.|ns_last|hung_task|sched_domain|pty|perf_event|nf_conntrack_(count|buckets)'
    processes = [line for line in said('ps -eo args').splitlines() if run_id and run_id in line]
    return {
        'mounts': said('cat /proc/self/mountinfo'), 'addresses': said('ip -br address; ip route; ls /run/netns 2>&1'),
        'etc': said('tar c /etc 2> /dev/null | sha256sum'),
        'sysctls': said(f'sysctl -a 2> /dev/null | grep -vE "{volatile}"'),
        'cgroups': said(f'find /sys/fs/cgroup -type d -name "carbon-rehearsal-{run_id}*"') if run_id else '',
        'processes': '\n'.join(processes),
    }


@unittest.skipIf(REASON, REASON)
class TracesTest(unittest.TestCase):
    """However a rehearsal ends, the host is as it was."""

    @classmethod
    def setUpClass(cls):
        cls.moto = moto_with_bucket()
        cls.addClassCleanup(cls.moto.stop)

    def start(self):
        document = sample.document(self.moto.url, 2)
        for node in document['nodes']:
            node['userData'] = QUICK_SCRIPT
        run = Rehearsal(document)
        self.addCleanup(run.end)
        self.run_id = run.wait_for('run')['run']
        self.folder = run.wait_for('run')['dir']
        run.wait_for('ready')
        return run

    def ended(self, before, folder_gone=True):
        after = host_state(self.run_id)
        for what, value in before.items():
            self.assertEqual(after[what], value, what)
        self.assertEqual(os.path.exists(self.folder), not folder_gone)

    def check(self, end, folder_gone=True):
        before = host_state()
        run = self.start()
        end(run)
        run.process.wait(30)
        time.sleep(0.3)
        self.ended(before, folder_gone)

    def test_end_of_commands(self):
        self.check(lambda run: run.process.stdin.close())

    def test_interrupt(self):
        self.check(lambda run: run.process.send_signal(signal.SIGINT))

    def test_terminate(self):
        self.check(lambda run: run.process.terminate())

    def test_crash_of_the_machine(self):
        def crash(run):
            with open(f'/proc/{run.process.pid}/task/{run.process.pid}/children', encoding='ascii') as file:
                os.kill(int(file.read().split()[0]), signal.SIGKILL)
        self.check(crash)

    def test_crash_of_everything_leaves_only_what_clean_removes(self):
        before = host_state()
        run = self.start()
        run.process.kill()
        run.process.wait(30)
        self.assertTrue(os.path.exists(self.folder))
        cleaned = subprocess.run([sys.executable, MAIN, 'clean'], capture_output=True, text=True, check=True)
        self.assertIn(self.run_id, cleaned.stdout)
        self.ended(before)

    def test_a_cluster_that_cannot_come_up(self):
        before = host_state()
        document = sample.document('http://127.0.0.1:9', 1)
        document['databases'][0]['master'] = {'user': 'admin', 'secretArn': 'arn:x'}
        run = Rehearsal(document)
        self.addCleanup(run.end)
        self.assertEqual(run.process.wait(60), 1)
        self.run_id, self.folder = run.of('run')[0]['run'], run.of('run')[0]['dir']
        self.assertIn('secretsmanager', run.wait_for_failure()['message'])
        self.ended(before)

    def test_two_at_once(self):
        first, second = self.start(), self.start()
        for run in (first, second):
            self.assertEqual(len(run.command('wait', timeout=60)), 2)
            self.assertEqual(run.shell('node-1', sql('SELECT 1')).strip(), '1')
        first.end()
        self.assertEqual(second.shell('node-1', sql('SELECT 1')).strip(), '1')


if __name__ == '__main__':
    unittest.main()

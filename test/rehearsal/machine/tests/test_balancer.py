import os
import re
import shutil
import subprocess
import tempfile
import unittest

import balancer
import balancer_config
import document
import tls_policies
from system import write_file
from tests import sample


def cluster_with(balancers=None, groups=None):
    changed = sample.document('http://127.0.0.1:5000')
    if balancers is not None:
        changed['loadBalancers'] = balancers
    changed['targetGroups'] += groups or []
    return document.parse(changed)


def render(cluster, index=0, folder='/folder', certificates=None):
    one = cluster.loadBalancers[index]
    places = {group.id: 2 for group in cluster.targetGroups}
    names = certificates or {listener.port: '/bundle.pem' for listener in one.listeners}
    return balancer_config.render(cluster, one, names, folder, f'{folder}/socket', places)


def section(text, start):
    """The lines of a section, without their indent."""
    found = re.search(rf'^{start}\S*\n((?:    .*\n?)*)', text, re.MULTILINE)
    return [line.strip() for line in found.group(1).splitlines()]


class ConfigTest(unittest.TestCase):
    def test_rules_in_order_of_priority_then_default(self):
        lines = section(render(cluster_with()), 'frontend listener-443')
        decisions = [line for line in lines if 'set-var(txn.action)' in line]
        self.assertIn(r"int(0) if !{ var(txn.action) -m found } { var(txn.host) -m reg '^mgt\.example\.com$' }",
                      decisions[0])
        self.assertIn(r"int(1) if !{ var(txn.action) -m found } { var(txn.host) -m reg '^gw\..*$' }", decisions[1])
        self.assertTrue(decisions[2].endswith('int(2) if !{ var(txn.action) -m found }'))

    def test_default_action_answers(self):
        lines = section(render(cluster_with()), 'frontend listener-443')
        self.assertIn("http-request return status 404 content-type 'text/plain' file /folder/body-443-2 "
                      'if { var(txn.action) -m int 2 }', lines)

    def test_redirect_keeps_host_path_and_query(self):
        lines = section(render(cluster_with()), 'frontend listener-80')
        redirects = [line for line in lines if 'redirect' in line]
        self.assertEqual(redirects, [
            'http-request redirect location "https://%[var(txn.host)]:443%[path]?%[query]" code 301 '
            'if { var(txn.action) -m int 0 } { query -m len gt 0 }',
            'http-request redirect location "https://%[var(txn.host)]:443%[path]" code 301 '
            'if { var(txn.action) -m int 0 }'])

    def test_forwarded_headers(self):
        lines = '\n'.join(section(render(cluster_with()), 'frontend listener-443'))
        self.assertIn('set-header X-Forwarded-Proto https', lines)
        self.assertIn('set-header X-Forwarded-Port 443', lines)
        self.assertIn('set-header X-Forwarded-For "%[req.fhdr(x-forwarded-for)], %[src]"', lines)

    def test_load_balancer_cookie(self):
        lines = section(render(cluster_with()), 'backend management')
        self.assertIn('cookie AWSALB insert indirect nocache maxidle 3600s', lines)
        self.assertEqual(len([line for line in lines if re.match(r'server place-\d .* cookie [0-9a-f]{24}$', line)]), 2)

    def test_application_cookie(self):
        lines = section(render(cluster_with()), 'backend gateway')
        self.assertIn('stick store-response res.cook(JSESSIONID)', lines)
        self.assertIn('stick match req.cook(JSESSIONID)', lines)

    def test_health_check_and_its_speed(self):
        lines = section(render(cluster_with()), 'backend management')
        check = next(line for line in lines if line.startswith('http-check send'))
        self.assertIn("uri '/carbon/admin/login.jsp'", check)
        self.assertIn('ELB-HealthChecker/2.0', check)
        self.assertIn('http-check expect status 200-299', lines)
        words = next(line for line in lines if line.startswith('default-server'))
        self.assertIn(' inter 500ms rise 2 fall 2 check-ssl ssl verify none ', words)
        self.assertIn('port 9443', words)

    def test_back_side_follows_the_listeners_policy(self):
        words = next(line for line in section(render(cluster_with()), 'backend gateway')
                     if line.startswith('default-server'))
        self.assertIn('ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.3', words)

    def test_classic_back_side_has_no_elliptic_curves(self):
        classic = {'name': 'old', 'dnsName': 'old.example.com', 'type': 'classic', 'listeners': [
            {'port': 443, 'protocol': 'SSL', 'defaultAction': {'targetGroup': 'management'}}]}
        text = render(cluster_with([classic]))
        words = next(line for line in section(text, 'backend management') if line.startswith('default-server'))
        self.assertNotIn('ECDHE', words)
        self.assertIn(':AES128-SHA:', words)

    def test_weights(self):
        weighted = {'weighted': [{'targetGroup': 'gateway', 'weight': 3}, {'targetGroup': 'management'}]}
        one = {'name': 'w', 'dnsName': 'w.example.com', 'listeners': [{'port': 80, 'defaultAction': weighted}]}
        lines = section(render(cluster_with([one])), 'frontend listener-80')
        self.assertIn('http-request set-var(txn.dice) rand(4) if { var(txn.action) -m int 0 }', lines)
        uses = [line.split(' ', 2)[2] for line in lines if line.startswith('use_backend')]
        self.assertEqual([use[-6:] for use in uses], ['lt 3 }', 'lt 4 }'])

    def test_names_of_backends_differ_and_are_words(self):
        first = balancer_config.backend_name('arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/Mgt/0123')
        second = balancer_config.backend_name('arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/Mgt/0124')
        self.assertNotEqual(first, second)
        self.assertRegex(first, r'^Mgt-0123-[0-9a-f]{6}$')

    def test_wildcards(self):
        self.assertTrue(re.match(balancer_config.wildcard('*.a?c.com'), 'x.abc.com'))
        self.assertFalse(re.match(balancer_config.wildcard('*.a?c.com'), 'x.abcxcom'))

    @unittest.skipUnless(shutil.which('haproxy'), 'needs haproxy')
    def test_haproxy_takes_it(self):
        extra = [{'id': f'tcp-{kind}', 'port': 5672, 'protocol': kind, 'health': {'protocol': 'TCP'},
                  'stickiness': {'type': 'source_ip'}} for kind in ('TCP', 'TLS')]
        nlb = {'name': 'n', 'dnsName': 'n.example.com', 'type': 'network', 'listeners': [
            {'port': 5672, 'protocol': 'TCP', 'defaultAction': {'targetGroup': 'tcp-TCP'}},
            {'port': 5673, 'protocol': 'TLS', 'defaultAction': {'targetGroup': 'tcp-TLS'}}]}
        cluster = cluster_with([*sample.document('http://x')['loadBalancers'], nlb], extra)
        with tempfile.TemporaryDirectory() as folder:
            bundle = self.bundle(folder)
            for index, one in enumerate(cluster.loadBalancers):
                for listener in one.listeners:
                    for number, _ in enumerate(balancer_config.actions_of(listener)):
                        write_file(balancer_config.body_file(folder, listener, number), 'text')
                for group in cluster.targetGroups:
                    write_file(balancer_config.host_map(folder, group.id), '')
                path = os.path.join(folder, f'{index}.cfg')
                write_file(path, render(cluster, index, folder, {one.port: bundle for one in one.listeners}))
                done = subprocess.run(['haproxy', '-c', '-f', path], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn('WARNING', done.stderr)

    @staticmethod
    def bundle(folder):
        path = os.path.join(folder, 'bundle.pem')
        subprocess.run(f'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 1 -keyout {path}.key -out {path}'
                       f' 2> /dev/null && cat {path}.key >> {path}', shell=True, check=True)
        return path


class HealthTest(unittest.TestCase):
    group = document.TargetGroup(id='g', port=80, health=document.HealthCheck(interval=10, unhealthy=2))

    def state(self, age=1000.0, **row):
        return balancer.state_of({'status': 'DOWN', 'check_status': '', 'last_chk': '', 'check_code': '',
                                  'check_desc': '', **row}, self.group, age, 5)

    def test_healthy(self):
        self.assertEqual(self.state(status='UP'), ('healthy', None))
        self.assertEqual(self.state(status='UP 1/2'), ('healthy', None))

    def test_wrong_code(self):
        self.assertEqual(self.state(check_status='L7STS', check_code='404'),
                         ('unhealthy', 'Target.ResponseCodeMismatch (404)'))

    def test_timeout(self):
        self.assertEqual(self.state(check_status='L4TOUT', last_chk='timed out'),
                         ('unhealthy', 'Target.Timeout (timed out)'))

    def test_initial_until_checked_often_enough(self):
        self.assertEqual(self.state(age=1, check_status='L4CON')[0], 'initial')
        self.assertEqual(self.state(age=5, check_status='L4CON')[0], 'unhealthy')

    def test_going_up_is_not_unhealthy(self):
        self.assertEqual(self.state(status='DOWN 1/2', check_status='L7OK')[0], 'initial')

    def test_table(self):
        rows = balancer.parse_stat('# pxname,svname,status,\ng,FRONTEND,OPEN,\ng,place-1,UP,\n')
        self.assertEqual(list(rows), ['g/place-1'])


class PoliciesTest(unittest.TestCase):
    counts = {'TLS13-1-3-2021-06': 3, 'TLS13-1-2-Res-2021-06': 7, 'TLS13-1-2-2021-06': 11, '2016-08': 18,
              'TLS13-1-2-Ext1-2021-06': 15, 'TLS13-1-2-Ext2-2021-06': 21, 'TLS-1-2-2017-01': 12, 'FS-2018-06': 12,
              'FS-1-2-Res-2019-08': 8, 'FS-1-2-Res-2020-10': 4}

    def test_as_many_ciphers_as_aws_documents(self):
        for name, count in self.counts.items():
            self.assertEqual(len(tls_policies.front(name, 'application').ciphers), count, name)

    def test_post_quantum_twin(self):
        twin = tls_policies.front('ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', 'application')
        self.assertEqual(twin, tls_policies.FRONT['TLS13-1-2-Res-2021-06'])

    def test_back_side(self):
        self.assertEqual(tls_policies.back(['ELBSecurityPolicy-2016-08'], 'application').highest, '1.2')
        self.assertEqual(tls_policies.back([None, 'ELBSecurityPolicy-TLS13-1-3-2021-06'], 'network').highest, '1.3')

    def test_classic_exchanges_two(self):
        ciphers = tls_policies.front(None, 'classic').ciphers
        self.assertEqual(ciphers[10:12], ('ECDHE-RSA-AES256-SHA', 'ECDHE-ECDSA-AES256-SHA'))

    @unittest.skipUnless(shutil.which('openssl'), 'needs openssl')
    def test_openssl_knows_every_name(self):
        names = {name for policy in [*tls_policies.FRONT.values(), tls_policies.back([], 'classic')]
                 for name in policy.ciphers if not name.startswith('TLS_')}
        known = subprocess.run(['openssl', 'ciphers', ':'.join(sorted(names)) + ':@SECLEVEL=0'], capture_output=True,
                               text=True, check=True).stdout.strip().split(':')
        self.assertEqual(names - set(known), set())


if __name__ == '__main__':
    unittest.main()

import copy
import unittest

import document
from tests import sample


def cluster(**changes):
    return {**sample.document('http://127.0.0.1:5000'), **changes}


class ParseTest(unittest.TestCase):
    def test_sample(self):
        parsed = document.parse(cluster())
        self.assertEqual(parsed.dns, '10.0.0.2')
        self.assertEqual(parsed.hostname(parsed.nodes[0]), 'ip-10-0-1-11.ec2.internal')
        self.assertEqual(parsed.nodes[0].imds.httpTokens, 'required')
        self.assertEqual(parsed.subnet_of('10.0.2.7').zone, 'us-east-1b')

    def test_domain_of_other_regions(self):
        parsed = document.parse(cluster(region='eu-west-1'))
        self.assertEqual(parsed.hostname(parsed.nodes[0]), 'ip-10-0-1-11.eu-west-1.compute.internal')

    def refused(self, changes, message):
        with self.assertRaisesRegex(document.DocumentError, message):
            document.parse(changes)

    def test_unknown_field(self):
        self.refused(cluster(nodez=[]), r'cluster has no field nodez')

    def test_missing_field_names_its_place(self):
        broken = cluster()
        del broken['nodes'][1]['userData']
        self.refused(broken, r'cluster\.nodes\[1\]\.userData is missing')

    def test_wrong_type(self):
        broken = cluster()
        broken['targetGroups'][0]['port'] = '9443'
        self.refused(broken, r'targetGroups\[0\]\.port must be a int, not "9443"')

    def test_boolean_is_no_number(self):
        broken = cluster()
        broken['targetGroups'][0]['port'] = True
        self.refused(broken, r'port must be a int, not true')

    def test_address_outside_every_subnet(self):
        broken = cluster()
        broken['nodes'][0]['privateIp'] = '192.168.1.1'
        self.refused(broken, r'192\.168\.1\.1 is in none of the subnets')

    def test_address_twice(self):
        broken = cluster()
        broken['nodes'][1]['privateIp'] = broken['nodes'][0]['privateIp']
        self.refused(broken, r'privateIp 10\.0\.1\.11 is there twice')

    def test_action_must_be_one_thing(self):
        broken = copy.deepcopy(cluster())
        broken['loadBalancers'][0]['listeners'][0]['defaultAction']['targetGroup'] = 'gateway'
        self.refused(broken, r'exactly one of')

    def test_unknown_target_group(self):
        broken = copy.deepcopy(cluster())
        broken['loadBalancers'][0]['listeners'][0]['rules'][0]['action'] = {'targetGroup': 'nobody'}
        self.refused(broken, r'no target group nobody')

    def test_unknown_policy(self):
        broken = copy.deepcopy(cluster())
        broken['loadBalancers'][0]['listeners'][0]['sslPolicy'] = 'ELBSecurityPolicy-Imagined'
        self.refused(broken, r'ELBSecurityPolicy-Imagined is not known')

    def test_emulator_must_be_plain_http(self):
        self.refused(cluster(emulator={'url': 'https://127.0.0.1'}), r'must begin with http://')

    def test_database_needs_a_password(self):
        broken = cluster()
        del broken['databases'][0]['master']['password']
        self.refused(broken, r'master needs password or secretArn')


if __name__ == '__main__':
    unittest.main()

"""Network interfaces that nodes attach themselves, in the whole machine room. Needs what test_rehearsal.py needs."""

import time
import unittest

from tests import sample
from tests.driver import Emulator, Rehearsal, free_port
from tests.test_rehearsal import QUICK_SCRIPT, REASON, WAIT_FOR_ADDRESS

ADDRESS = '10.0.1.200'
CONFIGURE_BY_HAND = f'''
ip link set ens6 up
ip address replace {ADDRESS}/32 dev ens6
ip route replace 10.0.1.0/24 dev ens6 scope link src {ADDRESS} table 100
ip route replace default via 10.0.1.1 dev ens6 src {ADDRESS} table 100
ip rule add from {ADDRESS} lookup 100 priority 100
'''
#: amazon-ec2-net-utils asks the metadata service first, and takes the address off once more while it configures the interface.
CONFIGURED = f'for _ in $(seq 300); do ip rule | grep {ADDRESS} && ip -br -4 address show ens6 | grep {ADDRESS} && break; sleep 0.1; done'
SERVERS = ''.join(f'systemd-run -q --unit=port-{port} python3 -m http.server --bind 0.0.0.0 {port}\n' for port in (4000, 5701)) + 'sleep 1'


class TwoInstances(unittest.TestCase):
    """Two instances of the EC2 API are the nodes; the tests of a class follow one another in one run."""

    configured_by = 'amazon-ec2-net-utils'

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(free_port())
        cls.addClassCleanup(cls.emulator.stop)
        cls.ec2 = cls.emulator.client('ec2')
        cls.make_network()
        instances = [cls.run_instance() for _ in range(2)]
        document = sample.document(cls.emulator.url, 2)
        document['network'].update(reserved=[ADDRESS], configuredBy=cls.configured_by)
        document.update(databases=[], loadBalancers=[], targetGroups=[], names=[], nodes=[
            cls.node(number, instance) for number, instance in enumerate(instances, 1)])
        document['securityGroups'] += [{'id': cls.group, 'name': 'interface', 'ingress': [{'fromPort': 4000, 'groups': ['sg-nodes']}]}]
        cls.run_ = Rehearsal(document)
        cls.addClassCleanup(cls.run_.end)
        cls.run_.boot()

    @classmethod
    def make_network(cls):
        vpc = cls.ec2.create_vpc(CidrBlock='10.0.0.0/16')['Vpc']['VpcId']
        cls.subnet = cls.ec2.create_subnet(VpcId=vpc, CidrBlock='10.0.1.0/24', AvailabilityZone='us-east-1a')['Subnet']['SubnetId']
        cls.group = cls.ec2.create_security_group(GroupName='interface', Description='x', VpcId=vpc)['GroupId']
        made = cls.ec2.create_network_interface(SubnetId=cls.subnet, PrivateIpAddress=ADDRESS, Groups=[cls.group])['NetworkInterface']
        cls.interface, cls.mac = made['NetworkInterfaceId'], made['MacAddress']

    @classmethod
    def run_instance(cls):
        return cls.ec2.run_instances(ImageId='ami-12345678', MinCount=1, MaxCount=1, SubnetId=cls.subnet)['Instances'][0]

    @staticmethod
    def node(number, instance):
        return sample.node(number, instanceId=instance['InstanceId'], privateIp=instance['PrivateIpAddress'], userData=QUICK_SCRIPT)

    def attach(self, node):
        said = self.run_.shell(node, f'aws ec2 attach-network-interface --region us-east-1 --network-interface-id {self.interface} '
                                     '--instance-id "$(cloud-init query instance_id)" --device-index 1 --output text 2>&1')
        self.assertIn('eni-attach-', said)

    def state(self):
        return self.ec2.describe_network_interfaces(NetworkInterfaceIds=[self.interface])['NetworkInterfaces'][0]

    def answers(self, port, node='node-2'):
        return self.run_.shell(node, f'curl -s -o /dev/null -m 2 -w "%{{http_code}}" http://{ADDRESS}:{port}/') == '200'

    def node_id(self, name):
        return self.run_.of('node', name=name)[0]['node']


@unittest.skipIf(REASON, REASON)
class AmazonLinuxTest(TwoInstances):
    """An image of Amazon Linux 2023: amazon-ec2-net-utils configures what is attached."""

    def test_1_attached_it_is_configured_as_on_amazon_linux(self):
        self.attach('node-1')
        self.run_.wait_for('interface', timeout=10, interface=self.interface, state='plugged')
        said = self.run_.shell('node-1', CONFIGURED + '; cat /sys/class/net/ens6/address')
        self.assertIn(f'from {ADDRESS} lookup 10001', said)
        self.assertIn(f'{ADDRESS}/24', said)
        self.assertIn(self.mac, said)
        told = self.run_.shell('node-1', f'''
            token=$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 30' http://169.254.169.254/latest/api/token)
            curl -s -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/network/interfaces/macs/{self.mac}/local-ipv4s
            curl -s -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/network/interfaces/macs/{self.mac}/security-group-ids
            ''')
        self.assertEqual(told, f'{ADDRESS}{self.group}')

    def test_2_it_is_reached_as_its_own_groups_say(self):
        self.run_.shell('node-1', SERVERS)
        self.assertTrue(self.answers(4000))
        self.assertFalse(self.answers(5701), 'the group of the first interface would let it in')
        self.assertIn({'at': self.state()['Attachment']['InstanceId'], 'from': self.node_id('node-2'), 'port': 5701},
                      self.run_.command('summary')['blocked'])

    def test_3_answers_must_not_leave_by_the_first_interface(self):
        self.run_.shell('node-1', f'ip rule del from {ADDRESS}')
        self.assertFalse(self.answers(4000))
        self.assertEqual(self.run_.command('summary')['strayed'], [{'at': self.node_id('node-1'), 'address': ADDRESS}])

    def test_4_after_a_reboot_it_is_configured_again(self):
        self.run_.command('reboot', node='node-1')
        self.run_.command('wait', nodes=['node-1'], timeout=60)
        said = self.run_.shell('node-1', CONFIGURED + '; ip rule')
        self.assertIn(f'{ADDRESS}/24', said)
        self.assertIn('lookup main', said)

    def test_5_detached_it_is_gone_and_another_may_have_it(self):
        self.run_.shell('node-1', 'aws ec2 detach-network-interface --region us-east-1 --force --attachment-id '
                        + self.state()['Attachment']['AttachmentId'])
        self.run_.wait_for('interface', timeout=10, interface=self.interface, state='unplugged')
        self.assertIn('does not exist', self.run_.shell('node-1', 'ip link show ens6 2>&1'))
        self.attach('node-2')
        self.assertIn(ADDRESS, self.run_.shell('node-2', WAIT_FOR_ADDRESS.format(address=ADDRESS)))

    def test_6_an_instance_that_ends_lets_go_of_it(self):
        fresh = self.run_instance()
        changes = {'instanceId': fresh['InstanceId'], 'privateIp': fresh['PrivateIpAddress']}
        self.assertIn('in use', self.run_.shell('node-1', f'aws ec2 attach-network-interface --region us-east-1 --device-index 1 '
                                                f'--network-interface-id {self.interface} --instance-id {self.node_id("node-1")} 2>&1'))
        self.run_.command('replace', node='node-2', changes=changes)
        self.assertEqual(self.state()['Status'], 'available')
        self.run_.command('wait', nodes=['node-2'], timeout=60)
        self.attach('node-2')
        self.run_.shell('node-2', CONFIGURED + '\nsystemd-run -q python3 -m http.server --bind 0.0.0.0 4000; sleep 1')
        self.assertTrue(self.answers(4000, 'node-1'))

    def test_7_an_instance_that_the_api_terminated_has_lost_it(self):
        third = self.run_instance()
        self.ec2.terminate_instances(InstanceIds=[self.run_.of('interface', state='plugged')[-1]['node']])
        self.run_.command('launch', node=self.node(3, third))
        self.run_.command('wait', nodes=['node-3'], timeout=60)
        self.attach('node-3')
        time.sleep(1)
        self.assertIn('ens6', self.run_.shell('node-3', 'ip -br link'))
        self.assertNotIn('ens6', self.run_.shell('node-2', 'ip -br link'))


@unittest.skipIf(REASON, REASON)
class NetplanTest(TwoInstances):
    """An image of Ubuntu: nobody configures an interface that is attached, and networkd removes the rules of others."""

    configured_by = 'netplan'

    def test_1_attached_it_is_there_and_nothing_is_configured(self):
        self.attach('node-1')
        self.run_.wait_for('interface', timeout=10, interface=self.interface, state='plugged')
        link = self.run_.shell('node-1', 'sleep 3; ip -br link show ens6; ip -br address show ens6')
        self.assertIn('DOWN', link)
        self.assertNotIn(ADDRESS, link)

    def test_2_configured_by_hand_it_is_reached(self):
        self.run_.shell('node-1', CONFIGURE_BY_HAND + SERVERS)
        self.assertTrue(self.answers(4000))

    def test_3_netplan_apply_removes_the_rule(self):
        said = self.run_.shell('node-1', 'netplan apply; sleep 2; ip rule; ip -br -4 address show ens6')
        self.assertNotIn(f'from {ADDRESS}', said)
        self.assertIn(ADDRESS, said)
        self.assertFalse(self.answers(4000))


if __name__ == '__main__':
    unittest.main()

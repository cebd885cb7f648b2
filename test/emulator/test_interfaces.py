"""Network interfaces: addresses of their own, and attachments that move from instance to instance, through the API."""

import unittest

from botocore.exceptions import ClientError

from emulated import REGION, StackTest, att, client, network, ref, resource
from test_compute import launch_template, profile, scaling_group

INSTANCE = {'ImageId': 'ami-12345678', 'SubnetId': ref('Subnet0')}


def group(name):
    return resource('EC2::SecurityGroup', {'VpcId': ref('Vpc'), 'GroupDescription': 'a group', 'GroupName': name})


def interface(**properties):
    return resource('EC2::NetworkInterface', {'SubnetId': ref('Subnet0'), **properties})


def described(interface_id):
    return client('ec2').describe_network_interfaces(NetworkInterfaceIds=[interface_id])['NetworkInterfaces'][0]


def attach(interface_id, instance_id, index=1):
    return client('ec2').attach_network_interface(
        NetworkInterfaceId=interface_id, InstanceId=instance_id, DeviceIndex=index)['AttachmentId']


class Addresses(StackTest):
    def test_nobody_else_gets_the_address_of_an_interface(self):
        interfaces = {f'E{index}': interface() for index in range(3)}
        instances = {f'I{index}': resource('EC2::Instance', INSTANCE) for index in range(3)}
        narrow = {'Subnet0': resource('EC2::Subnet', {'VpcId': ref('Vpc'), 'CidrBlock': '10.0.0.0/28'})}
        outputs = self.create(
            {**network(1), **narrow, 'Fixed': interface(PrivateIpAddress='10.0.0.4'), **interfaces, **instances},
            {**{name: att(name, 'PrimaryPrivateIpAddress') for name in ('Fixed', *interfaces)},
             **{name: att(name, 'PrivateIp') for name in instances}})
        self.assertEqual(outputs['Fixed'], '10.0.0.4')
        self.assertEqual(len(set(outputs.values())), 7, outputs)
        self.assertTrue(all(4 <= int(each.split('.')[3]) <= 14 for each in outputs.values()), outputs)

    def test_reserved_addresses_go_to_whoever_asks_for_one(self):
        outputs = self.create({
            **network(), 'Kept': resource('EC2::SubnetCidrReservation', {
                'SubnetId': ref('Subnet0'), 'Cidr': '10.0.0.0/28', 'ReservationType': 'explicit'}),
            'I': resource('EC2::Instance', INSTANCE, DependsOn='Kept'), 'E': resource('EC2::NetworkInterface', {
                'SubnetId': ref('Subnet0'), 'PrivateIpAddress': '10.0.0.10'}, DependsOn='Kept'),
        }, {'I': att('I', 'PrivateIp'), 'E': att('E', 'PrimaryPrivateIpAddress'), 'Kept': ref('Kept')})
        self.assertEqual((outputs['I'], outputs['E']), ('10.0.0.16', '10.0.0.10'))
        self.assertRegex(outputs['Kept'], '^scr-')

    def test_an_address_that_is_taken_or_elsewhere_is_refused(self):
        taken = {'A': interface(PrivateIpAddress='10.0.0.9'), 'B': interface(PrivateIpAddress='10.0.0.9', Description=ref('A'))}
        self.assertIn('Address 10.0.0.9 is in use', self.why_failed(self.start({**network(), **taken})))
        elsewhere = {'A': interface(PrivateIpAddress='10.0.7.9')}
        self.assertIn("does not fall within the subnet's address range", self.why_failed(self.start({**network(), **elsewhere})))

    def test_the_address_of_a_deleted_interface_is_free(self):
        outputs = self.create({**network(), 'E': interface(PrivateIpAddress='10.0.0.30')}, {'E': ref('E'), 'Subnet': ref('Subnet0')})
        ec2, wanted = client('ec2'), {'SubnetId': outputs['Subnet'], 'PrivateIpAddress': '10.0.0.30'}
        with self.assertRaisesRegex(ClientError, 'InvalidIPAddress.InUse'):
            ec2.create_network_interface(**wanted)
        ec2.delete_network_interface(NetworkInterfaceId=outputs['E'])
        self.assertEqual(ec2.create_network_interface(**wanted)['NetworkInterface']['PrivateIpAddress'], '10.0.0.30')


class Attachments(StackTest):
    def setUp(self):
        self.outputs = self.create({
            **network(), 'Own': group(f'own-{self.id()}'), 'Other': group(f'other-{self.id()}'),
            'E': interface(GroupSet=[att('Own', 'GroupId')], Tags=[{'Key': 'member', 'Value': '1'}]),
            'Old': resource('EC2::Instance', {**INSTANCE, 'SecurityGroupIds': [att('Other', 'GroupId')]}),
            'New': resource('EC2::Instance', INSTANCE), 'Far': resource('EC2::Instance', {**INSTANCE, 'SubnetId': ref('Subnet1')}),
        }, {name: ref(name) for name in ('E', 'Old', 'New', 'Far')} | {'Own': att('Own', 'GroupId'), 'Other': att('Other', 'GroupId')})
        self.ec2 = client('ec2')

    def refused(self, call, **arguments):
        with self.assertRaises(ClientError) as raised:
            getattr(self.ec2, call)(**arguments)
        return raised.exception.response['Error']['Code']

    def test_attached_it_is_to_be_seen_on_both_sides(self):
        outputs = self.outputs
        attachment = attach(outputs['E'], outputs['Old'])
        read = described(outputs['E'])
        self.assertEqual(read['Status'], 'in-use')
        self.assertEqual({key: read['Attachment'][key] for key in ('AttachmentId', 'InstanceId', 'DeviceIndex', 'Status')},
                         {'AttachmentId': attachment, 'InstanceId': outputs['Old'], 'DeviceIndex': 1, 'Status': 'attached'})
        instance = self.ec2.describe_instances(InstanceIds=[outputs['Old']])['Reservations'][0]['Instances'][0]
        own = {each['Attachment']['DeviceIndex']: each for each in instance['NetworkInterfaces']}
        self.assertEqual((own[1]['NetworkInterfaceId'], own[1]['MacAddress']), (outputs['E'], read['MacAddress']))
        self.assertEqual(instance['PrivateIpAddress'], own[0]['PrivateIpAddress'])

    def test_its_groups_are_its_own(self):
        attach(self.outputs['E'], self.outputs['Old'])
        self.assertEqual([each['GroupId'] for each in described(self.outputs['E'])['Groups']], [self.outputs['Own']])
        primary = self.ec2.describe_network_interfaces(Filters=[
            {'Name': 'attachment.instance-id', 'Values': [self.outputs['Old']]},
            {'Name': 'attachment.device-index', 'Values': ['0']}])['NetworkInterfaces']
        self.assertEqual([each['GroupId'] for each in primary[0]['Groups']], [self.outputs['Other']])

    def test_found_by_tag_and_status(self):
        filters = [{'Name': 'tag:member', 'Values': ['1']}, {'Name': 'network-interface-id', 'Values': [self.outputs['E']]}]
        attach(self.outputs['E'], self.outputs['Old'])
        for status, found in (('in-use', 1), ('available', 0)):
            read = self.ec2.describe_network_interfaces(Filters=[*filters, {'Name': 'status', 'Values': [status]}])
            self.assertEqual(len(read['NetworkInterfaces']), found, status)

    def test_whoever_has_it_keeps_it_until_it_is_detached(self):
        outputs, wanted = self.outputs, {'NetworkInterfaceId': self.outputs['E'], 'InstanceId': self.outputs['New'], 'DeviceIndex': 1}
        attachment = attach(outputs['E'], outputs['Old'])
        self.assertEqual(self.refused('attach_network_interface', **wanted), 'InvalidNetworkInterface.InUse')
        self.assertEqual(self.refused('delete_network_interface', NetworkInterfaceId=outputs['E']), 'InvalidNetworkInterface.InUse')
        self.ec2.detach_network_interface(AttachmentId=attachment, Force=True)
        read = described(outputs['E'])
        self.assertEqual((read['Status'], 'Attachment' in read), ('available', False))
        attach(outputs['E'], outputs['New'])
        self.assertEqual(described(outputs['E'])['Attachment']['InstanceId'], outputs['New'])

    def test_not_where_it_cannot_be(self):
        outputs = self.outputs
        wanted = {'NetworkInterfaceId': outputs['E'], 'InstanceId': outputs['New']}
        self.assertEqual(self.refused('attach_network_interface', **wanted, DeviceIndex=0), 'InvalidParameterValue')
        self.assertEqual(self.refused('attach_network_interface', **{**wanted, 'InstanceId': outputs['Far']}, DeviceIndex=1),
                         'InvalidParameterCombination')
        self.ec2.terminate_instances(InstanceIds=[outputs['New']])
        self.assertEqual(self.refused('attach_network_interface', **wanted, DeviceIndex=1), 'IncorrectState')

    def test_the_primary_one_stays(self):
        primary = self.ec2.describe_network_interfaces(Filters=[
            {'Name': 'attachment.instance-id', 'Values': [self.outputs['Old']]}])['NetworkInterfaces'][0]
        attach(self.outputs['E'], self.outputs['Old'])
        self.assertEqual(self.refused('detach_network_interface', AttachmentId=primary['Attachment']['AttachmentId']), 'OperationNotPermitted')

    def test_free_again_when_its_instance_is_terminated(self):
        outputs = self.outputs
        attach(outputs['E'], outputs['Old'])
        self.ec2.terminate_instances(InstanceIds=[outputs['Old']])
        self.assertEqual(described(outputs['E'])['Status'], 'available')
        left = self.ec2.describe_network_interfaces(Filters=[{'Name': 'attachment.instance-id', 'Values': [outputs['Old']]}])
        self.assertEqual(left['NetworkInterfaces'], [])
        attach(outputs['E'], outputs['New'])

    def test_free_again_when_its_group_replaces_its_instance(self):
        outputs = self.create({
            **network(1), **profile(), 'Template': launch_template(), 'E': interface(),
            'Asg': scaling_group(MinSize='1', MaxSize='1', VPCZoneIdentifier=[ref('Subnet0')]),
        }, {'Asg': ref('Asg'), 'E': ref('E'), 'Address': att('E', 'PrimaryPrivateIpAddress')})
        first = self.member(outputs['Asg'])
        attach(outputs['E'], first)
        client('autoscaling').terminate_instance_in_auto_scaling_group(InstanceId=first, ShouldDecrementDesiredCapacity=False)
        second = self.member(outputs['Asg'])
        self.assertNotEqual(first, second)
        self.assertEqual(described(outputs['E'])['Status'], 'available')
        attach(outputs['E'], second)
        self.assertEqual(described(outputs['E'])['PrivateIpAddress'], outputs['Address'])

    def member(self, name):
        groups = client('autoscaling').describe_auto_scaling_groups(AutoScalingGroupNames=[name])['AutoScalingGroups']
        return groups[0]['Instances'][0]['InstanceId']


if __name__ == '__main__':
    unittest.main()

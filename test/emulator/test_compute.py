"""EC2 and auto scaling, read back through the API."""

import base64
import unittest
from collections import Counter

from botocore.exceptions import ClientError

from emulated import REGION, StackTest, att, client, network, ref, resource

USER_DATA = {'Fn::Base64': {'Fn::Join': ['', ['#!/bin/bash\n# ', ref('Vpc'), '\n']]}}


def group(name, **properties):
    return resource('EC2::SecurityGroup', {'VpcId': ref('Vpc'), 'GroupDescription': 'a group', 'GroupName': name, **properties})


def profile():
    role = resource('IAM::Role', {'AssumeRolePolicyDocument': {'Version': '2012-10-17', 'Statement': []}})
    return {'Role': role, 'Profile': resource('IAM::InstanceProfile', {'Roles': [ref('Role')]})}


def launch_template(**data):
    return resource('EC2::LaunchTemplate', {'LaunchTemplateData': {
        'ImageId': 'ami-12345678', 'InstanceType': 'm6i.large', 'UserData': USER_DATA,
        'IamInstanceProfile': {'Arn': att('Profile', 'Arn')},
        'MetadataOptions': {'HttpTokens': 'required', 'HttpPutResponseHopLimit': 1, 'InstanceMetadataTags': 'enabled'},
        'BlockDeviceMappings': [{'DeviceName': '/dev/xvda', 'Ebs': {'VolumeSize': 30, 'VolumeType': 'gp3', 'Encrypted': True}}],
        'TagSpecifications': [
            {'ResourceType': 'instance', 'Tags': [{'Key': 'cluster', 'Value': 'one'}, {'Key': 'Name', 'Value': 'of the template'}]},
            {'ResourceType': 'volume', 'Tags': [{'Key': 'cluster', 'Value': 'one'}]}],
        **data}})


def version_of(template):
    return {'LaunchTemplateId': ref(template), 'Version': att(template, 'LatestVersionNumber')}


def scaling_group(**properties):
    return resource('AutoScaling::AutoScalingGroup', {
        'MinSize': '3', 'MaxSize': '4', 'VPCZoneIdentifier': [ref('Subnet0'), ref('Subnet1')],
        'LaunchTemplate': version_of('Template'), **properties})


def instances(ids):
    answer = client('ec2').describe_instances(InstanceIds=ids)
    return [each for reservation in answer['Reservations'] for each in reservation['Instances']]


def tags_of(thing):
    return {tag['Key']: tag['Value'] for tag in thing.get('Tags', [])}


class SecurityGroups(StackTest):
    def read(self, group_id):
        return client('ec2').describe_security_groups(GroupIds=[group_id])['SecurityGroups'][0]

    def test_rules_inside_a_group(self):
        outputs = self.create({**network(), 'G': group(
            'inside',
            SecurityGroupIngress=[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'CidrIp': '10.0.0.0/8', 'Description': 'in'}],
            SecurityGroupEgress=[{'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, 'CidrIp': '0.0.0.0/0', 'Description': 'out'}])},
            {'G': ref('G')})
        read = self.read(outputs['G'])
        self.assertEqual(read['IpPermissions'][0]['IpRanges'], [{'CidrIp': '10.0.0.0/8', 'Description': 'in'}])
        self.assertEqual([(rule['IpProtocol'], rule['FromPort'], rule['IpRanges']) for rule in read['IpPermissionsEgress']],
                         [('tcp', 80, [{'CidrIp': '0.0.0.0/0', 'Description': 'out'}])])

    def test_rules_of_their_own_between_groups(self):
        outputs = self.create({
            **network(), 'A': group('a'), 'B': group('b'),
            'In': resource('EC2::SecurityGroupIngress', {
                'GroupId': att('B', 'GroupId'), 'SourceSecurityGroupId': att('A', 'GroupId'), 'IpProtocol': 'tcp', 'FromPort': 5701,
                'ToPort': 5708, 'Description': 'in'}),
            'Out': resource('EC2::SecurityGroupEgress', {
                'GroupId': att('A', 'GroupId'), 'DestinationSecurityGroupId': att('B', 'GroupId'), 'IpProtocol': 'tcp',
                'FromPort': 5701, 'ToPort': 5708}),
        }, {'A': att('A', 'GroupId'), 'B': att('B', 'GroupId'), 'Rule': ref('Out')})
        inward, = self.read(outputs['B'])['IpPermissions']
        self.assertEqual((inward['FromPort'], inward['ToPort']), (5701, 5708))
        self.assertEqual(inward['UserIdGroupPairs'][0]['GroupId'], outputs['A'])
        outward, = self.read(outputs['A'])['IpPermissionsEgress']  # the egress to everywhere is gone
        self.assertEqual(outward['UserIdGroupPairs'][0]['GroupId'], outputs['B'])
        rules = client('ec2').describe_security_group_rules(SecurityGroupRuleIds=[outputs['Rule']])['SecurityGroupRules']
        self.assertEqual([rule['IsEgress'] for rule in rules], [True])

    def test_without_egress_rules_everything_may_leave(self):
        outputs = self.create({**network(), 'G': group('open')}, {'G': ref('G')})
        self.assertEqual(self.read(outputs['G'])['IpPermissionsEgress'][0]['IpProtocol'], '-1')


class Instances(StackTest):
    def test_instance_with_a_launch_template(self):
        outputs = self.create({
            **network(), **profile(), 'G': group('of-instance'), 'Template': launch_template(),
            'I': resource('EC2::Instance', {
                'LaunchTemplate': version_of('Template'), 'SubnetId': ref('Subnet1'), 'SecurityGroupIds': [att('G', 'GroupId')],
                'Tags': [{'Key': 'Name', 'Value': 'of the instance'}]}),
        }, {'Id': ref('I'), 'G': att('G', 'GroupId'), 'Vpc': ref('Vpc'), 'Profile': att('Profile', 'Arn')})
        read, = instances([outputs['Id']])
        self.assertEqual(read['SecurityGroups'], [{'GroupId': outputs['G'], 'GroupName': 'of-instance'}])
        self.assertEqual(read['NetworkInterfaces'][0]['Groups'][0]['GroupId'], outputs['G'])
        self.assertEqual(read['Placement']['AvailabilityZone'], f'{REGION}b')
        self.assertEqual((read['InstanceType'], read['ImageId']), ('m6i.large', 'ami-12345678'))
        self.assertEqual(read['MetadataOptions']['HttpTokens'], 'required')
        self.assertEqual(read['IamInstanceProfile']['Arn'], outputs['Profile'])
        self.assertEqual((tags_of(read)['Name'], tags_of(read)['cluster']), ('of the instance', 'one'))
        self.assertNotIn('PublicIpAddress', read)
        data = client('ec2').describe_instance_attribute(InstanceId=outputs['Id'], Attribute='userData')['UserData']['Value']
        self.assertEqual(base64.b64decode(data).decode(), f'#!/bin/bash\n# {outputs["Vpc"]}\n')

    def test_plain_instance_with_interfaces(self):
        outputs = self.create({
            **network(), **profile(), 'G': group('of-interfaces'),
            'Second': resource('EC2::NetworkInterface', {
                'SubnetId': ref('Subnet0'), 'GroupSet': [att('G', 'GroupId')], 'PrivateIpAddress': '10.0.0.50',
                'Tags': [{'Key': 'Name', 'Value': 'second'}]}),
            'I': resource('EC2::Instance', {
                'ImageId': 'ami-12345678', 'InstanceType': 't3.small', 'IamInstanceProfile': ref('Profile'),
                'NetworkInterfaces': [
                    {'DeviceIndex': '0', 'SubnetId': ref('Subnet0'), 'GroupSet': [att('G', 'GroupId')],
                     'AssociatePublicIpAddress': True},
                    {'DeviceIndex': '1', 'NetworkInterfaceId': ref('Second')}]}),
        }, {'Id': ref('I'), 'G': att('G', 'GroupId'), 'Second': ref('Second')})
        read, = instances([outputs['Id']])
        self.assertEqual([each['GroupId'] for each in read['SecurityGroups']], [outputs['G']])
        self.assertIn('PublicIpAddress', read)
        second = next(each for each in read['NetworkInterfaces'] if each['NetworkInterfaceId'] == outputs['Second'])
        self.assertEqual(second['PrivateIpAddress'], '10.0.0.50')
        self.assertIn(':instance-profile/', read['IamInstanceProfile']['Arn'])
        interface = client('ec2').describe_network_interfaces(NetworkInterfaceIds=[outputs['Second']])['NetworkInterfaces'][0]
        self.assertEqual(interface['Groups'][0]['GroupName'], 'of-interfaces')
        self.assertIn({'Key': 'Name', 'Value': 'second'}, interface['TagSet'])

    def test_interface_attached_by_a_resource(self):
        outputs = self.create({
            **network(),
            'E': resource('EC2::NetworkInterface', {'SubnetId': ref('Subnet0')}),
            'I': resource('EC2::Instance', {'ImageId': 'ami-12345678', 'SubnetId': ref('Subnet0')}),
            'A': resource('EC2::NetworkInterfaceAttachment', {
                'NetworkInterfaceId': ref('E'), 'InstanceId': ref('I'), 'DeviceIndex': '1'}),
        }, {'I': ref('I'), 'E': att('E', 'Id'), 'A': att('A', 'AttachmentId')})
        read, = instances([outputs['I']])
        self.assertIn((outputs['E'], outputs['A']),
                      [(each['NetworkInterfaceId'], each['Attachment']['AttachmentId']) for each in read['NetworkInterfaces']])

    def test_subnet_may_give_public_addresses(self):
        subnet = resource('EC2::Subnet', {'VpcId': ref('Vpc'), 'CidrBlock': '10.0.9.0/24', 'MapPublicIpOnLaunch': True})
        outputs = self.create({
            **network(), 'Public': subnet, 'I': resource('EC2::Instance', {'ImageId': 'ami-12345678', 'SubnetId': ref('Public')}),
        }, {'I': ref('I')})
        self.assertIn('PublicIpAddress', instances([outputs['I']])[0])

    def test_tags_of_addresses_gateways_and_endpoints(self):
        tags = [{'Key': 'Name', 'Value': 'mine'}]
        outputs = self.create({
            **network(),
            'Ip': resource('EC2::EIP', {'Domain': 'vpc', 'Tags': tags}),
            'Nat': resource('EC2::NatGateway', {'SubnetId': ref('Subnet0'), 'AllocationId': att('Ip', 'AllocationId'), 'Tags': tags}),
            'End': resource('EC2::VPCEndpoint', {
                'VpcId': ref('Vpc'), 'ServiceName': f'com.amazonaws.{REGION}.ssm', 'VpcEndpointType': 'Interface',
                'SubnetIds': [ref('Subnet0')], 'Tags': tags}),
        }, {'Ip': ref('Ip'), 'Nat': att('Nat', 'NatGatewayId'), 'End': ref('End')})
        ec2 = client('ec2')
        self.assertIn(tags[0], ec2.describe_addresses(PublicIps=[outputs['Ip']])['Addresses'][0]['Tags'])
        self.assertIn(tags[0], ec2.describe_nat_gateways(NatGatewayIds=[outputs['Nat']])['NatGateways'][0]['Tags'])
        self.assertIn(tags[0], ec2.describe_vpc_endpoints(VpcEndpointIds=[outputs['End']])['VpcEndpoints'][0]['Tags'])


class AutoScaling(StackTest):
    def make(self, template, **properties):
        outputs = self.create({
            **network(), **profile(), 'G': group('of-scaling'), 'Template': template, 'Asg': scaling_group(**properties),
        }, {'Asg': ref('Asg'), 'G': att('G', 'GroupId'), 'Profile': att('Profile', 'Arn')})
        return outputs, self.members(outputs['Asg'])

    def members(self, name):
        answer = client('autoscaling').describe_auto_scaling_groups(AutoScalingGroupNames=[name])['AutoScalingGroups'][0]
        return instances([each['InstanceId'] for each in answer['Instances']])

    def test_instances_spread_over_the_zones(self):
        outputs, members = self.make(launch_template())
        self.assertEqual(Counter(each['Placement']['AvailabilityZone'] for each in members), {f'{REGION}a': 2, f'{REGION}b': 1})
        client('autoscaling').set_desired_capacity(AutoScalingGroupName=outputs['Asg'], DesiredCapacity=4)
        more = self.members(outputs['Asg'])
        self.assertEqual(Counter(each['Placement']['AvailabilityZone'] for each in more), {f'{REGION}a': 2, f'{REGION}b': 2})

    def test_instances_are_as_the_launch_template_says(self):
        outputs, members = self.make(
            launch_template(NetworkInterfaces=[{
                'DeviceIndex': 0, 'AssociatePublicIpAddress': False, 'Groups': [att('G', 'GroupId')]}]))
        for each in members:
            self.assertEqual(each['SecurityGroups'], [{'GroupId': outputs['G'], 'GroupName': 'of-scaling'}])
            self.assertEqual(each['IamInstanceProfile']['Arn'], outputs['Profile'])
            self.assertEqual(each['MetadataOptions']['HttpTokens'], 'required')
            self.assertEqual(each['MetadataOptions']['InstanceMetadataTags'], 'enabled')
            self.assertEqual((each['InstanceType'], each['ImageId']), ('m6i.large', 'ami-12345678'))
            self.assertNotIn('PublicIpAddress', each)
            self.check_disk(each)

    def check_disk(self, instance):
        mapping, = instance['BlockDeviceMappings']
        volume, = client('ec2').describe_volumes(VolumeIds=[mapping['Ebs']['VolumeId']])['Volumes']
        self.assertEqual((mapping['DeviceName'], volume['Size'], volume['VolumeType'], volume['Encrypted']),
                         ('/dev/xvda', 30, 'gp3', True))
        self.assertEqual(tags_of(volume)['cluster'], 'one')

    def test_tags_come_from_template_group_and_stack(self):
        outputs, members = self.make(launch_template(SecurityGroupIds=[att('G', 'GroupId')]), Tags=[
            {'Key': 'Name', 'Value': 'of the group', 'PropagateAtLaunch': True},
            {'Key': 'kept', 'Value': 'back', 'PropagateAtLaunch': False}])
        tags = tags_of(members[0])
        self.assertEqual((tags['cluster'], tags['Name']), ('one', 'of the group'))
        self.assertEqual((tags['aws:cloudformation:stack-name'], tags['aws:cloudformation:logical-id']), (self.stack, 'Asg'))
        self.assertEqual(tags['aws:autoscaling:groupName'], outputs['Asg'])
        self.assertNotIn('kept', tags)

    def test_discovery_by_tag_and_group_name(self):
        _, members = self.make(launch_template(SecurityGroupIds=[att('G', 'GroupId')]))
        found = client('ec2').describe_instances(Filters=[
            {'Name': 'instance.group-name', 'Values': ['of-scaling']}, {'Name': 'tag:aws:cloudformation:stack-name', 'Values': [self.stack]},
            {'Name': 'instance-state-name', 'Values': ['running']}])['Reservations']
        self.assertEqual({each['InstanceId'] for reservation in found for each in reservation['Instances']},
                         {each['InstanceId'] for each in members})

    def test_policies_and_hooks(self):
        outputs = self.create({
            **network(), **profile(), 'Template': launch_template(), 'Asg': scaling_group(),
            'Policy': resource('AutoScaling::ScalingPolicy', {
                'AutoScalingGroupName': ref('Asg'), 'PolicyType': 'TargetTrackingScaling', 'TargetTrackingConfiguration': {
                    'PredefinedMetricSpecification': {'PredefinedMetricType': 'ASGAverageCPUUtilization'}, 'TargetValue': 60}}),
            'Hook': resource('AutoScaling::LifecycleHook', {
                'AutoScalingGroupName': ref('Asg'), 'LifecycleTransition': 'autoscaling:EC2_INSTANCE_TERMINATING',
                'HeartbeatTimeout': 120, 'DefaultResult': 'CONTINUE'}),
        }, {'Asg': ref('Asg'), 'Policy': ref('Policy'), 'Hook': ref('Hook')})
        autoscaling = client('autoscaling')
        policy, = autoscaling.describe_policies(AutoScalingGroupName=outputs['Asg'])['ScalingPolicies']
        self.assertEqual((policy['PolicyARN'], policy['TargetTrackingConfiguration']['TargetValue']), (outputs['Policy'], 60.0))
        hook, = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=outputs['Asg'])['LifecycleHooks']
        self.assertEqual((hook['LifecycleHookName'], hook['HeartbeatTimeout'], hook['DefaultResult']), (outputs['Hook'], 120, 'CONTINUE'))
        self.assertNotIn('NotificationTargetARN', hook)
        of_hook = {'AutoScalingGroupName': outputs['Asg'], 'LifecycleHookName': outputs['Hook']}
        member = self.members(outputs['Asg'])[0]['InstanceId']
        autoscaling.complete_lifecycle_action(**of_hook, LifecycleActionResult='CONTINUE', InstanceId=member)
        autoscaling.record_lifecycle_action_heartbeat(**of_hook, InstanceId=member)
        with self.assertRaisesRegex(ClientError, 'No active Lifecycle Action'):
            autoscaling.complete_lifecycle_action(**{**of_hook, 'LifecycleHookName': 'None'}, LifecycleActionResult='CONTINUE')


if __name__ == '__main__':
    unittest.main()

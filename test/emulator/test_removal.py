"""What changes in place before a stack goes, and how it goes: in order, with what is to stay, and with a sentence when it cannot."""

import io
import json
import time
import unittest
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError

from emulated import StackTest, att, client, network, ref, resource
from test_rolling import HOOK, scaling_group, template

LIBRARY = Path(__file__).parents[2] / 'lib'
ROTATION = LIBRARY / 'access' / 'rotation' / 'function' / 'index.js'
PROTECTING = LIBRARY / 'protection' / 'handler' / 'function' / 'index.js'
PROTECTION = 'deletion_protection.enabled'


def balancer(protected):
    attributes = [{'Key': PROTECTION, 'Value': str(protected).lower()}]
    return resource('ElasticLoadBalancingV2::LoadBalancer', {'Subnets': [ref('Subnet0'), ref('Subnet1')], 'LoadBalancerAttributes': attributes})


def database(protected, **more):
    return resource('RDS::DBInstance', {
        'Engine': 'mysql', 'DBInstanceClass': 'db.t3.medium', 'AllocatedStorage': '20', 'MasterUsername': 'admin',
        'MasterUserPassword': 'of-the-test', 'DeletionProtection': protected}, **more)


class RemovalTest(StackTest):
    def update(self, resources):
        client('cloudformation').update_stack(StackName=self.stack, TemplateBody=json.dumps({'Resources': resources}))
        return self.status(self.stack)

    def delete(self):
        """Returns what became of the stack, and why if a resource of it is still there."""
        stack = client('cloudformation').describe_stacks(StackName=self.stack)['Stacks'][0]['StackId']
        client('cloudformation').delete_stack(StackName=self.stack)
        for _ in range(300):
            found = client('cloudformation').describe_stacks(StackName=stack)['Stacks'][0]['StackStatus']
            if found != 'DELETE_IN_PROGRESS':
                self.events = client('cloudformation').describe_stack_events(StackName=stack)['StackEvents'][::-1]
                failed = [each['ResourceStatusReason'] for each in self.events if each['ResourceStatus'] == 'DELETE_FAILED']
                return found, failed[0] if failed else None
            time.sleep(0.1)
        self.fail(f'{self.stack} is still being deleted')

    def went(self):
        return [each['LogicalResourceId'] for each in self.events if each['ResourceStatus'] == 'DELETE_COMPLETE']


class InPlace(RemovalTest):
    def test_attributes_of_a_load_balancer(self):
        outputs = self.create({**network(), 'Balancer': balancer(True)}, {'Arn': ref('Balancer')})
        self.assertEqual(self.update({**network(), 'Balancer': balancer(False)})[0], 'UPDATE_COMPLETE')
        found = client('elbv2').describe_load_balancer_attributes(LoadBalancerArn=outputs['Arn'])['Attributes']
        self.assertIn({'Key': PROTECTION, 'Value': 'false'}, found)

    def test_protection_of_a_database(self):
        outputs = self.create({'Database': database(True)}, {'Id': ref('Database')})
        self.assertEqual(self.update({'Database': database(False)})[0], 'UPDATE_COMPLETE')
        found, = client('rds').describe_db_instances(DBInstanceIdentifier=outputs['Id'])['DBInstances']
        self.assertFalse(found['DeletionProtection'])

    def test_egress_of_a_security_group(self):
        def group(*ports):
            rules = [{'IpProtocol': 'tcp', 'FromPort': port, 'ToPort': port, 'CidrIp': '0.0.0.0/0'} for port in ports]
            return resource('EC2::SecurityGroup', {'VpcId': ref('Vpc'), 'GroupDescription': 'of the test', 'SecurityGroupEgress': rules})

        outputs = self.create({**network(), 'Group': group(443, 53)}, {'Id': att('Group', 'GroupId')})
        self.assertEqual(self.update({**network(), 'Group': group(443, 3306)})[0], 'UPDATE_COMPLETE')
        found, = client('ec2').describe_security_groups(GroupIds=[outputs['Id']])['SecurityGroups']
        self.assertEqual(sorted(each['FromPort'] for each in found['IpPermissionsEgress']), [443, 3306])

    def test_nothing_else_of_a_database(self):
        self.create({'Database': database(True)})
        changed = database(True)
        changed['Properties']['AllocatedStorage'] = '40'
        self.assertRegex(self.update({'Database': changed})[1], r'cannot change AWS::RDS::DBInstance \(logical id Database\)')

    def test_what_is_to_become_of_an_added_resource(self):
        secret = resource('SecretsManager::Secret', {'SecretString': 'x'}, DeletionPolicy='Retain')
        self.create({'Secret': secret})
        self.assertEqual(self.update({'Secret': {**secret, 'DeletionPolicy': 'Delete'}})[0], 'UPDATE_COMPLETE')
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')
        self.assertEqual(self.went(), ['Secret', self.stack])


class Dropped(RemovalTest):
    def test_what_an_update_drops_goes_after_what_it_changes(self):
        with_topic = resource('SSM::Parameter', {'Type': 'String', 'Value': ref('Topic')})
        self.create({'Topic': resource('SNS::Topic'), 'Parameter': with_topic})
        changed = resource('SSM::Parameter', {'Type': 'String', 'Value': 'none'})
        self.assertEqual(self.update({'Parameter': changed, 'New': resource('SNS::Topic')})[0], 'UPDATE_COMPLETE')
        events = client('cloudformation').describe_stack_events(StackName=self.stack)['StackEvents'][::-1]
        order = [(each['LogicalResourceId'], each['ResourceStatus']) for each in events]
        self.assertLess(order.index(('New', 'CREATE_COMPLETE')), order.index(('Topic', 'DELETE_COMPLETE')))

    def test_what_cannot_go_stays_and_the_update_is_complete(self):
        outputs = self.create({'Database': database(True), 'Topic': resource('SNS::Topic')}, {'Id': ref('Database')})
        self.assertEqual(self.update({'Topic': resource('SNS::Topic')})[0], 'UPDATE_COMPLETE')
        self.assertEqual(len(client('rds').describe_db_instances(DBInstanceIdentifier=outputs['Id'])['DBInstances']), 1)
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')


class Network(RemovalTest):
    def test_a_network_goes(self):
        of_vpc = {'VpcId': ref('Vpc')}
        outputs = self.create({
            **network(1),
            'Gateway': resource('EC2::InternetGateway'),
            'Attachment': resource('EC2::VPCGatewayAttachment', {**of_vpc, 'InternetGatewayId': ref('Gateway')}),
            'Table': resource('EC2::RouteTable', of_vpc),
            'Association': resource('EC2::SubnetRouteTableAssociation', {'RouteTableId': ref('Table'), 'SubnetId': ref('Subnet0')}),
            'Route': resource('EC2::Route', {'RouteTableId': ref('Table'), 'DestinationCidrBlock': '0.0.0.0/0', 'GatewayId': ref('Gateway')},
                              DependsOn='Attachment'),
            'Address': resource('EC2::EIP', {'Domain': 'vpc'}),
            'Nat': resource('EC2::NatGateway', {'SubnetId': ref('Subnet0'), 'AllocationId': att('Address', 'AllocationId')}, DependsOn='Route'),
            'Group': resource('EC2::SecurityGroup', {**of_vpc, 'GroupDescription': 'of the test'}),
            'In': resource('EC2::SecurityGroupIngress', {
                'GroupId': att('Group', 'GroupId'), 'IpProtocol': 'tcp', 'FromPort': 1, 'ToPort': 1, 'SourceSecurityGroupId': att('Group', 'GroupId')}),
            'Out': resource('EC2::SecurityGroupEgress', {'GroupId': att('Group', 'GroupId'), 'IpProtocol': '-1', 'CidrIp': '0.0.0.0/0'}),
        }, {'Vpc': ref('Vpc'), 'Nat': ref('Nat'), 'Gateway': ref('Gateway'), 'Address': att('Address', 'AllocationId')})
        self.assertEqual(self.delete(), ('DELETE_COMPLETE', None))
        order = self.went()
        for first, second in (('Nat', 'Route'), ('Route', 'Attachment'), ('Attachment', 'Gateway'), ('In', 'Group'), ('Subnet0', 'Vpc')):
            self.assertLess(order.index(first), order.index(second))
        of_it = [{'Name': 'vpc-id', 'Values': [outputs['Vpc']]}]
        ec2 = client('ec2')
        self.assertEqual(ec2.describe_vpcs(Filters=of_it)['Vpcs'], [])
        self.assertEqual(ec2.describe_route_tables(Filters=of_it)['RouteTables'], [])
        self.assertEqual(ec2.describe_security_groups(Filters=of_it)['SecurityGroups'], [])
        self.assertEqual(ec2.describe_nat_gateways(NatGatewayIds=[outputs['Nat']])['NatGateways'][0]['State'], 'deleted')
        self.assertEqual(ec2.describe_network_interfaces(Filters=of_it)['NetworkInterfaces'], [])
        for ask in (lambda: ec2.describe_internet_gateways(InternetGatewayIds=[outputs['Gateway']]),
                    lambda: ec2.describe_addresses(AllocationIds=[outputs['Address']])):
            self.assertRaises(ClientError, ask)


class Groups(RemovalTest):
    def test_instances_leave_before_their_group_goes(self):
        hook = resource('AutoScaling::LifecycleHook', {
            'AutoScalingGroupName': ref('Group'), 'LifecycleHookName': HOOK, 'HeartbeatTimeout': 600,
            'LifecycleTransition': 'autoscaling:EC2_INSTANCE_TERMINATING'})
        outputs = self.create({**network(1), 'Template': template('one'), 'Group': scaling_group(2, 2, 0), 'Hook': hook}, {'Group': ref('Group')})
        ask = {'AutoScalingGroupNames': [outputs['Group']]}
        group, = client('autoscaling').describe_auto_scaling_groups(**ask)['AutoScalingGroups']
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')
        # The hook refers to the group, so it goes first, and holds nobody.
        self.assertLess(self.went().index('Hook'), self.went().index('Group'))
        self.assertEqual(client('autoscaling').describe_auto_scaling_groups(**ask)['AutoScalingGroups'], [])
        found = client('ec2').describe_instances(InstanceIds=[each['InstanceId'] for each in group['Instances']])
        self.assertEqual({each['State']['Name'] for one in found['Reservations'] for each in one['Instances']}, {'terminated'})


class Protection(RemovalTest):
    def test_a_protected_load_balancer_stays_and_goes_later(self):
        self.create({**network(), 'Balancer': balancer(True), 'Free': resource('SNS::Topic')})
        status, reason = self.delete()
        self.assertEqual(status, 'DELETE_FAILED')
        self.assertRegex(reason, 'deletion protection is enabled')
        # What it is in stays with it, and everything else goes.
        self.assertEqual(self.went(), ['Free'])
        self.assertEqual(self.events[-1]['ResourceStatusReason'], 'The following resource(s) failed to delete: [Balancer]. ')
        self.assertEqual(self.update({**network(), 'Balancer': balancer(False)})[0], 'UPDATE_COMPLETE')
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')

    def test_a_protected_database_stays(self):
        self.create({'Database': database(True)})
        self.assertRegex(self.delete()[1], 'Cannot delete protected DB Instance')

    def test_a_database_leaves_its_snapshot(self):
        outputs = self.create({'Database': database(False, DeletionPolicy='Snapshot')}, {'Id': ref('Database')})
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')
        snapshots = client('rds').describe_db_snapshots()['DBSnapshots']
        self.assertEqual([each['SnapshotType'] for each in snapshots if each['DBInstanceIdentifier'] == outputs['Id']], ['manual'])

    def test_what_is_retained_stays(self):
        group = resource('Logs::LogGroup', {'LogGroupName': 'kept'}, DeletionPolicy='Retain')
        self.create({'Log': group, 'Other': resource('Logs::LogGroup', {'LogGroupName': 'gone'})})
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')
        names = [each['logGroupName'] for each in client('logs').describe_log_groups()['logGroups']]
        self.assertIn('kept', names)
        self.assertNotIn('gone', names)
        self.assertIn(('Log', 'DELETE_SKIPPED'), [(each['LogicalResourceId'], each['ResourceStatus']) for each in self.events])

    def test_a_key_waits_for_its_end(self):
        policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': '*'}, 'Action': 'kms:*', 'Resource': '*'}]}
        outputs = self.create({'Key': resource('KMS::Key', {'KeyPolicy': policy})}, {'Id': ref('Key')})
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')
        self.assertEqual(client('kms').describe_key(KeyId=outputs['Id'])['KeyMetadata']['KeyState'], 'PendingDeletion')

    def test_what_nobody_can_remove_fails_by_name(self):
        self.create({**network(1), 'Volume': resource('EC2::Volume', {'AvailabilityZone': 'us-east-1a', 'Size': 1})})
        self.assertEqual(self.delete(), ('DELETE_FAILED', 'The emulator cannot remove AWS::EC2::Volume: teach it to in '
                                         'test/emulator/carbon_emulator/removal.py'))


class FunctionTest(RemovalTest):
    """With functions of the package itself, as custom resources ask them."""

    def function(self, code, **variables):
        body = io.BytesIO()
        with zipfile.ZipFile(body, 'w') as archive:
            archive.writestr('index.js', code)
        client('s3').create_bucket(Bucket='functions')
        client('s3').put_object(Bucket='functions', Key=self.id(), Body=body.getvalue())
        trust = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': {'Service': 'lambda.amazonaws.com'}}]}
        return {
            'Role': resource('IAM::Role', {'AssumeRolePolicyDocument': trust}),
            'Function': resource('Lambda::Function', {
                'Code': {'S3Bucket': 'functions', 'S3Key': self.id()}, 'Handler': 'index.handler', 'Runtime': 'nodejs20.x', 'Role': att('Role', 'Arn'),
                'Environment': {'Variables': variables}}),
        }


class Keys(FunctionTest):
    def resources(self, code):
        return {
            **self.function(code, USER_NAME=ref('User')),
            'User': resource('IAM::User'),
            'Keys': {'Type': 'Custom::MembershipAccessKeys', 'Properties': {'ServiceToken': att('Function', 'Arn'), 'UserName': ref('User')}},
            'Key': resource('IAM::AccessKey', {'UserName': ref('User')}, DependsOn='Keys', DeletionPolicy='RetainExceptOnCreate'),
        }

    def test_the_user_goes_with_all_its_keys(self):
        outputs = self.create(self.resources(ROTATION.read_text()), {'User': ref('User')})
        client('iam').create_access_key(UserName=outputs['User'])
        self.assertEqual(self.delete(), ('DELETE_COMPLETE', None))
        self.assertNotIn(outputs['User'], [each['UserName'] for each in client('iam').list_users()['Users']])

    def test_a_function_that_fails_says_why(self):
        self.create(self.resources('''exports.handler = async event => {
            if (event.RequestType === "Delete") throw new Error("not today");
            await fetch(event.ResponseURL, { method: "PUT", body: JSON.stringify({ Status: "SUCCESS", PhysicalResourceId: "keys" }) });
        };'''))
        self.assertEqual(self.delete(), ('DELETE_FAILED', 'The function of Keys did not answer: not today'))

    def test_a_user_with_keys_stays(self):
        resources = self.resources('')
        self.create({'User': resources['User'], 'Key': {**resources['Key'], 'DependsOn': []}})
        self.assertRegex(self.delete()[1], 'must delete access keys first')


class SwitchedProtection(FunctionTest):
    def resources(self, enabled):
        return {
            **network(), **self.function(PROTECTING.read_text()), 'Balancer': balancer(False), 'Database': database(False),
            'Protection': {'Type': 'Custom::DeletionProtection', 'DependsOn': ['Balancer', 'Database'], 'Properties': {
                'ServiceToken': att('Function', 'Arn'), 'Enabled': enabled, 'DatabaseInstance': ref('Database'), 'LoadBalancer': ref('Balancer')}},
        }

    def protected(self, outputs):
        found, = client('rds').describe_db_instances(DBInstanceIdentifier=outputs['Database'])['DBInstances']
        attributes = client('elbv2').describe_load_balancer_attributes(LoadBalancerArn=outputs['Balancer'])['Attributes']
        return found['DeletionProtection'], {'Key': PROTECTION, 'Value': 'true'} in attributes

    def make(self):
        outputs = self.create(self.resources('true'), {'Database': ref('Database'), 'Balancer': ref('Balancer')})
        self.assertEqual(self.protected(outputs), (True, True))
        return outputs

    def test_nothing_goes_before_somebody_takes_it_off(self):
        outputs = self.make()
        status, reason = self.delete()
        self.assertEqual((status, self.went()), ('DELETE_FAILED', []))
        self.assertRegex(reason, 'Deletion protection of .* is on')
        # As the reason says: AWS does not update a stack whose deletion has failed.
        client('rds').modify_db_instance(DBInstanceIdentifier=outputs['Database'], DeletionProtection=False)
        client('elbv2').modify_load_balancer_attributes(LoadBalancerArn=outputs['Balancer'], Attributes=[{'Key': PROTECTION, 'Value': 'false'}])
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')

    def test_an_update_takes_it_off(self):
        outputs = self.make()
        self.update(self.resources('false'))
        client('cloudformation').get_waiter('stack_update_complete').wait(StackName=self.stack, WaiterConfig={'Delay': 1})
        self.assertEqual(self.protected(outputs), (False, False))
        self.assertEqual(self.delete()[0], 'DELETE_COMPLETE')


if __name__ == '__main__':
    unittest.main()

"""The engine: functions, dynamic references, unknown types and attributes, failures, events, updates, signals."""

import json
import time
import unittest

from botocore.exceptions import ClientError

from emulated import StackTest, att, client, ref, resource

PARAMETER = 'SSM::Parameter'


def parameter(value):
    return resource(PARAMETER, {'Type': 'String', 'Value': value})


class Functions(StackTest):
    def value_of(self, value, **more):
        outputs = self.create({'P': parameter(value), **more}, {'Name': ref('P')})
        return client('ssm').get_parameter(Name=outputs['Name'])['Parameter']['Value']

    def test_sub_substitutes_once_and_keeps_literals(self):
        template = ['${a}-${!LITERAL}-${AWS::Region}-${Topic.TopicName}', {'a': '${AWS::Region}'}]
        topic = resource('SNS::Topic', {'TopicName': 'of-sub'})
        self.assertEqual(self.value_of({'Fn::Sub': template}, Topic=topic), '${AWS::Region}-${LITERAL}-us-east-1-of-sub')

    def test_zones_are_those_of_the_region(self):
        zones = {'Fn::Join': [',', {'Fn::GetAZs': {'Ref': 'AWS::Region'}}]}
        known = client('ec2').describe_availability_zones()['AvailabilityZones']
        self.assertEqual(self.value_of(zones), ','.join(zone['ZoneName'] for zone in known))

    def test_no_value_leaves_lists(self):
        self.assertEqual(self.value_of({'Fn::Join': [',', ['a', {'Ref': 'AWS::NoValue'}, 'b']]}), 'a,b')

    def test_dynamic_reference_to_a_parameter(self):
        client('ssm').put_parameter(Name='/of/test', Type='String', Value='one')
        client('ssm').put_parameter(Name='/of/test', Type='String', Value='two', Overwrite=True)
        self.assertEqual(self.value_of('<{{resolve:ssm:/of/test}}{{resolve:ssm:/of/test:1}}>'), '<twoone>')

    def test_dynamic_reference_to_a_secret(self):
        arn = client('secretsmanager').create_secret(Name='of-test', SecretString=json.dumps({'password': 'p:w'}))['ARN']
        joined = {'Fn::Join': ['', ['{{resolve:secretsmanager:', arn, ':SecretString:password::}}']]}
        self.assertEqual(self.value_of(joined), 'p:w')
        self.assertEqual(self.value_of('{{resolve:secretsmanager:of-test}}'), '{"password": "p:w"}')

    def test_dynamic_reference_in_user_data_stays_as_it_is(self):
        client('ssm').put_parameter(Name='/of/data', Type='String', Value='one')
        template = resource('EC2::LaunchTemplate', {'LaunchTemplateData': {'UserData': {'Fn::Base64': '{{resolve:ssm:/of/data}}'}}})
        outputs = self.create({'T': template}, {'Id': ref('T')})
        version = client('ec2').describe_launch_template_versions(LaunchTemplateId=outputs['Id'])['LaunchTemplateVersions'][0]
        self.assertEqual(version['LaunchTemplateData']['UserData'], 'e3tyZXNvbHZlOnNzbTovb2YvZGF0YX19')

    def test_depends_on_holds_for_what_a_reference_makes_early(self):
        self.create({
            'First': parameter({'Fn::Join': ['', ['of ', ref('Second')]]}),
            'Second': {**parameter('2'), 'DependsOn': ['Third']},
            'Third': parameter('3'),
        })
        events = client('cloudformation').describe_stack_events(StackName=self.stack)['StackEvents'][::-1]
        made = [each['LogicalResourceId'] for each in events if each['ResourceStatus'] == 'CREATE_COMPLETE']
        self.assertEqual(made, ['Third', 'Second', 'First', self.stack])


class Names(StackTest):
    def test_generated_names_are_as_long_as_the_service_takes(self):
        role = resource('IAM::Role', {'AssumeRolePolicyDocument': {'Version': '2012-10-17', 'Statement': []}})
        outputs = self.create({'R' * 70: role}, {'Name': ref('R' * 70)})
        self.assertEqual(len(outputs['Name']), 64)
        self.assertEqual(client('iam').get_role(RoleName=outputs['Name'])['Role']['RoleName'], outputs['Name'])


class Refusals(StackTest):
    def refuse(self, resources, sentence, **more):
        with self.assertRaisesRegex(ClientError, sentence):
            self.start(resources, **more)

    def fail_with(self, resources, sentence, outputs=None):
        name = self.start(resources, outputs)
        self.assertEqual(self.status(name)[0], 'ROLLBACK_COMPLETE')
        self.assertRegex(self.why_failed(name), sentence)

    def test_unknown_type_names_type_and_logical_id(self):
        self.refuse({'Pool': {'Type': 'AWS::Cognito::UserPool'}}, r'no model of AWS::Cognito::UserPool \(logical id Pool\)')

    def test_custom_resources_need_a_function_of_the_template(self):
        self.refuse({'Mine': {'Type': 'Custom::Mine', 'Properties': {'ServiceToken': 'arn'}}},
                    r'handler of the custom resource Custom::Mine \(logical id Mine\): its ServiceToken must be the ARN of a Lambda function')

    def test_custom_resources_need_a_function_that_node_runs(self):
        function = resource('Lambda::Function', {'Runtime': 'python3.13'})
        self.refuse({'F': function, 'Mine': {'Type': 'Custom::Mine', 'Properties': {'ServiceToken': att('F', 'Arn')}}},
                    'its function must have a Node.js runtime')

    def test_unknown_type_under_a_false_condition_passes(self):
        self.create({'P': parameter('x'), 'Pool': {'Type': 'AWS::Cognito::UserPool', 'Condition': 'Never'}},
                    Conditions={'Never': {'Fn::Equals': ['a', 'b']}})

    def test_documented_types_make_nothing(self):
        self.create({'P': parameter('x'), 'Usage': {'Type': 'AWS::CDK::Metadata', 'Properties': {'Analytics': 'v2'}}})

    def test_unknown_attribute_of_a_type_of_moto(self):
        self.fail_with({'T': resource('SNS::Topic'), 'P': parameter(att('T', 'Colour'))}, 'AWS::SNS::Topic T does not support .*Colour')

    def test_unknown_attribute_of_an_added_type(self):
        secret = resource('SecretsManager::Secret', {'SecretString': 'x'})
        self.fail_with({'S': secret, 'P': parameter(att('S', 'Colour'))}, 'AWS::SecretsManager::Secret.* does not support .*Colour')

    def test_unknown_attribute_of_a_type_without_any(self):
        gateway = resource('EC2::InternetGateway')
        self.fail_with({'G': gateway, 'P': parameter(att('G', 'Colour'))}, 'AWS::EC2::InternetGateway G does not support')

    def test_unknown_attribute_in_an_output(self):
        self.fail_with({'G': resource('EC2::InternetGateway')}, 'does not support', {'Colour': att('G', 'Colour')})

    def test_reference_to_nothing(self):
        self.fail_with({'P': parameter(ref('Nothing'))}, 'Ref references undefined resource Nothing')

    def test_unknown_function(self):
        self.fail_with({'P': parameter({'Fn::Length': [1]})}, 'does not know the function Fn::Length')

    def test_missing_secret(self):
        self.fail_with({'P': parameter('{{resolve:secretsmanager:not-there}}')}, 'find the specified secret')

    def test_looking_at_a_failed_stack_makes_nothing(self):
        resources = {'A': parameter(att('A2', 'X')), 'A2': resource('SNS::Topic'), 'B': parameter('never')}
        name = self.start(resources, options={'DisableRollback': True})
        listed = client('cloudformation').describe_stack_resources(StackName=name)['StackResources']
        self.assertEqual([each['LogicalResourceId'] for each in listed], ['A2'])


class Updates(StackTest):
    def update(self, template, **more):
        client('cloudformation').update_stack(StackName=self.stack, TemplateBody=json.dumps(template), **more)
        return self.status(self.stack)

    def test_previous_value_falls_back_to_the_default(self):
        declared = {'Text': {'Type': 'String', 'Default': 'default'}}
        self.create({'P': parameter(ref('Text'))}, Parameters=declared)
        template = {'Parameters': declared, 'Resources': {'P': parameter(ref('Text')), 'Q': parameter('new')}}
        status, _ = self.update(template, Parameters=[{'ParameterKey': 'Text', 'UsePreviousValue': True}])
        self.assertEqual(status, 'UPDATE_COMPLETE')

    def test_tags_change_in_place(self):
        self.create({'Vpc': resource('EC2::VPC', {'CidrBlock': '10.0.0.0/16', 'Tags': [{'Key': 'a', 'Value': '1'}]})})
        changed = resource('EC2::VPC', {'CidrBlock': '10.0.0.0/16', 'Tags': [{'Key': 'a', 'Value': '2'}]})
        self.assertEqual(self.update({'Resources': {'Vpc': changed}})[0], 'UPDATE_COMPLETE')
        vpcs = client('ec2').describe_vpcs(Filters=[{'Name': 'tag:aws:cloudformation:stack-name', 'Values': [self.stack]}])['Vpcs']
        self.assertIn({'Key': 'a', 'Value': '2'}, vpcs[0]['Tags'])

    def test_what_cannot_be_updated_says_so(self):
        self.create({'Vpc': resource('EC2::VPC', {'CidrBlock': '10.0.0.0/16'})})
        status, reason = self.update({'Resources': {'Vpc': resource('EC2::VPC', {'CidrBlock': '10.1.0.0/16'})}})
        self.assertEqual(status, 'UPDATE_FAILED')
        self.assertRegex(reason, r'cannot change AWS::EC2::VPC \(logical id Vpc\)')

    def test_deleting_an_absent_change_set(self):
        self.create({'P': parameter('x')})
        client('cloudformation').delete_change_set(StackName=self.stack, ChangeSetName='absent')


class Signals(StackTest):
    def test_signal_is_an_event_of_the_resource(self):
        outputs = self.create({'P': parameter('x')}, {'Name': ref('P')})
        time.sleep(0.01)
        client('cloudformation').signal_resource(StackName=self.stack, LogicalResourceId='P', UniqueId='i-1', Status='FAILURE')
        event = client('cloudformation').describe_stack_events(StackName=self.stack)['StackEvents'][0]
        self.assertEqual((event['LogicalResourceId'], event['PhysicalResourceId'], event['ResourceStatusReason']),
                         ('P', outputs['Name'], 'Received FAILURE signal with UniqueId i-1'))

    def test_signal_to_an_unknown_resource(self):
        self.create({'P': parameter('x')})
        with self.assertRaisesRegex(ClientError, 'Resource Q does not exist'):
            client('cloudformation').signal_resource(StackName=self.stack, LogicalResourceId='Q', UniqueId='i', Status='SUCCESS')


if __name__ == '__main__':
    unittest.main()

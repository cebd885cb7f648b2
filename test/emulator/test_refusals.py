"""What AWS refuses: values that it does not list, versions, types that a region lacks, names that its API's models do not allow."""

import json
import sys
import unittest
from pathlib import Path

from botocore.exceptions import ClientError

from emulated import HERE, StackTest, att, client, network, ref, resource
from test_databases import database, surroundings

sys.path.insert(0, str(HERE))
from carbon_emulator import facts, shapes  # noqa: E402


def image_template(kind):
    return {'Template': resource('EC2::LaunchTemplate', {'LaunchTemplateData': {'ImageId': 'ami-12c6146b', 'InstanceType': kind}})}


class Refusals(StackTest):
    def refused(self, resources):
        name = self.start(resources)
        self.assertEqual(self.status(name)[0], 'ROLLBACK_COMPLETE')
        return self.why_failed(name)

    def parameters(self, **values):
        return {'Parameters': resource('RDS::DBParameterGroup', {'Family': 'mysql8.4', 'Description': 'ours', 'Parameters': values})}

    def test_a_parameter_takes_the_values_that_rds_lists(self):
        self.assertIn('Invalid parameter value: ON for: require_secure_transport allowed values are: 0,1',
                      self.refused(self.parameters(require_secure_transport='ON')))
        group = self.create(self.parameters(require_secure_transport='1'), {'Name': ref('Parameters')})['Name']
        with self.assertRaises(ClientError) as caught:
            client('rds').modify_db_parameter_group(DBParameterGroupName=group, Parameters=[
                {'ParameterName': 'require_secure_transport', 'ParameterValue': 'OFF', 'ApplyMethod': 'immediate'}])
        self.assertEqual(caught.exception.response['Error']['Code'], 'InvalidParameterValue')

    def test_a_version_that_rds_does_not_offer(self):
        for version in ('8.4.99', '8.0.36', '9.9'):
            self.assertIn(f'Cannot find version {version} for mysql', self.refused({**surroundings(), 'Db': database(EngineVersion=version)}))

    def test_a_major_version_gets_a_minor_version(self):
        identifier = self.create({**surroundings(), 'Db': database(EngineVersion='8.4')}, {'Id': ref('Db')})['Id']
        read, = client('rds').describe_db_instances(DBInstanceIdentifier=identifier)['DBInstances']
        self.assertEqual(read['EngineVersion'], facts.mysql_versions()[-1])

    def test_a_version_is_upgraded_and_never_taken_back(self):
        def template(version):
            return {**surroundings(), 'Db': database(EngineVersion=version)}

        identifier = self.create(template('8.4.9'), {'Id': ref('Db')})['Id']
        running = lambda: client('rds').describe_db_instances(DBInstanceIdentifier=identifier)['DBInstances'][0]['EngineVersion']  # noqa: E731
        self.assertEqual(self.update(template('8.4.10')), 'UPDATE_COMPLETE')
        self.assertEqual(running(), '8.4.10')
        self.assertNotEqual(self.update(template('8.4.8')), 'UPDATE_COMPLETE')
        self.assertEqual(running(), '8.4.10')

    def test_a_major_version_takes_nothing_back(self):
        """RDS upgraded the instance by itself, and then the template changes to the major version."""
        identifier = self.create({**surroundings(), 'Db': database(EngineVersion='8.4.9')}, {'Id': ref('Db')})['Id']
        client('rds').modify_db_instance(DBInstanceIdentifier=identifier, EngineVersion='8.4.11', ApplyImmediately=True)
        self.assertEqual(self.update({**surroundings(), 'Db': database(EngineVersion='8.4')}), 'UPDATE_COMPLETE')
        read, = client('rds').describe_db_instances(DBInstanceIdentifier=identifier)['DBInstances']
        self.assertEqual(read['EngineVersion'], '8.4.11')

    def test_a_class_that_the_region_lacks(self):
        lacking = next(name for each in facts.facts()['generated']['databaseClasses']['offers'] for name in each['types'].split()
                       if facts.is_offered('databaseClasses', name, 'us-east-1') is False)
        self.assertIn(f'DBInstanceClass={lacking}', self.refused({**surroundings(), 'Db': database(DBInstanceClass=lacking)}))

    def test_an_instance_type_that_the_region_lacks(self):
        lacking = next(name for each in facts.facts()['generated']['instanceTypes']['offers'] for name in each['types'].split()
                       if facts.is_offered('instanceTypes', name, 'us-east-1') is False)
        group = resource('AutoScaling::AutoScalingGroup', {
            'MinSize': '1', 'MaxSize': '1', 'VPCZoneIdentifier': [ref('Subnet0')],
            'LaunchTemplate': {'LaunchTemplateId': ref('Template'), 'Version': att('Template', 'LatestVersionNumber')}})
        self.assertIn(f'{lacking} is not supported in us-east-1', self.refused({**network(), **image_template(lacking), 'Group': group}))
        self.create({**network(), **image_template('m7i.large'), 'Group': group})

    def test_names_and_numbers_as_the_models_of_the_api_say(self):
        trust = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Principal': {'Service': 'ec2.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]}
        for kind, properties, sentence in (
            ('IAM::Role', {'RoleName': 'no spaces', 'AssumeRolePolicyDocument': trust}, "AWS::IAM::Role.RoleName is 'no spaces', must match"),
            ('IAM::Role', {'RoleName': 'x' * 65, 'AssumeRolePolicyDocument': trust}, 'RoleName has 65 characters, must be at most 64'),
            ('KMS::Alias', {'AliasName': 'no slash!', 'TargetKeyId': 'key'}, 'AWS::KMS::Alias.AliasName is'),
            ('Logs::LogGroup', {'LogGroupName': 'a*'}, 'AWS::Logs::LogGroup.LogGroupName is'),
            ('ElasticLoadBalancingV2::TargetGroup', {'Protocol': 'SMTP', 'Port': 1}, "Protocol is 'SMTP', must be one of HTTP"),
            ('ElasticLoadBalancingV2::TargetGroup', {'Protocol': 'HTTP', 'Port': '70000'}, 'Port is 70000, must be at most 65535'),
            ('ElasticLoadBalancingV2::TargetGroup', {'TargetGroupAttributes': [{'Key': 'stickiness.typ', 'Value': 'app_cookie'}]},
             "TargetGroupAttributes has the key 'stickiness.typ'"),
        ):
            self.assertIn(sentence, self.refused({'It': resource(kind, properties)}))

    def update(self, resources):
        cloudformation = client('cloudformation')
        cloudformation.update_stack(StackName=self.stack, TemplateBody=json.dumps({'Resources': resources}))
        return cloudformation.describe_stacks(StackName=self.stack)['Stacks'][0]['StackStatus']


class Facts(unittest.TestCase):
    def test_what_nobody_knows_is_neither_offered_nor_refused(self):
        self.assertIs(facts.is_offered('instanceTypes', 'm7i.large', 'eu-west-1'), True)
        self.assertIs(facts.is_offered('instanceTypes', 'm7i.large', 'cn-north-1'), False)
        self.assertIsNone(facts.is_offered('instanceTypes', 'm7i.large', 'eusc-de-east-1'))
        self.assertIsNone(facts.is_offered('instanceTypes', 'm99.large', 'eu-west-1'))
        self.assertIs(facts.is_offered('databaseClasses', 'db.t4g.medium', 'ca-west-1'), False)

    def test_values_are_compared_literally_and_numbers_by_range(self):
        self.assertTrue(facts.is_allowed('1', '0,1'))
        self.assertFalse(facts.is_allowed('true', '0,1'))
        self.assertTrue(facts.is_allowed('100', '1-100000'))
        self.assertFalse(facts.is_allowed('100001', '1-100000'))

    def test_the_file_is_that_of_the_constructs(self):
        self.assertEqual(facts.PLACE, Path(__file__).resolve().parents[2] / 'lib' / 'facts' / 'aws-facts.json')


class Shapes(unittest.TestCase):
    def test_every_call_exists_and_every_pattern_can_be_read(self):
        count = 0
        for kind, (service, call) in shapes.CALLS.items():
            for shape in members(shapes.session.get_service_model(service).operation_model(call).input_shape, set()):
                pattern = shape.metadata.get('pattern')
                if pattern:
                    shapes.regex.compile(shapes.translate(pattern))
                    count += 1
        self.assertGreater(count, 100)


def members(shape, seen):
    if shape.name in seen:
        return
    seen.add(shape.name)
    yield shape
    inner = list(shape.members.values()) if shape.type_name == 'structure' else [shape.member] if shape.type_name == 'list' else []
    for each in inner:
        yield from members(each, seen)


if __name__ == '__main__':
    unittest.main()

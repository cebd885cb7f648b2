"""The judge before the emulator: what is asked of IAM for each call, and how a denied one is answered."""

import io
import json
import os
import re
import time
import unittest
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from emulated import ACCOUNT, CREDENTIALS, REGION, att, launch, ref, resource

ENDPOINT = launch('--judge')
ROTATION = Path(__file__).parents[2] / 'lib' / 'access' / 'rotation' / 'function' / 'index.js'


def client(service: str, **credentials: str) -> BaseClient:
    config = Config(retries={'max_attempts': 1}, s3={'addressing_style': 'path'})
    return boto3.client(service, endpoint_url=ENDPOINT, config=config, **(CREDENTIALS | credentials))


ADMIN = {service: client(service) for service in ('iam', 'sts', 'secretsmanager', 's3', 'kms', 'ec2', 'logs', 'cloudformation')}


def ledger() -> dict[str, Any]:
    with urllib.request.urlopen(f'{ENDPOINT}/carbon-emulator/authorizations') as answer:
        return json.load(answer)


def tearDownModule() -> None:
    """Whoever wants to compare the judge with another evaluator names a file for what was judged."""
    if 'CARBON_EMULATOR_LEDGER' in os.environ:
        Path(os.environ['CARBON_EMULATOR_LEDGER']).write_text(json.dumps(ledger()), encoding='utf-8')


class JudgedTest(unittest.TestCase):
    """A role of its own for each test."""

    def setUp(self) -> None:
        self.name = re.sub(r'\W', '', self.id().rpartition('.')[2])[-60:]
        trust = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Principal': {'Service': 'ec2.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]}
        self.role = ADMIN['iam'].create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trust))['Role']['Arn']

    def grant(self, *actions: str, resource: Any = '*', effect: str = 'Allow', **more: Any) -> None:
        count = len(ADMIN['iam'].list_role_policies(RoleName=self.name)['PolicyNames'])
        statement = {'Effect': effect, 'Action': list(actions), 'Resource': resource, **more}
        ADMIN['iam'].put_role_policy(RoleName=self.name, PolicyName=f'Policy{count}', PolicyDocument=json.dumps(
            {'Version': '2012-10-17', 'Statement': [statement]}))

    def as_role(self, service: str, session: str = 'i-0123456789abcdef0') -> BaseClient:
        found = ADMIN['sts'].assume_role(RoleArn=self.role, RoleSessionName=session)['Credentials']
        return client(service, aws_access_key_id=found['AccessKeyId'], aws_secret_access_key=found['SecretAccessKey'],
                      aws_session_token=found['SessionToken'])

    def assert_denied(self, code: str, status: int, call: Any, **arguments: Any) -> str:
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        answer = caught.exception.response
        self.assertEqual((answer['Error']['Code'], answer['ResponseMetadata']['HTTPStatusCode']), (code, status))
        return answer['Error'].get('Message', '')

    def problems(self) -> list[tuple[str, str]]:
        return [(each['outcome'], each['what']) for each in ledger()['problems'] if each['principal'] == f'role {self.name}']

    def checks(self) -> list[tuple[str, str, bool]]:
        return [(each['action'], each['resource'], each['allowed']) for each in ledger()['checks'] if each['principal'] == f'role {self.name}']


class SecretsTest(JudgedTest):
    def setUp(self) -> None:
        super().setUp()
        self.secret = ADMIN['secretsmanager'].create_secret(Name=f'app/{self.name}', SecretString='text')['ARN']
        self.partial = self.secret[:-7]

    def test_the_arn_has_six_characters_after_the_name(self) -> None:
        self.assertRegex(self.secret, rf'^arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app/{self.name}-[A-Za-z0-9]{{6}}$')

    def test_a_policy_with_the_whole_arn(self) -> None:
        self.grant('secretsmanager:GetSecretValue', resource=self.secret)
        for identifier in (self.secret, self.partial, f'app/{self.name}'):
            self.assertEqual(self.as_role('secretsmanager').get_secret_value(SecretId=identifier)['SecretString'], 'text')
        self.assertEqual(self.checks(), [('secretsmanager:GetSecretValue', self.secret, True)])

    def test_a_policy_with_the_arn_that_an_import_by_name_has(self) -> None:
        self.grant('secretsmanager:GetSecretValue', resource=self.partial)
        message = self.assert_denied('AccessDeniedException', 400, self.as_role('secretsmanager').get_secret_value, SecretId=self.partial)
        self.assertIn(f'User: arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/i-0123456789abcdef0 is not authorized to perform: '
                      f'secretsmanager:GetSecretValue on resource: {self.secret} because no identity-based policy', message)
        self.assertEqual(self.problems(), [('denied', f'secretsmanager:GetSecretValue on {self.secret}')])

    def test_the_suffix_as_a_pattern(self) -> None:
        self.grant('secretsmanager:GetSecretValue', resource=f'{self.partial}-??????')
        self.as_role('secretsmanager').get_secret_value(SecretId=self.partial)

    def test_a_secret_that_does_not_exist(self) -> None:
        gone = f'{self.partial}-gone00'
        self.grant('secretsmanager:GetSecretValue', resource=gone)
        self.assert_denied('ResourceNotFoundException', 404, self.as_role('secretsmanager').get_secret_value, SecretId=gone)

    def test_a_resource_policy(self) -> None:
        self.grant('secretsmanager:GetSecretValue', resource=self.secret)
        deny = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Deny', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:root'},
                                                        'Action': 'secretsmanager:GetSecretValue', 'Resource': '*'}]}
        ADMIN['secretsmanager'].put_resource_policy(SecretId=self.secret, ResourcePolicy=json.dumps(deny))
        self.assert_denied('AccessDeniedException', 400, self.as_role('secretsmanager').get_secret_value, SecretId=self.secret)


class KeysTest(JudgedTest):
    def setUp(self) -> None:
        super().setUp()
        root = {'AWS': f'arn:aws:iam::{ACCOUNT}:root'}
        policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': root, 'Action': 'kms:*', 'Resource': '*'}]}
        self.key = ADMIN['kms'].create_key(Policy=json.dumps(policy))['KeyMetadata']['Arn']
        self.secret = ADMIN['secretsmanager'].create_secret(Name=self.name, SecretString='text', KmsKeyId=self.key)['ARN']
        self.grant('secretsmanager:GetSecretValue', resource=self.secret)

    def read(self) -> None:
        self.as_role('secretsmanager').get_secret_value(SecretId=self.secret)

    def assert_key_denied(self) -> None:
        message = self.assert_denied('AccessDeniedException', 400, self.as_role('secretsmanager').get_secret_value, SecretId=self.secret)
        self.assertIn(f'kms:Decrypt on resource: {self.key}', message)
        self.assertIn(('denied', f'kms:Decrypt on {self.key}'), self.problems())

    def test_without_a_permission_for_the_key(self) -> None:
        self.assert_key_denied()

    def test_through_secrets_manager(self) -> None:
        via = {'StringEquals': {'kms:ViaService': f'secretsmanager.{REGION}.amazonaws.com', 'kms:EncryptionContext:SecretARN': self.secret}}
        self.grant('kms:Decrypt', resource=self.key, Condition=via)
        self.read()

    def test_through_another_service_only(self) -> None:
        self.grant('kms:Decrypt', resource=self.key, Condition={'StringEquals': {'kms:ViaService': f's3.{REGION}.amazonaws.com'}})
        self.assert_key_denied()

    def test_a_key_policy_that_allows_nobody_here(self) -> None:
        self.grant('kms:Decrypt', resource=self.key)
        other = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:role/Administrator'}, 'Action': 'kms:*', 'Resource': '*'}]}
        ADMIN['kms'].put_key_policy(KeyId=self.key, PolicyName='default', Policy=json.dumps(other))
        self.assert_key_denied()


class S3Test(JudgedTest):
    def setUp(self) -> None:
        super().setUp()
        self.bucket = self.name.lower().replace('_', '-')
        ADMIN['s3'].create_bucket(Bucket=self.bucket)
        ADMIN['s3'].put_object(Bucket=self.bucket, Key='packs/wso2.zip', Body=b'zip')
        self.objects = f'arn:aws:s3:::{self.bucket}/*'

    def test_an_object(self) -> None:
        self.grant('s3:GetObject*', resource=self.objects)
        self.assertEqual(self.as_role('s3').get_object(Bucket=self.bucket, Key='packs/wso2.zip')['Body'].read(), b'zip')
        self.as_role('s3').head_object(Bucket=self.bucket, Key='packs/wso2.zip')
        self.assertEqual(self.checks(), [('s3:GetObject', f'arn:aws:s3:::{self.bucket}/packs/wso2.zip', True)])

    def test_without_a_permission(self) -> None:
        self.assert_denied('AccessDenied', 403, self.as_role('s3').get_object, Bucket=self.bucket, Key='packs/wso2.zip')
        self.assert_denied('403', 403, self.as_role('s3').head_object, Bucket=self.bucket, Key='packs/wso2.zip')

    def test_only_who_may_list_learns_that_an_object_is_missing(self) -> None:
        self.grant('s3:GetObject', resource=self.objects)
        self.assert_denied('AccessDenied', 403, self.as_role('s3').get_object, Bucket=self.bucket, Key='packs/gone.zip')
        self.assertEqual(self.problems(), [('denied', f's3:ListBucket on arn:aws:s3:::{self.bucket}')])
        self.grant('s3:ListBucket', resource=f'arn:aws:s3:::{self.bucket}', Condition={'StringLike': {'s3:prefix': 'packs/*'}})
        self.assert_denied('NoSuchKey', 404, self.as_role('s3').get_object, Bucket=self.bucket, Key='packs/gone.zip')

    def test_listing_and_its_prefix(self) -> None:
        self.grant('s3:ListBucket', resource=f'arn:aws:s3:::{self.bucket}', Condition={'StringEquals': {'s3:prefix': 'packs/'}})
        self.as_role('s3').list_objects_v2(Bucket=self.bucket, Prefix='packs/')
        self.assert_denied('AccessDenied', 403, self.as_role('s3').list_objects_v2, Bucket=self.bucket)

    def test_a_bucket_policy_of_a_template_and_its_condition(self) -> None:
        self.grant('s3:GetObject', resource=self.objects)
        deny = {'Effect': 'Deny', 'Principal': '*', 'Action': 's3:*', 'Resource': self.objects, 'Condition': {'Bool': {'aws:SecureTransport': 'false'}}}
        self.put_policy('Tls', deny)
        self.as_role('s3').get_object(Bucket=self.bucket, Key='packs/wso2.zip')
        self.put_policy('All', {name: value for name, value in deny.items() if name != 'Condition'})
        self.assert_denied('AccessDenied', 403, self.as_role('s3').get_object, Bucket=self.bucket, Key='packs/wso2.zip')

    def put_policy(self, name: str, statement: dict[str, Any]) -> None:
        document = {'Version': '2012-10-17', 'Statement': [statement]}
        resource = {'Type': 'AWS::S3::BucketPolicy', 'Properties': {'Bucket': self.bucket, 'PolicyDocument': document}}
        ADMIN['cloudformation'].create_stack(StackName=f'{name}-{self.bucket}', TemplateBody=json.dumps({'Resources': {'Policy': resource}}))

    def test_an_operation_that_nobody_knows_is_a_problem(self) -> None:
        self.grant('s3:*')
        self.as_role('s3').get_bucket_versioning(Bucket=self.bucket)
        self.assertEqual(self.problems(), [('unjudged', 's3:GET bucket?versioning')])


class ComputeTest(JudgedTest):
    def test_the_region_of_a_question_for_instances(self) -> None:
        self.grant('ec2:DescribeInstances', Condition={'StringEquals': {'aws:RequestedRegion': REGION}})
        self.as_role('ec2').describe_instances()
        self.assertEqual(self.checks(), [('ec2:DescribeInstances', '*', True)])

    def test_another_region(self) -> None:
        self.grant('ec2:DescribeInstances', Condition={'StringEquals': {'aws:RequestedRegion': 'eu-west-1'}})
        self.assert_denied('UnauthorizedOperation', 403, self.as_role('ec2').describe_instances)

    def test_an_interface_and_an_instance_are_both_asked_for(self) -> None:
        vpc = ADMIN['ec2'].create_vpc(CidrBlock='10.9.0.0/16')['Vpc']['VpcId']
        subnet = ADMIN['ec2'].create_subnet(VpcId=vpc, CidrBlock='10.9.0.0/24')['Subnet']['SubnetId']
        interface = ADMIN['ec2'].create_network_interface(SubnetId=subnet)['NetworkInterface']['NetworkInterfaceId']
        tags = [{'ResourceType': 'instance', 'Tags': [{'Key': 'cluster', 'Value': 'one'}]}]
        instance = ADMIN['ec2'].run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1, SubnetId=subnet, TagSpecifications=tags)['Instances'][0]
        arn = f'arn:aws:ec2:{REGION}:{ACCOUNT}:'
        asked = {'InstanceId': instance['InstanceId'], 'NetworkInterfaceId': interface, 'DeviceIndex': 1}
        self.grant('ec2:AttachNetworkInterface', resource=f'{arn}network-interface/{interface}')
        self.assert_denied('UnauthorizedOperation', 403, self.as_role('ec2').attach_network_interface, **asked)
        self.assertEqual(self.problems(), [('denied', f'ec2:AttachNetworkInterface on {arn}instance/{instance["InstanceId"]}')])
        self.grant('ec2:AttachNetworkInterface', resource=f'{arn}instance/*', Condition={'StringEquals': {'aws:ResourceTag/cluster': 'two'}})
        self.assert_denied('UnauthorizedOperation', 403, self.as_role('ec2').attach_network_interface, **asked)
        self.grant('ec2:AttachNetworkInterface', resource=f'{arn}instance/*', Condition={'StringEquals': {'ec2:ResourceTag/cluster': 'one'}})
        self.as_role('ec2').attach_network_interface(**asked)

    def test_a_condition_that_nobody_knows_is_a_problem(self) -> None:
        self.grant('ec2:DescribeInstances', Condition={'IpAddress': {'aws:SourceIp': '10.0.0.0/8'}})
        self.as_role('ec2').describe_instances()
        self.assertEqual(self.problems(), [('unjudged', 'ec2:DescribeInstances on *')])

    def test_an_action_that_nobody_knows_is_a_problem(self) -> None:
        self.grant('ec2:*')
        self.as_role('ec2').describe_images()
        self.assertEqual(self.problems(), [('unjudged', 'ec2:DescribeImages')])

    def test_log_streams(self) -> None:
        ADMIN['logs'].create_log_group(logGroupName='/carbon/one')
        self.grant('logs:CreateLogStream', resource=f'arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/carbon/one:*')
        logs = self.as_role('logs')
        logs.create_log_stream(logGroupName='/carbon/one', logStreamName='i-1')
        self.assert_denied('AccessDeniedException', 400, logs.put_log_events, logGroupName='/carbon/one', logStreamName='i-1',
                           logEvents=[{'timestamp': 0, 'message': 'line'}])

    def test_the_arn_of_a_log_group_in_a_template_matches_its_streams(self) -> None:
        template = {'Resources': {'Log': {'Type': 'AWS::Logs::LogGroup', 'Properties': {'LogGroupName': '/carbon/two'}}},
                    'Outputs': {'Arn': {'Value': {'Fn::GetAtt': ['Log', 'Arn']}}}}
        ADMIN['cloudformation'].create_stack(StackName='LogArn', TemplateBody=json.dumps(template))
        stack = ADMIN['cloudformation'].describe_stacks(StackName='LogArn')['Stacks'][0]
        self.assertEqual(stack['Outputs'][0]['OutputValue'], f'arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/carbon/two:*')

    def test_metrics_under_one_namespace(self) -> None:
        self.grant('cloudwatch:PutMetricData', Condition={'StringEquals': {'cloudwatch:namespace': 'CarbonCluster/a'}})
        role = self.as_role('cloudwatch')
        datum = [{'MetricName': 'clock_offset', 'Value': 0.5}]
        role.put_metric_data(Namespace='CarbonCluster/a', MetricData=datum)
        for other in ('CarbonCluster/b', 'CarbonCluster/a/b', 'AWS/Events'):
            self.assert_denied('AccessDeniedException', 400, role.put_metric_data, Namespace=other, MetricData=datum)

    def test_a_signal_by_the_arn_of_the_stack(self) -> None:
        template = {'Resources': {'Topic': {'Type': 'AWS::SNS::Topic', 'Properties': {}}}}
        stack = ADMIN['cloudformation'].create_stack(StackName='Signalled', TemplateBody=json.dumps(template))['StackId']
        self.assertRegex(stack, r':stack/Signalled/[0-9a-f-]{36}$')
        signal = {'StackName': stack, 'LogicalResourceId': 'Topic', 'UniqueId': 'i-1', 'Status': 'SUCCESS'}
        self.assert_denied('AccessDenied', 403, self.as_role('cloudformation').signal_resource, **signal)
        self.grant('cloudformation:SignalResource', resource=stack)
        self.as_role('cloudformation').signal_resource(**signal)

    def test_the_protection_of_one_database_is_not_that_of_a_different_one(self) -> None:
        for name in ('one', 'two'):
            client('rds').create_db_instance(DBInstanceIdentifier=name, DBInstanceClass='db.t4g.micro', Engine='mysql', MasterUsername='admin',
                                             MasterUserPassword='password', AllocatedStorage=20)
        self.grant('rds:ModifyDBInstance', 'rds:DescribeDBInstances', resource=f'arn:aws:rds:{REGION}:{ACCOUNT}:db:one')
        rds = self.as_role('rds')
        rds.modify_db_instance(DBInstanceIdentifier='one', DeletionProtection=True)
        self.assertTrue(rds.describe_db_instances(DBInstanceIdentifier='one')['DBInstances'][0]['DeletionProtection'])
        self.assert_denied('AccessDenied', 403, rds.modify_db_instance, DBInstanceIdentifier='two', DeletionProtection=True)

    def test_a_log_group_is_created_by_an_arn_that_goes_on_behind_its_name(self) -> None:
        arn = f'arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/rds/instance/one/error'
        self.grant('logs:CreateLogGroup', resource=arn)
        logs = self.as_role('logs')
        self.assert_denied('AccessDeniedException', 400, logs.create_log_group, logGroupName='/aws/rds/instance/one/error')
        self.grant('logs:CreateLogGroup', resource=f'{arn}:*')
        logs.create_log_group(logGroupName='/aws/rds/instance/one/error')

    def test_what_does_not_exist_the_service_refuses_itself(self) -> None:
        signal = {'StackName': 'Gone', 'LogicalResourceId': 'Topic', 'UniqueId': 'i-1', 'Status': 'SUCCESS'}
        self.assert_denied('ValidationError', 400, self.as_role('cloudformation').signal_resource, **signal)
        self.assertEqual(self.problems(), [])


class PrincipalsTest(JudgedTest):
    def test_a_users_key(self) -> None:
        ADMIN['iam'].create_user(UserName='Member')
        key = ADMIN['iam'].create_access_key(UserName='Member')['AccessKey']
        member = client('ec2', aws_access_key_id=key['AccessKeyId'], aws_secret_access_key=key['SecretAccessKey'])
        self.assert_denied('UnauthorizedOperation', 403, member.describe_instances)
        ADMIN['iam'].put_user_policy(UserName='Member', PolicyName='Find', PolicyDocument=json.dumps(
            {'Version': '2012-10-17', 'Statement': {'Effect': 'Allow', 'Action': 'ec2:DescribeInstances', 'Resource': '*'}}))
        member.describe_instances()
        ADMIN['iam'].update_access_key(UserName='Member', AccessKeyId=key['AccessKeyId'], Status='Inactive')
        self.assert_denied('AuthFailure', 401, member.describe_instances)
        self.assertIn({'principal': 'user Member', 'operator': 0, 'allowed': 1, 'denied': 1, 'unjudged': 0}, ledger()['principals'])

    def test_a_session_ends_with_its_role(self) -> None:
        ec2 = self.as_role('ec2')
        ADMIN['iam'].delete_role(RoleName=self.name)
        self.assert_denied('AuthFailure', 401, ec2.describe_instances)

    def test_an_instance_gets_no_credentials_of_a_role_that_does_not_trust_ec2(self) -> None:
        self.as_role('ec2')
        trust = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Principal': {'Service': 'lambda.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]}
        ADMIN['iam'].update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(trust))
        self.assert_denied('AccessDenied', 403, ADMIN['sts'].assume_role, RoleArn=self.role, RoleSessionName='i-0123456789abcdef0')

    def test_a_managed_policy_and_a_boundary(self) -> None:
        document = json.dumps({'Version': '2012-10-17', 'Statement': {'Effect': 'Allow', 'Action': 'ec2:Describe*', 'Resource': '*'}})
        arn = ADMIN['iam'].create_policy(PolicyName='Describe', PolicyDocument=document)['Policy']['Arn']
        ADMIN['iam'].attach_role_policy(RoleName=self.name, PolicyArn=arn)
        self.as_role('ec2').describe_instances()
        bounds = ADMIN['iam'].create_policy(PolicyName='Bounds', PolicyDocument=document.replace('ec2', 's3'))['Policy']['Arn']
        ADMIN['iam'].put_role_permissions_boundary(RoleName=self.name, PermissionsBoundary=bounds)
        self.assert_denied('UnauthorizedOperation', 403, self.as_role('ec2').describe_instances)

    def test_what_was_granted_and_not_used(self) -> None:
        bucket = 'granted-and-not-used'
        ADMIN['s3'].create_bucket(Bucket=bucket)
        self.grant('s3:List*', 's3:GetObject*', 'ec2:DescribeInstances', resource=[f'arn:aws:s3:::{bucket}', f'arn:aws:s3:::{bucket}/*'])
        self.as_role('s3').list_objects_v2(Bucket=bucket)
        [granted] = [each for each in ledger()['granted'] if each['principal'] == f'role {self.name}']
        self.assertEqual((granted['used'], granted['unused']), (['s3:List*'], ['s3:GetObject*', 'ec2:DescribeInstances']))
        self.assertEqual(granted['unusedResources'], [f'arn:aws:s3:::{bucket}/*'])

    def test_the_operators_calls_are_counted_apart(self) -> None:
        [operator] = [each for each in ledger()['principals'] if each['principal'] == 'operator']
        self.assertGreater(operator['operator'], 0)
        self.assertEqual(operator['allowed'] + operator['denied'] + operator['unjudged'], 0)

    def test_the_roles_of_the_cdk_are_the_operators(self) -> None:
        trust = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole'}]}
        self.role = ADMIN['iam'].create_role(RoleName='cdk-hnb659fds-deploy', AssumeRolePolicyDocument=json.dumps(trust))['Role']['Arn']
        self.as_role('ec2', 'aws-cdk').describe_vpcs()
        self.assertNotIn('role cdk-hnb659fds-deploy', [each['principal'] for each in ledger()['principals']])

    def test_every_answer_says_how_it_was_judged(self) -> None:
        self.grant('ec2:DescribeInstances')
        answer = self.as_role('ec2').describe_instances()
        self.assertEqual(answer['ResponseMetadata']['HTTPHeaders']['x-carbon-judgement'], 'allowed')


class FunctionsTest(JudgedTest):
    """The function of a custom resource calls with the credentials of its role."""

    def make(self, *actions: str) -> None:
        body = io.BytesIO()
        with zipfile.ZipFile(body, 'w') as archive:
            archive.writestr('index.js', ROTATION.read_text())
        ADMIN['s3'].create_bucket(Bucket='functions')
        ADMIN['s3'].put_object(Bucket='functions', Key=self.name, Body=body.getvalue())
        trust = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': {'Service': 'lambda.amazonaws.com'}}]}
        policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': list(actions), 'Resource': att('User', 'Arn')}]}
        ADMIN['cloudformation'].create_stack(StackName=self.name, Capabilities=['CAPABILITY_IAM'], TemplateBody=json.dumps({'Resources': {
            'User': resource('IAM::User'),
            'Role': resource('IAM::Role', {'RoleName': f'{self.name}Role', 'AssumeRolePolicyDocument': trust}),
            'Policy': resource('IAM::Policy', {'PolicyName': 'Keys', 'PolicyDocument': policy, 'Roles': [ref('Role')]}),
            'Function': resource('Lambda::Function', {
                'Code': {'S3Bucket': 'functions', 'S3Key': self.name}, 'Handler': 'index.handler', 'Runtime': 'nodejs20.x',
                'Role': att('Role', 'Arn'), 'Environment': {'Variables': {'USER_NAME': ref('User')}}}, DependsOn='Policy'),
            'Keys': {'Type': 'Custom::MembershipAccessKeys', 'Properties': {'ServiceToken': att('Function', 'Arn'), 'UserName': ref('User')}},
            'Key': resource('IAM::AccessKey', {'UserName': ref('User')}, DependsOn='Keys', DeletionPolicy='RetainExceptOnCreate'),
        }}))

    def delete(self) -> str:
        stack = ADMIN['cloudformation'].describe_stacks(StackName=self.name)['Stacks'][0]['StackId']
        ADMIN['cloudformation'].delete_stack(StackName=self.name)
        for _ in range(300):
            if ADMIN['cloudformation'].describe_stacks(StackName=stack)['Stacks'][0]['StackStatus'] != 'DELETE_IN_PROGRESS':
                break
            time.sleep(0.1)
        events = ADMIN['cloudformation'].describe_stack_events(StackName=stack)['StackEvents']
        return '\n'.join(f'{each["LogicalResourceId"]} {each["ResourceStatus"]} {each.get("ResourceStatusReason", "")}'.strip() for each in events)

    def test_its_name_fits_the_session_of_its_role(self) -> None:
        self.name = 'F' * 50
        self.make('iam:ListAccessKeys')
        self.assertLessEqual(max(len(each['FunctionName']) for each in client('lambda').list_functions()['Functions']), 64)

    def test_with_its_permissions(self) -> None:
        self.make('iam:ListAccessKeys', 'iam:DeleteAccessKey')
        self.assertIn(f'{self.name} DELETE_COMPLETE\n', self.delete())
        allowed = [(each['action'], each['allowed']) for each in ledger()['checks'] if each['principal'] == f'role {self.name}Role']
        self.assertEqual(allowed, [('iam:ListAccessKeys', True), ('iam:DeleteAccessKey', True)])

    def test_without_one_of_them(self) -> None:
        self.make('iam:ListAccessKeys')
        self.assertRegex(self.delete(), rf'Keys DELETE_FAILED .*{self.name}Role/.* is not authorized to perform: iam:DeleteAccessKey on resource')


class FileSystemsTest(JudgedTest):
    system = f'arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/fs-1'
    point = f'arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-1'

    def mount(self, policy: dict[str, Any] | None = None, role: bool = True, tls: bool = True, own: tuple[str, ...] = ()) -> list[str]:
        asked = {'actions': ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'], 'fileSystem': self.system, 'accessPoint': self.point,
                 'policy': json.dumps(policy) if policy else None, 'tls': tls, 'region': REGION, 'session': 'i-1',
                 'role': {'arn': self.role, 'policies': own} if role else None}
        request = urllib.request.Request(f'{ENDPOINT}/carbon-emulator/client-permissions', json.dumps(asked).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)['allowed']

    def test_by_the_role(self) -> None:
        self.assertEqual(self.mount(), [])
        self.assertEqual(self.problems(), [('denied', f'elasticfilesystem:ClientMount on {self.system}')])
        self.grant('elasticfilesystem:ClientMount', resource=self.system,
                   Condition={'StringEquals': {'elasticfilesystem:AccessPointArn': self.point}})
        self.assertEqual(self.mount(), ['elasticfilesystem:ClientMount'])

    def test_a_role_that_only_the_machine_room_knows(self) -> None:
        self.role += 'Unknown'
        allow = {'Statement': [{'Effect': 'Allow', 'Action': 'elasticfilesystem:ClientMount', 'Resource': self.system}]}
        self.assertEqual(self.mount(own=(json.dumps(allow),)), ['elasticfilesystem:ClientMount'])
        self.assertEqual(self.mount(), [])

    def test_without_a_policy_whoever_does_not_come_with_a_role_may(self) -> None:
        self.assertEqual(len(self.mount(role=False)), 2)

    def test_a_policy_of_the_file_system(self) -> None:
        self.grant('elasticfilesystem:ClientMount', resource=self.system)
        plain = {'Effect': 'Deny', 'Principal': {'AWS': '*'}, 'Action': '*', 'Condition': {'Bool': {'aws:SecureTransport': 'false'}}}
        anonymous = {'Effect': 'Deny', 'Principal': {'AWS': '*'}, 'Action': '*', 'Condition': {'Null': {'aws:PrincipalArn': 'true'}}}
        policy = {'Version': '2012-10-17', 'Statement': [{**each, 'Resource': self.system} for each in (plain, anonymous)]}
        self.assertEqual(self.mount(policy), ['elasticfilesystem:ClientMount'])
        self.assertEqual(self.mount(policy, tls=False), [])
        self.assertEqual(self.mount(policy, role=False), [])


if __name__ == '__main__':
    unittest.main()

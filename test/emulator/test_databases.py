"""RDS and Secrets Manager, read back through the API."""

import json
import unittest

from botocore.exceptions import ClientError

from emulated import StackTest, att, client, network, ref, resource

GENERATED = {'SecretStringTemplate': '{"username":"admin"}', 'GenerateStringKey': 'password', 'PasswordLength': 30,
             'ExcludeCharacters': ' %+~`#$&*()|[]{}:;<>?!\'/@"\\'}


def database(**properties):
    return resource('RDS::DBInstance', {
        'Engine': 'mysql', 'EngineVersion': '8.0.46', 'DBInstanceClass': 'db.t3.medium', 'AllocatedStorage': '50',
        'MaxAllocatedStorage': 100, 'StorageType': 'gp3', 'StorageEncrypted': True, 'BackupRetentionPeriod': 7,
        'DeletionProtection': True, 'MultiAZ': True, 'Port': '3307', 'PubliclyAccessible': False,
        'DBSubnetGroupName': ref('Subnets'), 'DBParameterGroupName': ref('Parameters'),
        'VPCSecurityGroups': [att('G', 'GroupId')], 'EnableCloudwatchLogsExports': ['error'],
        'MasterUsername': {'Fn::Join': ['', ['{{resolve:secretsmanager:', ref('Secret'), ':SecretString:username::}}']]},
        'MasterUserPassword': {'Fn::Join': ['', ['{{resolve:secretsmanager:', ref('Secret'), ':SecretString:password::}}']]},
        **properties})


def surroundings():
    return {
        **network(),
        'G': resource('EC2::SecurityGroup', {'VpcId': ref('Vpc'), 'GroupDescription': 'of the database'}),
        'Secret': resource('SecretsManager::Secret', {'GenerateSecretString': GENERATED}),
        'Subnets': resource('RDS::DBSubnetGroup', {'DBSubnetGroupDescription': 'both', 'SubnetIds': [ref('Subnet0'), ref('Subnet1')]}),
        'Parameters': resource('RDS::DBParameterGroup', {
            'Family': 'mysql8.0', 'Description': 'ours', 'Parameters': {'require_secure_transport': '1', 'sql_mode': 'ANSI'}}),
    }


def secret_value(secret_id):
    return client('secretsmanager').get_secret_value(SecretId=secret_id)['SecretString']


class Databases(StackTest):
    def test_instance_keeps_its_properties(self):
        outputs = self.create({**surroundings(), 'Db': database()}, {
            'Id': ref('Db'), 'Arn': att('Db', 'DBInstanceArn'), 'Address': att('Db', 'Endpoint.Address'), 'Port': att('Db', 'Endpoint.Port'),
            'Resource': att('Db', 'DbiResourceId'), 'G': att('G', 'GroupId'), 'Subnets': ref('Subnets'), 'Parameters': ref('Parameters')})
        read, = client('rds').describe_db_instances(DBInstanceIdentifier=outputs['Id'])['DBInstances']
        self.assertEqual((read['Engine'], read['EngineVersion'], read['DBInstanceClass']), ('mysql', '8.0.46', 'db.t3.medium'))
        self.assertEqual((read['StorageEncrypted'], read['DeletionProtection'], read['MultiAZ']), (True, True, True))
        self.assertEqual((read['BackupRetentionPeriod'], read['AllocatedStorage'], read['MaxAllocatedStorage']), (7, 50, 100))
        self.assertEqual(read['Endpoint'], {'Address': outputs['Address'], 'Port': 3307})
        self.assertEqual((read['DBInstanceArn'], read['DbiResourceId']), (outputs['Arn'], outputs['Resource']))
        self.assertEqual(read['DBSubnetGroup']['DBSubnetGroupName'], outputs['Subnets'])
        self.assertEqual(len(read['DBSubnetGroup']['Subnets']), 2)
        self.assertEqual(read['DBParameterGroups'][0]['DBParameterGroupName'], outputs['Parameters'])
        self.assertEqual([each['VpcSecurityGroupId'] for each in read['VpcSecurityGroups']], [outputs['G']])
        self.assertEqual(read['MasterUsername'], 'admin')
        self.assertEqual(read['EnabledCloudwatchLogsExports'], ['error'])

    def test_parameter_group(self):
        outputs = self.create(surroundings(), {'Name': ref('Parameters'), 'Same': att('Parameters', 'DBParameterGroupName')})
        self.assertEqual(outputs['Name'], outputs['Same'])
        read = client('rds').describe_db_parameters(DBParameterGroupName=outputs['Name'])['Parameters']
        self.assertEqual({each['ParameterName']: each['ParameterValue'] for each in read},
                         {'require_secure_transport': '1', 'sql_mode': 'ANSI'})

    def test_password_managed_by_the_service(self):
        managed = database(ManageMasterUserPassword=True, MasterUsername='admin', MasterUserPassword={'Ref': 'AWS::NoValue'})
        outputs = self.create({**surroundings(), 'Db': managed}, {'Id': ref('Db'), 'Secret': att('Db', 'MasterUserSecret.SecretArn')})
        read, = client('rds').describe_db_instances(DBInstanceIdentifier=outputs['Id'])['DBInstances']
        self.assertEqual(read['MasterUserSecret']['SecretArn'], outputs['Secret'])
        self.assertIn('password', json.loads(secret_value(outputs['Secret'])))


class Secrets(StackTest):
    def test_policy_and_rotation(self):
        policy = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Deny', 'Principal': '*', 'Action': 'secretsmanager:GetSecretValue', 'Resource': '*'}]}
        schedule = {'SecretId': ref('Other'), 'HostedRotationLambda': {'RotationType': 'MySQLSingleUser', 'RotationLambdaName': 'rotate'},
                    'RotationRules': {'ScheduleExpression': 'rate(10 days)', 'Duration': '2h'}}
        function = 'arn:aws:lambda:us-east-1:123456789012:function:mine'
        outputs = self.create({
            'S': resource('SecretsManager::Secret', {'SecretString': 'x'}), 'Other': resource('SecretsManager::Secret', {'SecretString': 'y'}),
            'Policy': resource('SecretsManager::ResourcePolicy', {'SecretId': ref('S'), 'ResourcePolicy': policy}),
            'Rotation': resource('SecretsManager::RotationSchedule', {
                'SecretId': ref('S'), 'RotationLambdaARN': function, 'RotationRules': {'AutomaticallyAfterDays': '30'}}),
            'Hosted': resource('SecretsManager::RotationSchedule', schedule),
        }, {'S': ref('S'), 'Other': ref('Other'), 'Policy': ref('Policy'), 'Rotation': att('Rotation', 'Id')})
        secrets = client('secretsmanager')
        self.assertEqual(json.loads(secrets.get_resource_policy(SecretId=outputs['S'])['ResourcePolicy']), policy)
        read = secrets.describe_secret(SecretId=outputs['S'])
        self.assertEqual((read['RotationEnabled'], read['RotationLambdaARN'], read['RotationRules']), (True, function, {'AutomaticallyAfterDays': 30}))
        hosted = secrets.describe_secret(SecretId=outputs['Other'])
        self.assertEqual((hosted['RotationLambdaARN'], hosted['RotationRules']),
                         ('arn:aws:lambda:us-east-1:123456789012:function:rotate', {'ScheduleExpression': 'rate(10 days)', 'Duration': '2h'}))
        self.assertEqual((outputs['Policy'], outputs['Rotation']), (outputs['S'], outputs['S']))

    def test_generated_value_in_a_template(self):
        tags = [{'Key': 'Name', 'Value': 'mine'}]
        secret = resource('SecretsManager::Secret', {'Description': 'of a test', 'GenerateSecretString': GENERATED, 'Tags': tags})
        outputs = self.create({'S': secret}, {'Arn': ref('S'), 'Id': att('S', 'Id')})
        self.assertEqual(outputs['Arn'], outputs['Id'])
        self.assertTrue(outputs['Arn'].startswith('arn:aws:secretsmanager:'))
        values = json.loads(secret_value(outputs['Arn']))
        self.assertEqual((values['username'], len(values['password'])), ('admin', 30))
        self.assertFalse(set(values['password']) & set(GENERATED['ExcludeCharacters']))
        read = client('secretsmanager').describe_secret(SecretId=outputs['Arn'])
        self.assertEqual((read['Description'], read['Tags']), ('of a test', tags))

    def test_a_version_is_written_once(self):
        """What nodes rely on that offer a key pair at the same moment."""
        outputs = self.create({'S': resource('SecretsManager::Secret', {'GenerateSecretString': GENERATED})}, {'S': ref('S')})
        secrets, offered = client('secretsmanager'), {'SecretId': outputs['S'], 'ClientRequestToken': 'a-name-of-a-version-of-32-characters'}
        secrets.put_secret_value(SecretString='first', **offered)
        with self.assertRaises(ClientError) as caught:
            secrets.put_secret_value(SecretString='second', **offered)
        self.assertEqual(caught.exception.response['Error']['Code'], 'ResourceExistsException')
        secrets.put_secret_value(SecretString='first', **offered)
        self.assertEqual(secret_value(outputs['S']), 'first')

    def test_generated_value_alone(self):
        outputs = self.create({'S': resource('SecretsManager::Secret', {'GenerateSecretString': {}})}, {'Arn': ref('S')})
        self.assertEqual(len(secret_value(outputs['Arn'])), 32)

    def test_the_current_version_is_what_is_given_without_a_stage(self):
        arn = self.create({'S': resource('SecretsManager::Secret', {'SecretString': 'old'})}, {'Arn': ref('S')})['Arn']
        secrets, token = client('secretsmanager'), 'b' * 32
        before = secrets.get_secret_value(SecretId=arn)['VersionId']
        secrets.put_secret_value(SecretId=arn, SecretString='new', ClientRequestToken=token, VersionStages=['AWSPENDING'])
        self.assertEqual(secret_value(arn), 'old')
        secrets.update_secret_version_stage(SecretId=arn, VersionStage='AWSCURRENT', MoveToVersionId=token, RemoveFromVersionId=before)
        self.assertEqual(secret_value(arn), 'new')
        self.assertEqual(secrets.get_secret_value(SecretId=arn, VersionId=before)['VersionStages'], ['AWSPREVIOUS'])

    def test_given_value_may_hold_an_access_key(self):
        outputs = self.create({
            'User': resource('IAM::User'), 'Key': resource('IAM::AccessKey', {'UserName': ref('User')}),
            'S': resource('SecretsManager::Secret', {'Name': 'given', 'SecretString': {'Fn::Join': ['', [
                '{"secretKey":"', att('Key', 'SecretAccessKey'), '"}']]}}),
        }, {'Arn': ref('S')})
        self.assertEqual(len(json.loads(secret_value('given'))['secretKey']), 40)
        self.assertIn(':secret:given-', outputs['Arn'])

    def test_attachment_adds_the_connection(self):
        outputs = self.create({
            **surroundings(), 'Db': database(DBName='wso2'),
            'Attached': resource('SecretsManager::SecretTargetAttachment', {
                'SecretId': ref('Secret'), 'TargetId': ref('Db'), 'TargetType': 'AWS::RDS::DBInstance'}),
        }, {'Secret': ref('Attached'), 'Address': att('Db', 'Endpoint.Address'), 'Db': ref('Db')})
        values = json.loads(secret_value(outputs['Secret']))
        self.assertEqual((values['username'], values['engine'], values['host'], values['port'], values['dbname']),
                         ('admin', 'mysql', outputs['Address'], 3307, 'wso2'))
        self.assertEqual(values['dbInstanceIdentifier'], outputs['Db'])


if __name__ == '__main__':
    unittest.main()

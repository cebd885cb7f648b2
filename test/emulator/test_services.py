"""IAM, monitoring, messaging, backup, storage, names and parameters, read back through the API."""

import json
import unittest
import urllib.request
from datetime import datetime, timedelta, timezone
from uuid import uuid4

from botocore.exceptions import ClientError

from emulated import REGION, StackTest, att, client, network, ref, resource

SSM_POLICY = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore'
DOCUMENT = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'ec2:DescribeInstances', 'Resource': '*'}]}


class Identity(StackTest):
    def test_role_with_managed_and_inline_policies(self):
        outputs = self.create({
            'Own': resource('IAM::ManagedPolicy', {'PolicyDocument': DOCUMENT}),
            'Role': resource('IAM::Role', {
                'AssumeRolePolicyDocument': DOCUMENT, 'ManagedPolicyArns': [SSM_POLICY, ref('Own')],
                'Policies': [{'PolicyName': 'inline', 'PolicyDocument': DOCUMENT}], 'Tags': [{'Key': 'a', 'Value': 'b'}]}),
        }, {'Role': ref('Role'), 'Own': att('Own', 'PolicyArn')})
        iam = client('iam')
        attached = iam.list_attached_role_policies(RoleName=outputs['Role'])['AttachedPolicies']
        self.assertEqual({each['PolicyArn'] for each in attached}, {SSM_POLICY, outputs['Own']})
        self.assertEqual(iam.get_role_policy(RoleName=outputs['Role'], PolicyName='inline')['PolicyDocument'], DOCUMENT)
        self.assertEqual(iam.get_role(RoleName=outputs['Role'])['Role']['Tags'], [{'Key': 'a', 'Value': 'b'}])

    def test_policy_that_does_not_exist(self):
        role = resource('IAM::Role', {'AssumeRolePolicyDocument': DOCUMENT, 'ManagedPolicyArns': ['arn:aws:iam::aws:policy/None']})
        self.assertEqual(self.status(self.start({'Role': role}))[0], 'ROLLBACK_COMPLETE')

    def test_user_with_managed_and_inline_policies(self):
        outputs = self.create({
            'Own': resource('IAM::ManagedPolicy', {'PolicyDocument': DOCUMENT, 'Users': [ref('User')]}),
            'User': resource('IAM::User', {
                'ManagedPolicyArns': [SSM_POLICY], 'Policies': [{'PolicyName': 'inline', 'PolicyDocument': DOCUMENT}],
                'Tags': [{'Key': 'a', 'Value': 'b'}]}),
        }, {'User': ref('User'), 'Own': ref('Own')})
        iam = client('iam')
        attached = iam.list_attached_user_policies(UserName=outputs['User'])['AttachedPolicies']
        self.assertEqual({each['PolicyArn'] for each in attached}, {SSM_POLICY, outputs['Own']})
        self.assertEqual(iam.get_user_policy(UserName=outputs['User'], PolicyName='inline')['PolicyDocument'], DOCUMENT)
        self.assertEqual(iam.list_user_tags(UserName=outputs['User'])['Tags'], [{'Key': 'a', 'Value': 'b'}])


class QuerySigned(StackTest):
    def test_a_request_signed_in_its_query_reaches_its_service(self):
        # As Hazelcast 3.5 asks; boto3 signs EC2's requests this way when it presigns them.
        url = client('ec2').generate_presigned_url('describe_instances', HttpMethod='GET')
        with urllib.request.urlopen(url) as answer:
            self.assertIn('DescribeInstancesResponse', answer.read().decode())


class Monitoring(StackTest):
    def test_alarm_on_a_metric(self):
        alarm = resource('CloudWatch::Alarm', {
            'Namespace': 'AWS/ApplicationELB', 'MetricName': 'UnHealthyHostCount', 'Statistic': 'Maximum', 'Period': 60,
            'EvaluationPeriods': 3, 'Threshold': 1, 'ComparisonOperator': 'GreaterThanOrEqualToThreshold',
            'TreatMissingData': 'breaching', 'Dimensions': [{'Name': 'LoadBalancer', 'Value': 'app/x/1'}], 'AlarmActions': [ref('Topic')]})
        outputs = self.create({'Topic': resource('SNS::Topic'), 'A': alarm}, {'Name': ref('A'), 'Arn': att('A', 'Arn'), 'Topic': ref('Topic')})
        read, = client('cloudwatch').describe_alarms(AlarmNames=[outputs['Name']])['MetricAlarms']
        self.assertEqual((read['AlarmArn'], read['MetricName'], read['Period'], read['Threshold']),
                         (outputs['Arn'], 'UnHealthyHostCount', 60, 1.0))
        self.assertEqual((read['TreatMissingData'], read['AlarmActions']), ('breaching', [outputs['Topic']]))
        self.assertEqual(read['Dimensions'], [{'Name': 'LoadBalancer', 'Value': 'app/x/1'}])

    def test_alarm_on_an_expression(self):
        stat = {'Metric': {'Namespace': 'N', 'MetricName': 'M', 'Dimensions': [{'Name': 'd', 'Value': 'v'}]}, 'Period': 60, 'Stat': 'Sum'}
        alarm = resource('CloudWatch::Alarm', {
            'EvaluationPeriods': 1, 'Threshold': 5, 'ComparisonOperator': 'GreaterThanThreshold',
            'Metrics': [{'Id': 'm1', 'MetricStat': stat, 'ReturnData': False}, {'Id': 'e1', 'Expression': 'm1*2', 'ReturnData': True}]})
        outputs = self.create({'A': alarm}, {'Name': ref('A')})
        read, = client('cloudwatch').describe_alarms(AlarmNames=[outputs['Name']])['MetricAlarms']
        self.assertEqual([each['Id'] for each in read['Metrics']], ['m1', 'e1'])
        self.assertEqual(read['Metrics'][0]['MetricStat']['Metric']['MetricName'], 'M')

    def test_alarm_on_alarms(self):
        alarm = resource('CloudWatch::Alarm', {
            'Namespace': 'N', 'MetricName': 'M', 'Statistic': 'Sum', 'Period': 60, 'EvaluationPeriods': 1, 'Threshold': 1,
            'ComparisonOperator': 'GreaterThanThreshold'})
        rule = {'Fn::Join': ['', ['ALARM("', ref('A'), '")']]}
        outputs = self.create({
            'Topic': resource('SNS::Topic'), 'A': alarm,
            'All': resource('CloudWatch::CompositeAlarm', {'AlarmRule': rule, 'AlarmActions': [ref('Topic')], 'AlarmDescription': 'all'}),
        }, {'A': ref('A'), 'All': ref('All'), 'Arn': att('All', 'Arn'), 'Topic': ref('Topic')})
        read, = client('cloudwatch').describe_alarms(AlarmNames=[outputs['All']], AlarmTypes=['CompositeAlarm'])['CompositeAlarms']
        self.assertEqual((read['AlarmArn'], read['AlarmRule'], read['AlarmActions'], read['AlarmDescription']),
                         (outputs['Arn'], f'ALARM("{outputs["A"]}")', [outputs['Topic']], 'all'))

    def test_metric_filter(self):
        outputs = self.create({
            'Group': resource('Logs::LogGroup'),
            'Filter': resource('Logs::MetricFilter', {
                'LogGroupName': ref('Group'), 'FilterPattern': 'ERROR',
                'MetricTransformations': [{'MetricName': 'Errors', 'MetricNamespace': 'Wso2', 'MetricValue': '1'}]}),
        }, {'Group': ref('Group'), 'Filter': ref('Filter')})
        read, = client('logs').describe_metric_filters(logGroupName=outputs['Group'])['metricFilters']
        self.assertEqual((read['filterName'], read['filterPattern']), (outputs['Filter'], 'ERROR'))
        self.assertEqual(read['metricTransformations'][0]['metricName'], 'Errors')

    def count(self, pattern, *messages):
        """What a filter of this pattern makes of the messages."""
        namespace = f'Wso2/{uuid4().hex}'
        outputs = self.create({
            'Group': resource('Logs::LogGroup'),
            'Filter': resource('Logs::MetricFilter', {
                'LogGroupName': ref('Group'), 'FilterPattern': pattern,
                'MetricTransformations': [{'MetricName': 'M', 'MetricNamespace': namespace, 'MetricValue': '1', 'DefaultValue': 0}]}),
        }, {'Group': ref('Group')})
        logs, now = client('logs'), datetime.now(timezone.utc)
        logs.create_log_stream(logGroupName=outputs['Group'], logStreamName='i-1')
        events = [{'timestamp': int(now.timestamp() * 1000), 'message': each} for each in messages]
        logs.put_log_events(logGroupName=outputs['Group'], logStreamName='i-1', logEvents=events)
        answer = client('cloudwatch').get_metric_statistics(
            Namespace=namespace, MetricName='M', StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1), Period=7200, Statistics=['Sum'])
        return [each['Sum'] for each in answer['Datapoints']]

    def test_metric_filter_counts_quoted_terms(self):
        lines = ('INFO {a} - Member joined [1]: /10.0.0.1:4000', 'INFO {a} - Member joined', 'INFO {a} - Member left [1]: /10.0.0.1:4000')
        self.assertEqual(self.count('"Member joined ["', *lines), [1.0])
        self.assertEqual(self.count('"Member joined [" "10.0.0.2"', *lines), [0.0])
        self.assertEqual(self.count('Member -left', *lines), [2.0])

    def test_metric_filter_counts_one_of_several_terms(self):
        lines = (' ERROR {a} - no', ' FATAL {a} - "end"', ' INFO {a} - ERROR', ' WARN {a}')
        self.assertEqual(self.count('?"ERROR {" ?"FATAL {"', *lines), [2.0])
        self.assertEqual(self.count('"\\"end\\""', *lines), [1.0])
        self.assertEqual(self.count('', *lines), [4.0])

    def test_metric_filter_of_another_language_counts_nothing(self):
        self.assertEqual(self.count('{ $.level = "ERROR" }', '{"level":"ERROR"}'), [])
        self.assertEqual(self.count('[ip, user, ...]', 'a b c'), [])


class Schedules(StackTest):
    def test_rule_that_may_call_a_function(self):
        code = {'ZipFile': 'def handler(event, context): pass'}
        outputs = self.create({
            'Role': resource('IAM::Role', {'AssumeRolePolicyDocument': DOCUMENT}),
            'Fn': resource('Lambda::Function', {'Runtime': 'python3.12', 'Handler': 'index.handler', 'Code': code, 'Role': att('Role', 'Arn')}),
            'Rule': resource('Events::Rule', {'ScheduleExpression': 'rate(1 day)', 'Targets': [{'Id': 'fn', 'Arn': att('Fn', 'Arn')}]}),
            'May': resource('Lambda::Permission', {
                'FunctionName': ref('Fn'), 'Action': 'lambda:InvokeFunction', 'Principal': 'events.amazonaws.com', 'SourceArn': att('Rule', 'Arn')}),
        }, {'Fn': ref('Fn'), 'Arn': att('Fn', 'Arn'), 'Rule': ref('Rule'), 'RuleArn': att('Rule', 'Arn'), 'May': ref('May')})
        self.assertRegex(outputs['May'], '^[A-Za-z0-9-]+$')
        events = client('events')
        self.assertEqual(events.describe_rule(Name=outputs['Rule'])['ScheduleExpression'], 'rate(1 day)')
        self.assertEqual([each['Arn'] for each in events.list_targets_by_rule(Rule=outputs['Rule'])['Targets']], [outputs['Arn']])
        statement, = json.loads(client('lambda').get_policy(FunctionName=outputs['Fn'])['Policy'])['Statement']
        self.assertEqual((statement['Principal'], statement['Condition']),
                         ({'Service': 'events.amazonaws.com'}, {'ArnLike': {'AWS:SourceArn': outputs['RuleArn']}}))


class Messaging(StackTest):
    def test_subscription_and_topic_policy(self):
        policy = {'Version': '2012-10-17', 'Statement': [
            {'Sid': 'own', 'Effect': 'Allow', 'Principal': {'Service': 'cloudwatch.amazonaws.com'}, 'Action': 'sns:Publish', 'Resource': '*'}]}
        outputs = self.create({
            'T': resource('SNS::Topic'),
            'S': resource('SNS::Subscription', {
                'TopicArn': ref('T'), 'Protocol': 'email', 'Endpoint': 'ops@example.com', 'FilterPolicy': {'kind': ['alarm']}}),
            'P': resource('SNS::TopicPolicy', {'Topics': [ref('T')], 'PolicyDocument': policy}),
        }, {'T': ref('T'), 'S': ref('S')})
        sns = client('sns')
        read, = sns.list_subscriptions_by_topic(TopicArn=outputs['T'])['Subscriptions']
        self.assertEqual((read['Endpoint'], read['SubscriptionArn']), ('ops@example.com', outputs['S']))
        attributes = sns.get_subscription_attributes(SubscriptionArn=outputs['S'])['Attributes']
        self.assertEqual(json.loads(attributes['FilterPolicy']), {'kind': ['alarm']})
        self.assertEqual(json.loads(sns.get_topic_attributes(TopicArn=outputs['T'])['Attributes']['Policy']), policy)

    def test_queue_policy(self):
        policy = {'Version': '2012-10-17', 'Statement': [
            {'Sid': 'rules', 'Effect': 'Allow', 'Principal': {'Service': 'events.amazonaws.com'}, 'Action': 'sqs:SendMessage', 'Resource': '*'}]}
        outputs = self.create({
            'Q': resource('SQS::Queue', {'SqsManagedSseEnabled': True, 'MessageRetentionPeriod': 1209600}),
            'P': resource('SQS::QueuePolicy', {'Queues': [ref('Q')], 'PolicyDocument': policy}),
        }, {'Q': ref('Q')})
        attributes = client('sqs').get_queue_attributes(QueueUrl=outputs['Q'], AttributeNames=['All'])['Attributes']
        self.assertEqual((json.loads(attributes['Policy']), attributes['MessageRetentionPeriod']), (policy, '1209600'))


class Backup(StackTest):
    def test_vault_plan_and_selection(self):
        plan = {'BackupPlanName': 'daily', 'BackupPlanRule': [
            {'RuleName': 'each-night', 'TargetBackupVault': ref('Vault'), 'ScheduleExpression': 'cron(0 3 * * ? *)'}]}
        selection = {'BackupPlanId': ref('Plan'), 'BackupSelection': {'SelectionName': 'all', 'IamRoleArn': 'arn:aws:iam::1:role/x'}}
        outputs = self.create({
            'Vault': resource('Backup::BackupVault', {'BackupVaultName': 'vault-of-test'}),
            'Plan': resource('Backup::BackupPlan', {'BackupPlan': plan}),
            'Selection': resource('Backup::BackupSelection', selection),
        }, {'Vault': att('Vault', 'BackupVaultArn'), 'Plan': ref('Plan'), 'Selection': ref('Selection')})
        backup = client('backup')
        self.assertEqual(backup.describe_backup_vault(BackupVaultName='vault-of-test')['BackupVaultArn'], outputs['Vault'])
        read = backup.get_backup_plan(BackupPlanId=outputs['Plan'])['BackupPlan']
        self.assertEqual((read['BackupPlanName'], read['Rules'][0]['TargetBackupVaultName']), ('daily', 'vault-of-test'))
        self.assertTrue(outputs['Selection'].endswith(outputs['Plan']))


class Storage(StackTest):
    def test_bucket_settings_and_a_policy_that_does_nothing(self):
        deny = {'Effect': 'Deny', 'Principal': '*', 'Action': 's3:*', 'Resource': '*',
                'Condition': {'Bool': {'aws:SecureTransport': 'false'}}}
        blocked = {'BlockPublicAcls': True, 'BlockPublicPolicy': True, 'IgnorePublicAcls': True, 'RestrictPublicBuckets': True}
        outputs = self.create({
            'B': resource('S3::Bucket', {'VersioningConfiguration': {'Status': 'Enabled'}, 'PublicAccessBlockConfiguration': blocked}),
            'P': resource('S3::BucketPolicy', {'Bucket': ref('B'), 'PolicyDocument': {'Version': '2012-10-17', 'Statement': [deny]}}),
        }, {'B': ref('B')})
        s3 = client('s3')
        self.assertEqual(s3.get_bucket_versioning(Bucket=outputs['B'])['Status'], 'Enabled')
        self.assertEqual(s3.get_public_access_block(Bucket=outputs['B'])['PublicAccessBlockConfiguration'], blocked)
        s3.put_object(Bucket=outputs['B'], Key='k', Body=b'v')
        with self.assertRaises(ClientError):
            s3.get_bucket_policy(Bucket=outputs['B'])

    def test_access_point_of_a_file_system(self):
        outputs = self.create({
            **network(),
            'Fs': resource('EFS::FileSystem', {'Encrypted': True}),
            'Mt': resource('EFS::MountTarget', {'FileSystemId': ref('Fs'), 'SubnetId': ref('Subnet0'), 'SecurityGroups': []}),
            'Ap': resource('EFS::AccessPoint', {
                'FileSystemId': ref('Fs'), 'PosixUser': {'Uid': '802', 'Gid': '802'}, 'RootDirectory': {'Path': '/server'}}),
        }, {'Ap': ref('Ap'), 'Arn': att('Ap', 'Arn'), 'Fs': att('Fs', 'Arn'), 'Ip': att('Mt', 'IpAddress')})
        efs = client('efs')
        read, = efs.describe_access_points(AccessPointId=outputs['Ap'])['AccessPoints']
        self.assertEqual((read['AccessPointArn'], read['RootDirectory']['Path']), (outputs['Arn'], '/server'))
        systems = efs.describe_file_systems()['FileSystems']
        self.assertIn(outputs['Fs'], [each['FileSystemArn'] for each in systems])
        self.assertTrue(outputs['Ip'].startswith('10.0.0.'))

    def test_file_system_with_its_policies(self):
        policy = {'Version': '2012-10-17', 'Statement': [{
            'Effect': 'Allow', 'Principal': {'AWS': '*'}, 'Action': 'elasticfilesystem:ClientMount',
            'Condition': {'Bool': {'elasticfilesystem:AccessedViaMountTarget': 'true'}}}]}
        outputs = self.create({
            **network(), 'G': resource('EC2::SecurityGroup', {'VpcId': ref('Vpc'), 'GroupDescription': 'a group'}),
            'Fs': resource('EFS::FileSystem', {
                'Encrypted': True, 'LifecyclePolicies': [{'TransitionToIA': 'AFTER_30_DAYS'}], 'FileSystemPolicy': policy,
                'BackupPolicy': {'Status': 'ENABLED'}, 'ThroughputMode': 'elastic', 'FileSystemTags': [{'Key': 'Name', 'Value': 'mine'}]}),
            'Mt': resource('EFS::MountTarget', {
                'FileSystemId': ref('Fs'), 'SubnetId': ref('Subnet0'), 'SecurityGroups': [att('G', 'GroupId')]}),
            'Ap': resource('EFS::AccessPoint', {
                'FileSystemId': ref('Fs'), 'PosixUser': {'Uid': '802', 'Gid': '803', 'SecondaryGids': ['804']},
                'RootDirectory': {'Path': '/server', 'CreationInfo': {'OwnerUid': '802', 'OwnerGid': '803', 'Permissions': '0750'}}}),
        }, {'Fs': ref('Fs'), 'G': att('G', 'GroupId'), 'Mt': ref('Mt'), 'Ap': ref('Ap')})
        efs, which = client('efs'), {'FileSystemId': outputs['Fs']}
        read, = efs.describe_file_systems(**which)['FileSystems']
        self.assertEqual((read['Encrypted'], read['ThroughputMode'], read['Name']), (True, 'elastic', 'mine'))
        self.assertEqual(efs.describe_lifecycle_configuration(**which)['LifecyclePolicies'], [{'TransitionToIA': 'AFTER_30_DAYS'}])
        self.assertEqual(json.loads(efs.describe_file_system_policy(**which)['Policy']), policy)
        self.assertEqual(efs.describe_backup_policy(**which)['BackupPolicy']['Status'], 'ENABLED')
        self.assertEqual(efs.describe_mount_target_security_groups(MountTargetId=outputs['Mt'])['SecurityGroups'], [outputs['G']])
        target, = efs.describe_mount_targets(**which)['MountTargets']
        interface, = client('ec2').describe_network_interfaces(NetworkInterfaceIds=[target['NetworkInterfaceId']])['NetworkInterfaces']
        self.assertEqual((target['AvailabilityZoneName'], target['IpAddress']), (f'{REGION}a', interface['PrivateIpAddress']))
        point, = efs.describe_access_points(AccessPointId=outputs['Ap'])['AccessPoints']
        self.assertEqual(point['PosixUser'], {'Uid': 802, 'Gid': 803, 'SecondaryGids': [804]})
        self.assertEqual(point['RootDirectory']['CreationInfo'], {'OwnerUid': 802, 'OwnerGid': 803, 'Permissions': '0750'})

    def test_access_point_of_no_file_system(self):
        point = resource('EFS::AccessPoint', {'FileSystemId': 'fs-00000000'})
        self.assertIn('fs-00000000', self.why_failed(self.start({'Ap': point})))


class Names(StackTest):
    def test_private_zone_with_a_record(self):
        outputs = self.create({
            **network(),
            'Zone': resource('Route53::HostedZone', {'Name': 'cluster.internal.', 'VPCs': [{'VPCId': ref('Vpc'), 'VPCRegion': REGION}]}),
            'Record': resource('Route53::RecordSet', {
                'HostedZoneId': ref('Zone'), 'Name': 'db.cluster.internal.', 'Type': 'CNAME', 'TTL': '60', 'ResourceRecords': ['x.example.com']}),
        }, {'Zone': att('Zone', 'Id'), 'Vpc': ref('Vpc')})
        route53 = client('route53')
        read = route53.get_hosted_zone(Id=outputs['Zone'])
        self.assertTrue(read['HostedZone']['Config']['PrivateZone'])
        self.assertEqual(read['VPCs'], [{'VPCRegion': REGION, 'VPCId': outputs['Vpc']}])
        records = route53.list_resource_record_sets(HostedZoneId=outputs['Zone'])['ResourceRecordSets']
        self.assertIn(('db.cluster.internal.', 'CNAME'), [(each['Name'], each['Type']) for each in records])

    def test_aliases_and_addresses(self):
        zone = {'Zone': resource('Route53::HostedZone', {'Name': 'am.internal', 'VPCs': [{'VPCId': ref('Vpc'), 'VPCRegion': REGION}]})}
        lb = resource('ElasticLoadBalancingV2::LoadBalancer', {'Subnets': [ref('Subnet0'), ref('Subnet1')]})
        alias = {'DNSName': {'Fn::Join': ['', ['dualstack.', att('Lb', 'DNSName')]]}, 'HostedZoneId': att('Lb', 'CanonicalHostedZoneID')}
        outputs = self.create({
            **network(), **zone, 'Lb': lb,
            'Alias': resource('Route53::RecordSet', {'HostedZoneId': ref('Zone'), 'Name': 'gw.am.internal', 'Type': 'A', 'AliasTarget': alias}),
            'Group': resource('Route53::RecordSetGroup', {'HostedZoneId': ref('Zone'), 'RecordSets': [
                {'Name': '*.am.internal.', 'Type': 'A', 'TTL': '60', 'ResourceRecords': ['10.0.0.9', '10.0.1.9']}]}),
        }, {'Zone': ref('Zone'), 'Dns': att('Lb', 'DNSName'), 'LbZone': att('Lb', 'CanonicalHostedZoneID'), 'Vpc': ref('Vpc'), 'Name': ref('Alias')})
        route53 = client('route53')
        zones = route53.list_hosted_zones_by_vpc(VPCId=outputs['Vpc'], VPCRegion=REGION)['HostedZoneSummaries']
        self.assertEqual([(each['HostedZoneId'], each['Name']) for each in zones], [(outputs['Zone'], 'am.internal.')])
        records = {each['Name']: each for each in route53.list_resource_record_sets(HostedZoneId=outputs['Zone'])['ResourceRecordSets']
                   if each['Type'] == 'A'}
        self.assertEqual(records['gw.am.internal.'], {'Name': 'gw.am.internal.', 'Type': 'A', 'AliasTarget': {
            'HostedZoneId': outputs['LbZone'], 'DNSName': f'dualstack.{outputs["Dns"].lower()}.', 'EvaluateTargetHealth': False}})
        wildcard = records['\\052.am.internal.']['ResourceRecords']
        self.assertEqual([each['Value'] for each in wildcard], ['10.0.0.9', '10.0.1.9'])

    def test_records_that_a_zone_cannot_have(self):
        zone = {'Zone': resource('Route53::HostedZone', {'Name': 'example.org.'})}
        record = {'HostedZoneId': ref('Zone'), 'Name': 'a.example.org', 'Type': 'A', 'TTL': '60', 'ResourceRecords': ['10.0.0.9']}
        other = resource('Route53::RecordSet', {**record, 'Name': 'a.badexample.org'})
        self.assertIn('is not permitted in zone', self.why_failed(self.start({**zone, 'R': other})))
        twice = {'R': resource('Route53::RecordSet', record), 'S': resource('Route53::RecordSet', {**record, 'Name': 'A.example.org.'})}
        self.assertIn('already exists', self.why_failed(self.start({**zone, **twice})))

    def test_public_zone(self):
        outputs = self.create({'Zone': resource('Route53::HostedZone', {'Name': 'example.org.'})}, {'Zone': ref('Zone')})
        self.assertFalse(client('route53').get_hosted_zone(Id=outputs['Zone'])['HostedZone']['Config']['PrivateZone'])


class Parameters(StackTest):
    def test_parameter_without_a_name(self):
        outputs = self.create({'P': resource('SSM::Parameter', {'Type': 'String', 'Value': 'v'})},
                              {'Name': ref('P'), 'Value': att('P', 'Value'), 'Type': att('P', 'Type')})
        self.assertEqual((outputs['Value'], outputs['Type']), ('v', 'String'))
        self.assertEqual(client('ssm').get_parameter(Name=outputs['Name'])['Parameter']['Value'], 'v')


if __name__ == '__main__':
    unittest.main()

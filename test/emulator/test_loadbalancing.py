"""Load balancers, listeners, rules, target groups, their targets and certificates, read back through the API."""

import unittest

from emulated import StackTest, att, client, network, ref, resource
from test_compute import launch_template, profile, scaling_group


def balancer(**properties):
    return resource('ElasticLoadBalancingV2::LoadBalancer', {'Subnets': [ref('Subnet0'), ref('Subnet1')], **properties})


def target_group(**properties):
    return resource('ElasticLoadBalancingV2::TargetGroup', {
        'VpcId': ref('Vpc'), 'Protocol': 'HTTPS', 'Port': 9443, 'TargetType': 'instance', **properties})


def certificate(domain):
    return resource('CertificateManager::Certificate', {'DomainName': domain, 'ValidationMethod': 'DNS'})


def https(**properties):
    return resource('ElasticLoadBalancingV2::Listener', {
        'LoadBalancerArn': ref('Lb'), 'Protocol': 'HTTPS', 'Port': 443, 'SslPolicy': 'ELBSecurityPolicy-TLS13-1-2-2021-06',
        'Certificates': [{'CertificateArn': ref('Cert')}],
        'DefaultActions': [{'Type': 'fixed-response', 'FixedResponseConfig': {'StatusCode': '404'}}], **properties})


class LoadBalancers(StackTest):
    def test_scheme_attributes_tags_and_names(self):
        outputs = self.create({**network(), 'Lb': balancer(
            Scheme='internal', Tags=[{'Key': 'Name', 'Value': 'mine'}],
            LoadBalancerAttributes=[{'Key': 'idle_timeout.timeout_seconds', 'Value': '90'},
                                    {'Key': 'routing.http.drop_invalid_header_fields.enabled', 'Value': 'true'}])},
            {'Arn': ref('Lb'), 'Name': att('Lb', 'LoadBalancerFullName'), 'Zone': att('Lb', 'CanonicalHostedZoneID')})
        elb = client('elbv2')
        read, = elb.describe_load_balancers(LoadBalancerArns=[outputs['Arn']])['LoadBalancers']
        self.assertEqual((read['Type'], read['Scheme'], read['CanonicalHostedZoneId']), ('application', 'internal', outputs['Zone']))
        self.assertTrue(outputs['Arn'].endswith(outputs['Name']))
        attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=outputs['Arn'])['Attributes']
        self.assertIn({'Key': 'idle_timeout.timeout_seconds', 'Value': '90'}, attributes)
        tags = elb.describe_tags(ResourceArns=[outputs['Arn']])['TagDescriptions'][0]['Tags']
        self.assertEqual(tags, [{'Key': 'Name', 'Value': 'mine'}])

    def test_network_load_balancer_with_a_tcp_listener(self):
        outputs = self.create({
            **network(), 'Group': target_group(Protocol='TCP', Port=5701), 'Lb': balancer(
                Type='network', Scheme='internal', Tags=[{'Key': 'Name', 'Value': 'mine'}],
                LoadBalancerAttributes=[{'Key': 'load_balancing.cross_zone.enabled', 'Value': 'true'}]),
            'L': resource('ElasticLoadBalancingV2::Listener', {
                'LoadBalancerArn': ref('Lb'), 'Protocol': 'TCP', 'Port': 5701,
                'DefaultActions': [{'Type': 'forward', 'TargetGroupArn': ref('Group')}]}),
        }, {'Arn': ref('Lb'), 'Name': att('Lb', 'LoadBalancerFullName'), 'Dns': att('Lb', 'DNSName'), 'L': ref('L'), 'Group': ref('Group')})
        elb = client('elbv2')
        read, = elb.describe_load_balancers(LoadBalancerArns=[outputs['Arn']])['LoadBalancers']
        self.assertEqual((read['Type'], read['Scheme'], read['DNSName']), ('network', 'internal', outputs['Dns']))
        self.assertRegex(outputs['Name'], '^net/')
        self.assertRegex(outputs['Dns'], r'\.elb\.us-east-1\.amazonaws\.com$')
        self.assertIn(':listener/net/', outputs['L'])
        listeners = elb.describe_listeners(LoadBalancerArn=outputs['Arn'])['Listeners']
        self.assertEqual([(each['Protocol'], each['Port']) for each in listeners], [('TCP', 5701)])
        tags = elb.describe_tags(ResourceArns=[outputs['Arn']])['TagDescriptions'][0]['Tags']
        self.assertEqual(tags, [{'Key': 'Name', 'Value': 'mine'}])
        attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=outputs['Arn'])['Attributes']
        self.assertIn({'Key': 'load_balancing.cross_zone.enabled', 'Value': 'true'}, attributes)
        group, = elb.describe_target_groups(TargetGroupArns=[outputs['Group']])['TargetGroups']
        self.assertEqual((group['LoadBalancerArns'], group['HealthCheckProtocol']), ([outputs['Arn']], 'TCP'))

    def test_instances_of_a_group_are_targets_of_a_network_load_balancer(self):
        outputs = self.create({
            **network(), **profile(), 'Group': target_group(Protocol='TCP', Port=443), 'Lb': balancer(Type='network'),
            'Template': launch_template(), 'Asg': scaling_group(TargetGroupARNs=[ref('Group')]),
            'L': resource('ElasticLoadBalancingV2::Listener', {
                'LoadBalancerArn': ref('Lb'), 'Protocol': 'TCP', 'Port': 443,
                'DefaultActions': [{'Type': 'forward', 'TargetGroupArn': ref('Group')}]}),
        }, {'Group': ref('Group')})
        targets = client('elbv2').describe_target_health(TargetGroupArn=outputs['Group'])['TargetHealthDescriptions']
        self.assertEqual([(each['Target']['Port'], each['TargetHealth']['State']) for each in targets], [(443, 'healthy')] * 3)

    def test_target_group_keeps_health_check_stickiness_and_tags(self):
        outputs = self.create({**network(), 'Group': target_group(
            HealthCheckPath='/services/Version', HealthCheckProtocol='HTTPS', HealthCheckIntervalSeconds=15,
            HealthyThresholdCount=3, UnhealthyThresholdCount=4, Matcher={'HttpCode': '200,302'}, ProtocolVersion='HTTP2',
            TargetGroupAttributes=[{'Key': 'stickiness.enabled', 'Value': 'true'}, {'Key': 'stickiness.type', 'Value': 'lb_cookie'},
                                   {'Key': 'deregistration_delay.timeout_seconds', 'Value': '20'}],
            Tags=[{'Key': 'Name', 'Value': 'mine'}])},
            {'Arn': ref('Group'), 'Full': att('Group', 'TargetGroupFullName')})
        elb = client('elbv2')
        read, = elb.describe_target_groups(TargetGroupArns=[outputs['Arn']])['TargetGroups']
        self.assertEqual((read['HealthCheckPath'], read['HealthCheckIntervalSeconds'], read['Matcher']['HttpCode']),
                         ('/services/Version', 15, '200,302'))
        self.assertEqual((read['HealthyThresholdCount'], read['UnhealthyThresholdCount'], read['ProtocolVersion']), (3, 4, 'HTTP2'))
        attributes = {each['Key']: each['Value']
                      for each in elb.describe_target_group_attributes(TargetGroupArn=outputs['Arn'])['Attributes']}
        self.assertEqual((attributes['stickiness.enabled'], attributes['stickiness.type']), ('true', 'lb_cookie'))
        self.assertEqual(attributes['deregistration_delay.timeout_seconds'], '20')
        self.assertTrue(outputs['Full'].startswith('targetgroup/'))
        tags = elb.describe_tags(ResourceArns=[outputs['Arn']])['TagDescriptions'][0]['Tags']
        self.assertEqual(tags, [{'Key': 'Name', 'Value': 'mine'}])


class Listeners(StackTest):
    def test_tls_listener_with_rules_by_host(self):
        outputs = self.create({
            **network(), 'Lb': balancer(), 'Group': target_group(), 'Cert': certificate('am.example.com'), 'L': https(),
            'Rule': resource('ElasticLoadBalancingV2::ListenerRule', {
                'ListenerArn': ref('L'), 'Priority': 10,
                'Conditions': [{'Field': 'host-header', 'HostHeaderConfig': {'Values': ['am.example.com', 'gw.example.com']}}],
                'Actions': [{'Type': 'forward', 'TargetGroupArn': ref('Group')}]}),
        }, {'L': ref('L'), 'Cert': ref('Cert'), 'Group': ref('Group'), 'Same': att('L', 'ListenerArn'), 'Rule': att('Rule', 'RuleArn')})
        elb = client('elbv2')
        read, = elb.describe_listeners(ListenerArns=[outputs['Same']])['Listeners']
        self.assertEqual((read['Protocol'], read['Port'], read['SslPolicy']), ('HTTPS', 443, 'ELBSecurityPolicy-TLS13-1-2-2021-06'))
        self.assertEqual(read['Certificates'][0]['CertificateArn'], outputs['Cert'])
        self.assertEqual(read['DefaultActions'][0]['FixedResponseConfig']['StatusCode'], '404')
        rule, default = elb.describe_rules(ListenerArn=outputs['L'])['Rules']
        self.assertEqual((rule['Priority'], rule['RuleArn'], default['Priority']), ('10', outputs['Rule'], 'default'))
        self.assertEqual(rule['Conditions'][0]['HostHeaderConfig']['Values'], ['am.example.com', 'gw.example.com'])
        self.assertEqual(rule['Actions'][0]['TargetGroupArn'], outputs['Group'])

    def test_default_action_with_several_target_groups(self):
        forward = {'Type': 'forward', 'ForwardConfig': {
            'TargetGroups': [{'TargetGroupArn': ref('Group'), 'Weight': 3}, {'TargetGroupArn': ref('Other'), 'Weight': 1}],
            'TargetGroupStickinessConfig': {'Enabled': True, 'DurationSeconds': 60}}}
        outputs = self.create({
            **network(), 'Lb': balancer(), 'Group': target_group(), 'Other': target_group(), 'Cert': certificate('a.example.com'),
            'L': https(DefaultActions=[forward]),
        }, {'L': ref('L')})
        read, = client('elbv2').describe_listeners(ListenerArns=[outputs['L']])['Listeners']
        self.assertEqual([each['Weight'] for each in read['DefaultActions'][0]['ForwardConfig']['TargetGroups']], [3, 1])

    def test_more_certificates(self):
        outputs = self.create({
            **network(), 'Lb': balancer(), 'Cert': certificate('a.example.com'), 'More': certificate('b.example.com'), 'L': https(),
            'Added': resource('ElasticLoadBalancingV2::ListenerCertificate', {
                'ListenerArn': ref('L'), 'Certificates': [{'CertificateArn': ref('More')}]}),
        }, {'L': ref('L'), 'Cert': ref('Cert'), 'More': ref('More')})
        read = client('elbv2').describe_listener_certificates(ListenerArn=outputs['L'])['Certificates']
        self.assertEqual([each['CertificateArn'] for each in read], [outputs['Cert'], outputs['More']])

    def test_certificate_is_issued(self):
        outputs = self.create({'Cert': certificate('issued.example.com')}, {'Arn': ref('Cert')})
        read = client('acm').describe_certificate(CertificateArn=outputs['Arn'])['Certificate']
        self.assertEqual((read['DomainName'], read['Status']), ('issued.example.com', 'ISSUED'))


class Targets(StackTest):
    def health(self, arn):
        answer = client('elbv2').describe_target_health(TargetGroupArn=arn)['TargetHealthDescriptions']
        return {each['Target']['Id']: each['TargetHealth']['State'] for each in answer}

    def test_instances_of_a_group_are_targets_while_they_run(self):
        template = resource('EC2::LaunchTemplate', {'LaunchTemplateData': {'ImageId': 'ami-12345678', 'InstanceType': 't3.small'}})
        outputs = self.create({
            **network(), 'Template': template, 'Group': target_group(),
            'Asg': resource('AutoScaling::AutoScalingGroup', {
                'MinSize': '0', 'MaxSize': '3', 'DesiredCapacity': '2', 'VPCZoneIdentifier': [ref('Subnet0'), ref('Subnet1')],
                'TargetGroupARNs': [ref('Group')],
                'LaunchTemplate': {'LaunchTemplateId': ref('Template'), 'Version': att('Template', 'LatestVersionNumber')}}),
        }, {'Asg': ref('Asg'), 'Group': ref('Group')})
        self.assertEqual(list(self.health(outputs['Group']).values()), ['healthy', 'healthy'])
        client('autoscaling').set_desired_capacity(AutoScalingGroupName=outputs['Asg'], DesiredCapacity=1)
        left, = client('autoscaling').describe_auto_scaling_groups(AutoScalingGroupNames=[outputs['Asg']])['AutoScalingGroups'][0]['Instances']
        self.assertEqual(self.health(outputs['Group']), {left['InstanceId']: 'healthy'})

    def test_targets_of_the_template(self):
        outputs = self.create({
            **network(), 'I': resource('EC2::Instance', {'ImageId': 'ami-12345678', 'SubnetId': ref('Subnet0')}),
            'Group': target_group(Targets=[{'Id': ref('I'), 'Port': 9444}]),
        }, {'I': ref('I'), 'Group': ref('Group')})
        self.assertEqual(self.health(outputs['Group']), {outputs['I']: 'healthy'})


if __name__ == '__main__':
    unittest.main()

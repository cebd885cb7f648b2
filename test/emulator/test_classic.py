"""Classic load balancers, read back through the API."""

import unittest

from emulated import REGION, StackTest, att, client, network, ref, resource
from test_compute import launch_template, profile, scaling_group

CERTIFICATE = {'Cert': resource('CertificateManager::Certificate', {'DomainName': 'am.example.com', 'ValidationMethod': 'DNS'})}
APP_COOKIE = {'PolicyName': 'Session', 'CookieName': 'JSESSIONID'}
TLS = {'PolicyName': 'Tls', 'PolicyType': 'SSLNegotiationPolicyType',
       'Attributes': [{'Name': 'Reference-Security-Policy', 'Value': 'ELBSecurityPolicy-TLS-1-2-2017-01'}]}


def listener(protocol='HTTPS', port=443, inside='https', to=9443, **more):
    certificate = {'SSLCertificateId': ref('Cert')} if protocol.upper() in ('HTTPS', 'SSL') else {}
    return {'Protocol': protocol, 'LoadBalancerPort': str(port), 'InstanceProtocol': inside, 'InstancePort': str(to), **certificate, **more}


def balancer(*listeners, **properties):
    return resource('ElasticLoadBalancing::LoadBalancer', {
        'Subnets': [ref('Subnet0'), ref('Subnet1')], 'Listeners': list(listeners) or [listener()], **properties})


class Classic(StackTest):
    def make(self, lb, more=None, outputs=None):
        made = self.create({**network(), **CERTIFICATE, 'Lb': lb, **(more or {})}, {
            'Lb': ref('Lb'), 'Dns': att('Lb', 'DNSName'), 'Cert': ref('Cert'), 'Vpc': ref('Vpc'), 'Subnet': ref('Subnet1'), **(outputs or {})})
        self.elb = client('elb')
        described, = self.elb.describe_load_balancers(LoadBalancerNames=[made['Lb']])['LoadBalancerDescriptions']
        return made, described

    def failure(self, lb):
        return self.why_failed(self.start({**network(), **CERTIFICATE, 'Lb': lb}))

    def test_listeners_with_both_protocols_and_their_policies(self):
        outputs, read = self.make(balancer(
            listener(PolicyNames=['Session', 'Tls']), listener('tcp', 8243, 'tcp', 8243), listener('ssl', 8443, 'ssl', 9443),
            listener('http', 80, 'http', 9763, PolicyNames=['Plain']),
            AppCookieStickinessPolicy=[APP_COOKIE], LBCookieStickinessPolicy=[{'PolicyName': 'Plain', 'CookieExpirationPeriod': '60'}],
            Policies=[TLS]))
        listeners = {each['Listener']['LoadBalancerPort']: each for each in read['ListenerDescriptions']}
        self.assertEqual(listeners[443]['Listener'], {
            'Protocol': 'HTTPS', 'LoadBalancerPort': 443, 'InstanceProtocol': 'HTTPS', 'InstancePort': 9443,
            'SSLCertificateId': outputs['Cert']})
        self.assertEqual([listeners[port]['Listener']['InstanceProtocol'] for port in (8243, 8443, 80)], ['TCP', 'SSL', 'HTTP'])
        self.assertEqual(listeners[443]['PolicyNames'], ['Session', 'Tls'])
        self.assertEqual(listeners[80]['PolicyNames'], ['Plain'])
        self.assertEqual(read['Policies']['AppCookieStickinessPolicies'], [APP_COOKIE])
        self.assertEqual(read['Policies']['LBCookieStickinessPolicies'], [{'PolicyName': 'Plain', 'CookieExpirationPeriod': 60}])

    def test_tls_policies_given_and_by_default(self):
        outputs, read = self.make(balancer(listener(PolicyNames=['Tls']), listener('SSL', 8443, 'SSL', 9443), Policies=[TLS]))
        names = {each['Listener']['LoadBalancerPort']: each['PolicyNames'] for each in read['ListenerDescriptions']}
        self.assertEqual(names, {443: ['Tls'], 8443: ['ELBSecurityPolicy-2016-08']})
        policies = self.elb.describe_load_balancer_policies(LoadBalancerName=outputs['Lb'])['PolicyDescriptions']
        self.assertEqual({each['PolicyName']: each['PolicyAttributeDescriptions'] for each in policies}, {
            'Tls': [{'AttributeName': 'Reference-Security-Policy', 'AttributeValue': 'ELBSecurityPolicy-TLS-1-2-2017-01'}],
            'ELBSecurityPolicy-2016-08': [{'AttributeName': 'Reference-Security-Policy', 'AttributeValue': 'ELBSecurityPolicy-2016-08'}]})

    def test_network_scheme_check_attributes_and_tags(self):
        group = resource('EC2::SecurityGroup', {'VpcId': ref('Vpc'), 'GroupDescription': 'clients'})
        check = {'Target': 'HTTPS:9443/services/Version', 'Interval': '15', 'Timeout': '4', 'HealthyThreshold': '3', 'UnhealthyThreshold': '4'}
        outputs, read = self.make(balancer(
            Scheme='internal', SecurityGroups=[att('G', 'GroupId')], HealthCheck=check, CrossZone=True,
            ConnectionDrainingPolicy={'Enabled': True, 'Timeout': 20}, ConnectionSettings={'IdleTimeout': 90},
            Tags=[{'Key': 'Name', 'Value': 'mine'}]), {'G': group}, {'G': att('G', 'GroupId')})
        self.assertEqual((read['Scheme'], read['VPCId'], read['SecurityGroups']), ('internal', outputs['Vpc'], [outputs['G']]))
        self.assertEqual((len(read['Subnets']), read['AvailabilityZones']), (2, [f'{REGION}a', f'{REGION}b']))
        self.assertIn(outputs['Subnet'], read['Subnets'])
        self.assertEqual({key: str(value) for key, value in read['HealthCheck'].items()}, check)
        attributes = self.elb.describe_load_balancer_attributes(LoadBalancerName=outputs['Lb'])['LoadBalancerAttributes']
        self.assertEqual((attributes['CrossZoneLoadBalancing'], attributes['ConnectionDraining'], attributes['ConnectionSettings']),
                         ({'Enabled': True}, {'Enabled': True, 'Timeout': 20}, {'IdleTimeout': 90}))
        tags = self.elb.describe_tags(LoadBalancerNames=[outputs['Lb']])['TagDescriptions'][0]['Tags']
        self.assertEqual(tags, [{'Key': 'Name', 'Value': 'mine'}])

    def test_name_and_zone_for_an_alias(self):
        outputs, read = self.make(balancer(), outputs={'Zone': att('Lb', 'CanonicalHostedZoneNameID'), 'Name': att('Lb', 'CanonicalHostedZoneName')})
        self.assertEqual((read['CanonicalHostedZoneNameID'], read['DNSName']), (outputs['Zone'], outputs['Name']))
        self.assertLessEqual(len(outputs['Lb']), 32)

    def test_instances_of_a_group_are_registered_while_they_run(self):
        outputs, _ = self.make(balancer(), {
            **profile(), 'Template': launch_template(), 'Asg': scaling_group(LoadBalancerNames=[ref('Lb')])}, {'Asg': ref('Asg')})
        self.assertEqual(self.registered(outputs['Lb']), self.running(outputs['Asg']))
        victim = self.running(outputs['Asg'])[0]
        client('autoscaling').terminate_instance_in_auto_scaling_group(InstanceId=victim, ShouldDecrementDesiredCapacity=False)
        self.assertEqual(self.registered(outputs['Lb']), self.running(outputs['Asg']))
        self.assertNotIn(victim, self.registered(outputs['Lb']))

    def registered(self, name):
        return sorted(each['InstanceId'] for each in self.elb.describe_instance_health(LoadBalancerName=name)['InstanceStates'])

    def running(self, name):
        groups = client('autoscaling').describe_auto_scaling_groups(AutoScalingGroupNames=[name])['AutoScalingGroups']
        return sorted(each['InstanceId'] for each in groups[0]['Instances'])

    def test_what_cannot_be_is_refused(self):
        self.assertIn('HTTPS cannot have the instance protocol TCP', self.failure(balancer(listener(inside='tcp'))))
        self.assertIn('need SSLCertificateId', self.failure(balancer({**listener('TCP', inside='tcp'), 'Protocol': 'SSL'})))
        self.assertIn('PolicyNotFound', self.failure(balancer(listener(PolicyNames=['Nobody']))))


if __name__ == '__main__':
    unittest.main()

import json
import unittest

import document
import efs
import policies

ARN = 'arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-1'
POINT = document.AccessPoint('fsap-1', 'arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1')
ROLE = 'arn:aws:iam::123456789012:role/R'


def policy(*statements):
    return json.dumps({'Version': '2012-10-17', 'Statement': list(statements)})


def statement(effect='Allow', action='elasticfilesystem:ClientMount', resource=ARN, **more):
    return {'Effect': effect, 'Action': action, 'Resource': resource, **more}


class DecisionTest(unittest.TestCase):
    def decide(self, *documents, action='elasticfilesystem:ClientMount', resource_based=False, principal=ROLE, **context):
        request = policies.Request(action, ARN, {'aws:SecureTransport': 'true', **context}, principal)
        return policies.decision(documents, request, resource_based)

    def test_actions_and_resources_by_name_and_pattern(self):
        self.assertEqual(self.decide(policy(statement())), 'Allow')
        self.assertEqual(self.decide(policy(statement(action=['s3:*', 'ElasticFileSystem:Client*']))), 'Allow')
        self.assertIsNone(self.decide(policy(statement(action='elasticfilesystem:ClientWrite'))))
        self.assertIsNone(self.decide(policy(statement(resource=ARN + '0'))))
        self.assertEqual(self.decide(policy(statement(resource=[ARN.replace('fs-1', '*')]))), 'Allow')
        self.assertIsNone(self.decide(policy({'Effect': 'Allow', 'NotAction': 'elasticfilesystem:*', 'Resource': '*'})))

    def test_a_deny_anywhere_counts_more(self):
        self.assertEqual(self.decide(policy(statement()), policy(statement('Deny', '*', '*'))), 'Deny')

    def test_one_statement_need_not_be_a_list(self):
        self.assertEqual(self.decide(json.dumps({'Statement': statement()})), 'Allow')

    def test_conditions(self):
        def held(condition, **context):
            return self.decide(policy(statement(Condition=condition)), **context) == 'Allow'

        point = {'elasticfilesystem:AccessPointArn': POINT.arn}
        self.assertTrue(held({'Bool': {'aws:SecureTransport': 'true'}}))
        self.assertFalse(held({'Bool': {'aws:SecureTransport': 'false'}}))
        self.assertTrue(held({'StringEquals': point}, **point))
        self.assertFalse(held({'StringEquals': point}))
        self.assertTrue(held({'StringEqualsIfExists': point}))
        self.assertTrue(held({'ArnLike': {'elasticfilesystem:accesspointarn': '*access-point/fsap-*'}}, **point))
        self.assertTrue(held({'StringNotEquals': point}))
        self.assertFalse(held({'Null': {'elasticfilesystem:AccessPointArn': 'false'}}))

    def test_an_unknown_condition_is_no_decision(self):
        with self.assertRaises(policies.UnknownCondition):
            self.decide(policy(statement(Condition={'IpAddress': {'aws:SourceIp': '10.0.0.0/8'}})))

    def test_principals_of_a_resources_policy(self):
        def allowed(principal, who=ROLE):
            about = {'Effect': 'Allow', 'Principal': principal, 'Action': 'elasticfilesystem:*'}
            return self.decide(policy(about), resource_based=True, principal=who) == 'Allow'

        for principal in ('*', {'AWS': '*'}, {'AWS': [ROLE, 'arn:x']}):
            self.assertTrue(allowed(principal), principal)
        self.assertFalse(allowed({'AWS': 'arn:aws:iam::123456789012:root'}))
        self.assertFalse(allowed({'AWS': ROLE}, who=None))


class PermissionsTest(unittest.TestCase):
    both = {'elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'}

    def allowed(self, roles=(), own=None, iam=True, tls=True):
        node = document.Node('i-1', '10.0.1.11', '', role=document.Role('R', ROLE, policies=list(roles)))
        return efs.permissions(document.FileSystem('fs-1', ARN, policy=own), POINT, node, iam=iam, tls=tls)

    def test_by_the_role(self):
        self.assertEqual(self.allowed([policy(statement(action=sorted(self.both)))]), self.both)
        self.assertEqual(self.allowed([policy(statement())]), {'elasticfilesystem:ClientMount'})
        self.assertEqual(self.allowed(), set())

    def test_without_a_policy_whoever_does_not_come_with_a_role_may(self):
        self.assertEqual(self.allowed(iam=False), self.both)

    def test_a_policy_of_the_file_system(self):
        encrypted = policy({'Effect': 'Deny', 'Principal': '*', 'Action': '*', 'Condition': {'Bool': {'aws:SecureTransport': 'false'}}},
                           {'Effect': 'Allow', 'Principal': {'AWS': ROLE}, 'Action': sorted(self.both)})
        self.assertEqual(self.allowed(own=encrypted), self.both)
        self.assertEqual(self.allowed(own=encrypted, tls=False), set())
        self.assertEqual(self.allowed(own=encrypted, iam=False), set())

    def test_a_policy_that_keeps_out_whoever_does_not_say_who_he_is(self):
        anonymous = policy({'Effect': 'Deny', 'Principal': {'AWS': '*'}, 'Action': '*', 'Condition': {'Null': {'aws:PrincipalArn': 'true'}}})
        mine = [policy(statement(action=sorted(self.both)))]
        self.assertEqual(self.allowed(mine, own=anonymous), self.both)
        self.assertEqual(self.allowed(mine, own=anonymous, iam=False), set())

    def test_only_through_an_access_point(self):
        through = {'StringEquals': {'elasticfilesystem:AccessPointArn': POINT.arn}}
        self.assertEqual(self.allowed([policy(statement(Condition=through))]), {'elasticfilesystem:ClientMount'})


if __name__ == '__main__':
    unittest.main()

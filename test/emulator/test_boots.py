"""Creation policies by the simulated clock: how many signals come within the timeout, and what a failure of a node does."""

import json
import unittest
import urllib.request

from emulated import StackTest, client_of, launch, network, ref, resource
from test_compute import version_of
from test_rolling import template

OPTIONS = ('--signals', 'simulated', '--boot', '200', '--start', '100')


class Clock(StackTest):
    @classmethod
    def setUpClass(cls):
        cls.servers = {queued: launch(*OPTIONS, *(['--queued-starts'] if queued else [])) for queued in (False, True)}

    def group(self, nodes, timeout, queued=False, phase='', count=None, **policy):
        """Returns the status of a stack with one group, and why the group has failed."""
        url = self.servers[queued]
        if phase:
            body = json.dumps({'logicalId': 'Group', 'reason': '', 'phase': phase}).encode()
            urllib.request.urlopen(urllib.request.Request(f'{url}/moto-api/creation-fault', body, {'Content-Type': 'application/json'})).read()
        group = resource('AutoScaling::AutoScalingGroup', {
            'MinSize': str(nodes), 'MaxSize': str(nodes), 'VPCZoneIdentifier': [ref('Subnet0')], 'LaunchTemplate': version_of('Template')},
            CreationPolicy={'ResourceSignal': {'Count': count or nodes, 'Timeout': timeout}, **policy})
        name = self.id().rpartition('.')[2].replace('_', '-') + str(nodes)
        cloudformation = client_of('cloudformation', url)
        body = json.dumps({'Resources': {**network(1), 'Template': template('one'), 'Group': group}})
        stack = cloudformation.create_stack(StackName=name, TemplateBody=body)['StackId']
        self.events = cloudformation.describe_stack_events(StackName=stack)['StackEvents'][::-1]
        reasons = [each.get('ResourceStatusReason') for each in self.events
                   if each['LogicalResourceId'] == 'Group' and each['ResourceStatus'] == 'CREATE_FAILED']
        cloudformation.delete_stack(StackName=name)
        return self.events[-1]['ResourceStatus'], reasons[0] if reasons else None

    def signals(self, status):
        return [each['ResourceStatusReason'] for each in self.events if f'Received {status} signal' in each.get('ResourceStatusReason', '')]

    def test_all_signals_in_time(self):
        self.assertEqual(self.group(3, 'PT5M'), ('CREATE_COMPLETE', None))
        self.assertEqual(len(self.signals('SUCCESS')), 3)

    def test_a_timeout_that_is_shorter_than_a_boot(self):
        self.assertEqual(self.group(3, 'PT4M59S'),
                         ('ROLLBACK_COMPLETE', 'Failed to receive 3 resource signal(s) within the specified duration'))

    def test_starts_that_queue_do_not_fit_into_a_timeout_that_does_not_grow(self):
        self.assertEqual(self.group(10, 'PT20M', queued=True), ('CREATE_COMPLETE', None))
        self.assertEqual(self.group(12, 'PT20M', queued=True),
                         ('ROLLBACK_COMPLETE', 'Failed to receive 2 resource signal(s) within the specified duration'))
        self.assertEqual(self.group(12, 'PT20M'), ('CREATE_COMPLETE', None))

    def test_a_failure_in_a_phase(self):
        self.assertEqual(self.group(2, 'PT20M', phase='databases'), (
            'ROLLBACK_COMPLETE', 'Received 1 FAILURE signal(s) out of 2. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement'))
        self.assertRegex(self.signals('FAILURE')[0], r'UniqueId i-[0-9a-f]+:databases:1$')

    def test_fewer_successes_suffice_if_the_policy_says_so(self):
        policy = {'AutoScalingCreationPolicy': {'MinSuccessfulInstancesPercent': 50}}
        self.assertEqual(self.group(2, 'PT20M', phase='join', **policy), ('CREATE_COMPLETE', None))

    def test_more_signals_than_nodes_never_come(self):
        self.assertEqual(self.group(1, 'PT1H', count=2),
                         ('ROLLBACK_COMPLETE', 'Failed to receive 1 resource signal(s) within the specified duration'))


if __name__ == '__main__':
    unittest.main()

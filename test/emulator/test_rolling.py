"""Rolling updates, and how instances leave their groups, seen through the API."""

import json
import time
import unittest

from emulated import StackTest, client, network, ref, resource
from test_compute import instances, version_of

HOOK = 'leave'


def template(text):
    return resource('EC2::LaunchTemplate', {'LaunchTemplateData': {
        'ImageId': 'ami-12345678', 'InstanceType': 'm6i.large', 'UserData': {'Fn::Base64': text}}})


def scaling_group(minimum, maximum, in_service, **more):
    policy = {'MinInstancesInService': in_service, 'MaxBatchSize': 1, 'WaitOnResourceSignals': True, 'PauseTime': 'PT1M',
              'SuspendProcesses': ['ReplaceUnhealthy']}
    return resource('AutoScaling::AutoScalingGroup', {
        'MinSize': str(minimum), 'MaxSize': str(maximum), 'VPCZoneIdentifier': [ref('Subnet0')], 'LaunchTemplate': version_of('Template')},
        UpdatePolicy={'AutoScalingRollingUpdate': policy}, **more)


class Rolling(StackTest):
    def deploy(self, **groups):
        self.groups = groups
        self.names = self.create(self.resources('one'), {name: ref(name) for name in groups})

    def resources(self, text, **more):
        return {**network(1), 'Template': template(text), **self.groups, **more}

    def update(self, text):
        """Returns when the update waits for something, or is over."""
        body = {'Resources': self.resources(text), 'Outputs': {name: {'Value': ref(name)} for name in self.groups}}
        client('cloudformation').update_stack(StackName=self.stack, TemplateBody=json.dumps(body))

    def stack_status(self):
        return client('cloudformation').describe_stacks(StackName=self.stack)['Stacks'][0]['StackStatus']

    def states(self, group):
        answer = client('autoscaling').describe_auto_scaling_groups(AutoScalingGroupNames=[self.names[group]])
        return {each['InstanceId']: each['LifecycleState'] for each in answer['AutoScalingGroups'][0]['Instances']}

    def until(self, holds):
        for _ in range(300):
            if holds():
                return
            time.sleep(0.1)
        self.fail(f'still {[self.states(each) for each in self.groups]}, {self.stack_status()}: {self.reasons()[-3:]}')

    def fresh(self, group, known):
        """The next instance that nobody knows."""
        self.until(lambda: set(self.states(group)) - set(known))
        new, = set(self.states(group)) - set(known)
        return new

    def signal(self, group, instance, status='SUCCESS'):
        client('cloudformation').signal_resource(StackName=self.stack, LogicalResourceId=group, UniqueId=instance, Status=status)

    def reasons(self):
        events = client('cloudformation').describe_stack_events(StackName=self.stack)['StackEvents']
        return [each.get('ResourceStatusReason', '') for each in reversed(events)]

    @staticmethod
    def version(instance):
        data = client('ec2').describe_instance_attribute(InstanceId=instance, Attribute='userData')['UserData']['Value']
        return data

    def test_new_instances_are_in_service_before_old_ones_leave(self):
        self.deploy(Group=scaling_group(2, 3, 2))
        old = set(self.states('Group'))
        self.update('two')
        first = self.fresh('Group', old)
        self.assertEqual(set(self.states('Group')), old | {first})
        self.assertEqual(self.stack_status(), 'UPDATE_IN_PROGRESS')
        self.signal('Group', first)
        second = self.fresh('Group', old | {first})
        self.until(lambda: len(self.states('Group')) == 3)
        self.signal('Group', second)
        self.until(lambda: self.stack_status() == 'UPDATE_COMPLETE')
        self.until(lambda: set(self.states('Group')) == {first, second})
        self.assertNotEqual(self.version(first), '')
        self.assertTrue(any(each.startswith('Rolling update initiated. Terminating 2 obsolete') for each in self.reasons()))

    def test_an_instance_that_must_be_alone_leaves_before_the_next_comes(self):
        self.deploy(Group=scaling_group(1, 1, 0))
        old, = self.states('Group')
        self.update('two')
        new = self.fresh('Group', {old})
        self.until(lambda: set(self.states('Group')) == {new})
        self.signal('Group', new)
        self.until(lambda: self.stack_status() == 'UPDATE_COMPLETE')

    def test_a_group_waits_for_the_one_that_it_depends_on(self):
        self.deploy(Ahead=scaling_group(1, 1, 0), Behind=scaling_group(1, 1, 0, DependsOn='Ahead'))
        old = {name: set(self.states(name)) for name in self.groups}
        self.update('two')
        new = self.fresh('Ahead', old['Ahead'])
        self.assertEqual(set(self.states('Behind')), old['Behind'])
        self.signal('Ahead', new)
        self.signal('Behind', self.fresh('Behind', old['Behind']))
        self.until(lambda: self.stack_status() == 'UPDATE_COMPLETE')

    def test_a_failure_is_taken_back_and_the_old_instances_stay(self):
        self.deploy(Group=scaling_group(2, 3, 2))
        old = set(self.states('Group'))
        self.update('two')
        self.signal('Group', self.fresh('Group', old), 'FAILURE')
        self.until(lambda: self.stack_status() == 'UPDATE_ROLLBACK_COMPLETE')
        self.until(lambda: set(self.states('Group')) == old)
        self.assertIn('Received 1 FAILURE signal(s) out of 1. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement', self.reasons())

    def test_what_has_left_comes_again_on_the_way_back(self):
        self.deploy(Group=scaling_group(1, 1, 0))
        old, = self.states('Group')
        before = self.version(old)
        self.update('two')
        failed = self.fresh('Group', {old})
        self.assertNotEqual(self.version(failed), before)
        self.signal('Group', failed, 'FAILURE')
        again = self.fresh('Group', {old, failed})
        self.assertEqual(self.version(again), before)
        self.signal('Group', again)
        self.until(lambda: self.stack_status() == 'UPDATE_ROLLBACK_COMPLETE')

    def test_a_minimum_that_leaves_no_room_is_refused(self):
        self.deploy(Group=scaling_group(2, 2, 2))
        self.update('two')
        self.until(lambda: self.stack_status().startswith('UPDATE_ROLLBACK'))
        self.assertIn("MinInstancesInService must be less than the autoscaling group's MaxSize", self.reasons())

    def test_a_hook_holds_the_instance_until_it_is_answered(self):
        hook = resource('AutoScaling::LifecycleHook', {
            'AutoScalingGroupName': ref('Group'), 'LifecycleHookName': HOOK, 'HeartbeatTimeout': 600, 'DefaultResult': 'CONTINUE',
            'LifecycleTransition': 'autoscaling:EC2_INSTANCE_TERMINATING'})
        self.deploy(Group=scaling_group(1, 2, 1), Hook=hook)
        old, = self.states('Group')
        client('autoscaling').set_instance_health(InstanceId=old, HealthStatus='Unhealthy')
        new = self.fresh('Group', {old})
        self.until(lambda: self.states('Group').get(old) == 'Terminating:Wait')
        self.assertEqual(instances([old])[0]['State']['Name'], 'running')
        client('autoscaling').complete_lifecycle_action(
            AutoScalingGroupName=self.names['Group'], LifecycleHookName=HOOK, InstanceId=old, LifecycleActionResult='CONTINUE')
        self.until(lambda: set(self.states('Group')) == {new})
        self.assertEqual(instances([old])[0]['State']['Name'], 'terminated')
        told = client('autoscaling').describe_scaling_activities(AutoScalingGroupName=self.names['Group'])['Activities']
        self.assertEqual([(each['Description'], each['StatusCode']) for each in told], [
            (f'Launching a new EC2 instance: {new}', 'Successful'), (f'Terminating EC2 instance: {old}', 'Successful'),
            (f'Launching a new EC2 instance: {old}', 'Successful')])

    def test_an_update_that_changes_no_instance_replaces_none(self):
        self.deploy(Group=scaling_group(2, 3, 2))
        old = set(self.states('Group'))
        self.groups = {'Group': scaling_group(3, 4, 2)}
        self.update('one')
        self.until(lambda: self.stack_status() == 'UPDATE_COMPLETE')
        self.assertTrue(old < set(self.states('Group')))


if __name__ == '__main__':
    unittest.main()

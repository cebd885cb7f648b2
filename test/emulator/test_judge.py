"""The judge of failed creations, with small templates of which everybody knows what they leave."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from emulated import HERE, network, ref, resource
from test_compute import version_of
from test_removal import balancer, database
from test_rolling import template


def log(name=None, **more):
    return resource('Logs::LogGroup', {'LogGroupName': name} if name else {}, **more)


class Judge(unittest.TestCase):
    def judge(self, resources, *options):
        """Returns the cases by logical id and how they failed."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / 'Small.template.json').write_text(json.dumps({'Resources': resources}))
            done = subprocess.run([sys.executable, str(HERE / 'judge' / 'creation_failures.py'), *options, f'small={folder}'],
                                  capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        cases = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertTrue(all(each['happened'] for each in cases))
        return {(each['logicalId'], each['how']): each for each in cases}

    def outcomes(self, cases):
        return {(each['status'], bool(each['left']), each['deleted'], each['again']) for each in cases.values()}

    def test_nothing_is_left_of_what_goes(self):
        cases = self.judge({**network(), 'Balancer': balancer(False), 'Database': database(False), 'Log': log()})
        self.assertEqual(len(cases), 12)
        self.assertEqual(self.outcomes(cases), {('ROLLBACK_COMPLETE', False, 'DELETE_COMPLETE', 'CREATE_COMPLETE')})

    def test_what_is_protected_from_birth_is_left_and_blocks_the_name(self):
        cases = self.judge({**network(), 'Balancer': balancer(True), 'Database': database(True), 'Log': log()}, '--only', 'Log')
        for case in cases.values():
            self.assertEqual((case['status'], case['deleted'], case['again']), ('ROLLBACK_FAILED', 'DELETE_FAILED', 'not tried'))
            left = ' '.join(case['left'])
            for place in ('rds/us-east-1/databases/', 'elbv2/us-east-1/load_balancers/', 'ec2/us-east-1/vpcs/'):
                self.assertIn(place, left)
            self.assertEqual(len(case['problems']), 2)

    def test_what_is_retained_under_a_name_of_its_own_blocks_that_name(self):
        cases = self.judge({'Kept': log('kept', DeletionPolicy='Retain'), 'Last': log(DependsOn='Kept')}, '--only', 'Last')
        for case in cases.values():
            self.assertEqual((case['left'], case['kept'], case['again']),
                             (['logs/us-east-1/groups/kept (LogGroup)'], ['Kept'], 'ROLLBACK_COMPLETE'))

    def test_everything_that_does_not_depend_on_it_has_been_made(self):
        kept = {'DeletionPolicy': 'Retain'}
        cases = self.judge({'First': log(), 'Other': log(**kept), 'After': log(DependsOn='First', **kept)}, '--only', 'First')
        self.assertEqual({each['how']: each['kept'] for each in cases.values()}, {'absent': ['Other'], 'made': ['Other']})

    def group(self, nodes, timeout):
        return resource('AutoScaling::AutoScalingGroup', {
            'MinSize': str(nodes), 'MaxSize': str(nodes), 'VPCZoneIdentifier': [ref('Subnet0')], 'LaunchTemplate': version_of('Template')},
            CreationPolicy={'ResourceSignal': {'Count': nodes, 'Timeout': timeout}})

    def test_a_node_that_fails_in_a_phase_leaves_nothing(self):
        resources = {**network(1), 'Template': template('one'), 'Group': self.group(2, 'PT20M')}
        cases = self.judge(resources, '--only', 'Group', '--phase', 'prepare', '--phase', 'join')
        self.assertEqual({how for _, how in cases}, {'absent', 'made', 'phase prepare', 'phase join'})
        self.assertEqual(self.outcomes(cases), {('ROLLBACK_COMPLETE', False, 'DELETE_COMPLETE', 'CREATE_COMPLETE')})

    def test_a_timeout_that_cannot_hold_its_nodes_is_found(self):
        resources = {**network(1), 'Template': template('one'), 'Group': self.group(20, 'PT20M')}
        for queued, again in ((['--queued'], 'ROLLBACK_COMPLETE'), ([], 'CREATE_COMPLETE')):
            case = self.judge(resources, '--only', 'Vpc', '--boot', '180', '--start', '90', *queued)['Vpc', 'absent']
            self.assertEqual(case['again'], again)


if __name__ == '__main__':
    unittest.main()

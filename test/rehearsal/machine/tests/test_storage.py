"""File systems and Subversion servers, as nodes use them, in the whole machine room. Needs what test_rehearsal.py needs."""

import json
import unittest

from tests import sample
from tests.driver import Judge, Rehearsal, free_port
from tests.test_rehearsal import QUICK_SCRIPT, REASON

MOUNT = 'mkdir -p /mnt/shared; mount -t efs -o {options} {system}:/ /mnt/shared 2>&1'
WITH_ROLE = 'tls,iam,accesspoint=fsap-1'
CLIENT = ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite']


def file_system(number, targets, points):
    arn = 'arn:aws:elasticfilesystem:us-east-1:123456789012:'
    return {'id': f'fs-{number}', 'arn': f'{arn}file-system/fs-{number}',
            'mountTargets': [{'address': address, 'zone': zone, 'securityGroups': ['sg-files']} for address, zone in targets],
            'accessPoints': [{'arn': f'{arn}access-point/{point["id"]}', **point} for point in points]}


def node(number, actions, groups=('sg-nodes',), **changes):
    statement = {'Effect': 'Allow', 'Action': actions, 'Resource': 'arn:aws:elasticfilesystem:*:*:file-system/fs-1'}
    role = {'name': f'Role{number}', 'policies': [json.dumps({'Statement': [statement]})]}
    return sample.node(number, userData=QUICK_SCRIPT, role=role, securityGroups=list(groups), **changes)


def svn(url):
    return {'url': url, 'users': [{'name': {'text': 'carbon'}, 'password': {'text': "pass'word 1"}}]}


@unittest.skipIf(REASON, REASON)
class StorageTest(unittest.TestCase):
    """Node 1 in one zone, node 2 in another, node 3 may only read, node 4 is in no group that is let in."""

    @classmethod
    def setUpClass(cls):
        emulator = Judge(free_port())
        cls.addClassCleanup(emulator.stop)
        document = sample.document(emulator.url, 1)
        owner = {'uid': 802, 'gid': 803, 'permissions': '0750'}
        document.update(
            databases=[], loadBalancers=[], targetGroups=[], names=[{'name': 'svn.example.com', 'addresses': ['10.0.2.99']}],
            nodes=[node(1, CLIENT), node(2, CLIENT), node(3, CLIENT[:1]), node(4, CLIENT, ['sg-strangers'])],
            fileSystems=[
                file_system(1, [('10.0.1.240', 'us-east-1a'), ('10.0.2.240', 'us-east-1b')], [
                    {'id': 'fsap-1', 'path': '/server', 'owner': owner}, {'id': 'fsap-2', 'path': '/nobody'}]),
                file_system(2, [('10.0.2.241', 'us-east-1b')], [{'id': 'fsap-3', 'path': '/', 'owner': owner}])],
            svnServers=[svn('svn://svn.example.com/artifacts'), svn('https://svn.example.com/web/as')])
        document['securityGroups'] += [{'id': 'sg-files', 'ingress': [{'fromPort': 2049, 'groups': ['sg-nodes']}]},
                                       {'id': 'sg-strangers', 'ingress': []}]
        cls.run_ = Rehearsal(document)
        cls.addClassCleanup(cls.run_.end)
        cls.run_.boot()

    def mount(self, name, options=WITH_ROLE, system='fs-1'):
        return self.run_.shell(name, MOUNT.format(options=options, system=system) + '; echo $?').strip()

    def unmount(self, name):
        self.run_.shell(name, 'umount /mnt/shared')

    def test_nodes_of_all_zones_share_the_folder_of_an_access_point(self):
        for name in ('node-1', 'node-2'):
            self.assertEqual(self.mount(name), '0')
            self.addCleanup(self.unmount, name)
        self.assertEqual(self.run_.shell('node-2', 'stat -c "%u %g %a" /mnt/shared').strip(), '802 803 750')
        self.run_.shell('node-1', 'echo artifact > /mnt/shared/a.car')
        self.assertEqual(self.run_.shell('node-2', 'cat /mnt/shared/a.car').strip(), 'artifact')
        self.run_.wait_for('mount', timeout=5, node='i-00000000000000002', fileSystem='fs-1', accessPoint='fsap-1', state='mounted')

    def test_by_fstab_at_every_boot(self):
        self.run_.shell('node-1', f'mkdir -p /mnt/kept; echo "fs-1:/ /mnt/kept efs _netdev,{WITH_ROLE} 0 0" >> /etc/fstab; mount /mnt/kept; '
                                  'echo kept > /mnt/kept/b.car')
        self.run_.command('reboot', node='node-1')
        self.run_.command('wait', nodes=['node-1'], timeout=60)
        self.assertEqual(self.run_.shell('node-1', 'cat /mnt/kept/b.car').strip(), 'kept')

    def test_who_may_not_write_can_read(self):
        self.assertEqual(self.mount('node-3'), '0')
        self.addCleanup(self.unmount, 'node-3')
        self.assertIn('Read-only file system', self.run_.shell('node-3', 'touch /mnt/shared/c.car'))

    def refused(self, name, message, **what):
        said = self.mount(name, **what)
        self.assertIn(message, said)
        self.assertTrue(said.endswith('\n32'), said)
        self.assertNotIn('/mnt/shared', self.run_.shell(name, 'cat /proc/self/mountinfo'))

    def test_what_is_not_there(self):
        self.refused('node-1', 'Failed to resolve', system='fs-9')
        self.refused('node-1', 'has no mount target in us-east-1a', system='fs-2', options='tls,iam,accesspoint=fsap-3')
        self.refused('node-1', 'no access point fsap-9', options='tls,iam,accesspoint=fsap-9')
        self.refused('node-1', 'no folder /nobody', options='tls,iam,accesspoint=fsap-2')

    def test_who_may_not(self):
        self.refused('node-2', 'the role Role2 may not elasticfilesystem:ClientMount fs-2', system='fs-2', options='tls,iam,accesspoint=fsap-3')
        self.refused('node-1', 'needs the option tls', options='iam,accesspoint=fsap-1')
        self.refused('node-4', 'does the security group')
        self.assertIn({'at': 'efs-0-1', 'from': 'i-00000000000000004', 'port': 2049}, self.run_.command('summary')['blocked'])

    def svn(self, name, command, password="pass'word 1"):
        options = '--non-interactive --no-auth-cache --username carbon --password "$PASSWORD"'
        return self.run_.shell(name, f'cd /root; export PASSWORD="{password}"; svn {options} {command} 2>&1')

    def test_subversion_by_its_own_protocol_and_by_https(self):
        self.assertIn('10.0.2.99', self.run_.shell('node-1', 'getent hosts svn.example.com'))
        for folder, url in (('one', 'svn://svn.example.com/artifacts'), ('two', 'https://svn.example.com/web/as')):
            self.assertIn('revision 0', self.svn('node-1', f'checkout {url} {folder}'))
            self.run_.shell('node-1', f'cd /root/{folder}; echo {folder} > a.car; svn add -q a.car')
            self.assertIn('Committed revision 1', self.svn('node-1', f'commit -m x {folder}'))
            self.svn('node-2', f'checkout {url} {folder}')
            self.assertEqual(self.run_.shell('node-2', f'cat /root/{folder}/a.car').strip(), folder)
            self.assertIn('uthenti', self.svn('node-2', f'ls {url}', password='wrong'))


if __name__ == '__main__':
    unittest.main()

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import archive
import nodes
import runs
import system
import trees
from authority import Authority, common_name, extension_file
from events import Events, Phase


class SystemTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def test_links_stay_below_the_root(self):
        os.makedirs(f'{self.root}/opt/wso2am-2.2.0/logs')
        os.symlink('/opt/wso2am-2.2.0', f'{self.root}/opt/current')
        os.symlink('../../../../../etc', f'{self.root}/opt/up')
        self.assertEqual(system.resolve_below(self.root, '/opt/current/logs/x.log'),
                         f'{self.root}/opt/wso2am-2.2.0/logs/x.log')
        self.assertEqual(system.resolve_below(self.root, '/opt/up/passwd'), f'{self.root}/etc/passwd')
        self.assertEqual(system.resolve_below(self.root, '/../../etc/passwd'), f'{self.root}/etc/passwd')

    def test_a_circle_of_links(self):
        os.symlink('b', f'{self.root}/a')
        os.symlink('a', f'{self.root}/b')
        with self.assertRaises(OSError):
            system.resolve_below(self.root, '/a')

    def test_failed_command_says_what_it_said(self):
        with self.assertRaisesRegex(system.CommandFailed, 'ended with 3: oh no'):
            system.run(['sh', '-c', 'echo oh no >&2; exit 3'])

    def test_process_lines_and_end(self):
        lines, codes = [], []
        process = system.Process('p', ['sh', '-c', 'echo one; echo two; exit 5'], on_line=lines.append,
                                 on_exit=codes.append)
        self.assertTrue(process.wait(5))
        self.assertEqual((lines, codes, process.code), (['one', 'two'], [5], 5))
        with self.assertRaisesRegex(system.CommandFailed, 'two'):
            process.require_running()

    def test_process_that_does_not_listen(self):
        process = system.Process('p', ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'])
        process.stop(timeout=0.3)
        self.assertFalse(process.running)

    def test_followed_file(self):
        path = f'{self.root}/log'
        followed = nodes.FollowedFile(self.root, '/log')
        self.assertEqual(followed.new_lines(), [])
        with open(path, 'w', encoding='utf-8') as file:
            file.write('one\ntw')
        self.assertEqual(followed.new_lines(), ['one'])
        with open(path, 'a', encoding='utf-8') as file:
            file.write('o\n')
        self.assertEqual(followed.new_lines(), ['two'])
        with open(path, 'w', encoding='utf-8') as file:
            file.write('new\n')
        self.assertEqual(followed.new_lines(), ['new'])


class EventsTest(unittest.TestCase):
    def test_lines(self):
        stream = io.StringIO()
        events = Events(stream)
        events.emit('log', node='i-1', line='ü\n', nothing=None)
        record = json.loads(stream.getvalue())
        self.assertEqual((record['event'], record['line'], 'nothing' in record), ('log', 'ü\n', False))

    def test_reader_gone(self):
        stream = mock.Mock()
        stream.write.side_effect = BrokenPipeError
        told = []
        Events(stream, on_broken=lambda: told.append(True)).emit('x')
        self.assertEqual(told, [True])

    def test_failed_phase(self):
        stream = io.StringIO()
        with self.assertRaises(ValueError), Phase(Events(stream), 'boot'):
            raise ValueError('why')
        last = json.loads(stream.getvalue().splitlines()[-1])
        self.assertEqual((last['state'], last['message']), ('failed', 'why'))


class RunsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = folder.name

    def test_a_live_run_is_left_alone(self):
        run = runs.Run(self.dir)
        self.assertTrue(runs.list_runs(self.dir)[0]['alive'])
        # Another process, as the lock is not one against ourselves.
        script = f'import sys; sys.path.insert(0, {os.path.dirname(runs.__file__)!r}); import runs; ' \
                 f'print(runs.remove_leftovers({self.dir!r}))'
        done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.strip(), '[]')
        run.remove()
        self.assertEqual(os.listdir(self.dir), [])

    def test_a_dead_run_is_removed(self):
        script = f'import os, sys; sys.path.insert(0, {os.path.dirname(runs.__file__)!r}); import runs; ' \
                 f'run = runs.Run({self.dir!r}); open(run.path("file"), "w").close(); os._exit(1)'
        subprocess.run([sys.executable, '-c', script])
        self.assertFalse(runs.list_runs(self.dir)[0]['alive'])
        self.assertEqual(len(runs.remove_leftovers(self.dir)), 1)
        self.assertEqual(os.listdir(self.dir), [])

    def test_the_lock_lives_as_long_as_a_forked_child(self):
        run = runs.Run(self.dir)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        run._lock.close()
        self.assertTrue(runs.list_runs(self.dir)[0]['alive'])
        os.close(writing)
        os.waitpid(child, 0)
        os.close(reading)
        self.assertFalse(runs.list_runs(self.dir)[0]['alive'])


class TreesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = trees.TreeCache(folder.name, Events(io.StringIO()))
        self.built = 0

    def build(self, target, progress):
        time.sleep(0.05)
        self.built += 1
        os.makedirs(target)

    def test_once(self):
        threads = [threading.Thread(target=self.cache.get, args=('t', ['recipe'], self.build)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.built, 1)

    def test_a_changed_recipe_is_another_tree(self):
        first = self.cache.get('t', ['one'], self.build)
        self.assertNotEqual(first, self.cache.get('t', ['two'], self.build))
        self.assertTrue(os.path.isdir(first))

    def test_what_failed_leaves_nothing(self):
        def fail(target, progress):
            os.makedirs(target)
            raise RuntimeError('no network')

        with self.assertRaises(RuntimeError):
            self.cache.get('t', ['recipe'], fail)
        self.assertEqual([name for name in os.listdir(self.cache.dir) if not name.startswith('.')], [])
        self.cache.get('t', ['recipe'], self.build)
        self.assertEqual(self.built, 1)

    def test_long_unused_ancestors_go(self):
        old = self.cache.get('t', ['one'], self.build)
        young = self.cache.get('t', ['two'], self.build)
        long_ago = time.time() - 40 * 86400
        os.utime(f'{old}.used', (long_ago, long_ago))
        self.cache.get('t', ['three'], self.build)
        self.assertEqual((os.path.isdir(old), os.path.isdir(young)), (False, True))


class ArchiveTest(unittest.TestCase):
    listing = ('Debian|bookworm|http://mirror.example/debian/|bookworm|main\n'
               'Debian|bookworm-updates|http://mirror.example/debian/|bookworm-updates|main\n'
               'Debian|bookworm-security|http://mirror.example/security/|bookworm-security|main\n'
               'Debian|bookworm|http://mirror.example/debian/|bookworm|contrib\n'
               '|nodistro|http://other.example/|nodistro|main\n$(ORIGIN)|x|http://no-lists.example/|x|main\n')

    def sources(self, *arguments, **options):
        with mock.patch.object(archive, 'run', return_value=self.listing):
            return archive.Archive(*arguments, keyring='/none', **options).sources()

    def test_own_suite_with_its_updates(self):
        self.assertEqual(self.sources('bookworm'), [
            'deb http://mirror.example/debian/ bookworm main',
            'deb http://mirror.example/debian/ bookworm-updates main',
            'deb http://mirror.example/security/ bookworm-security main'])

    def test_another_suite_from_the_same_server(self):
        self.assertEqual(self.sources('sid'), ['deb http://mirror.example/debian/ sid main'])

    def test_another_distribution_is_left_to_mmdebstrap(self):
        self.assertEqual(self.sources('jammy', distribution='Ubuntu'), [])


class AuthorityTest(unittest.TestCase):
    def test_issued_certificate_is_trusted_for_its_names(self):
        with tempfile.TemporaryDirectory() as folder:
            authority = Authority(folder)
            certificate, key = authority.issue(['db.example.com', '*.example.org'], f'{folder}/made', 'server')
            verify = ['openssl', 'verify', '-CAfile', authority.certificate, '-verify_hostname']
            system.run([*verify, 'db.example.com', certificate])
            system.run([*verify, 'a.example.org', certificate])
            with self.assertRaises(system.CommandFailed):
                system.run([*verify, 'other.example.com', certificate])
            self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
            self.assertEqual(Authority(folder).fingerprint, authority.fingerprint)

    def test_long_names(self):
        long = 'a' * 60 + '.example.com'
        self.assertEqual(common_name([long, 'b.example.com']), 'b.example.com')
        self.assertIn(f'DNS:{long}', extension_file([long]))
        self.assertIn('IP:10.0.0.1', extension_file(['10.0.0.1']))


if __name__ == '__main__':
    unittest.main()

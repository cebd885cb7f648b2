"""The stand-in for the CloudWatch agent: what of a log file it makes events, and which configuration it refuses."""
import datetime
import os
import tempfile
import unittest

import cloudwatch_agent

CARBON = {'log_group_name': 'carbon', 'log_stream_name': 'Workers/{instance_id}', 'timestamp_format': '[%Y-%m-%d %H:%M:%S,%f]',
          'timezone': 'UTC', 'multi_line_start_pattern': r'^(TID: .*)?\[\d{4}-\d{2}-\d{2} '}
BOOT = {'log_group_name': 'boot', 'log_stream_name': 'Workers/{instance_id}', 'timestamp_format': '%Y-%m-%dT%H:%M:%SZ', 'timezone': 'UTC'}


class Service:
    """Keeps what it is called with, or refuses."""

    def __init__(self):
        self.calls, self.away = [], False

    def call(self, action, document, tolerated=None):
        if self.away:
            raise OSError('no answer')
        self.calls.append((action, document))

    def messages(self):
        return [event['message'] for action, document in self.calls if action == 'PutLogEvents' for event in document['logEvents']]


class FollowerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 'wso2carbon.log')
        self.service, self.state = Service(), {}

    def follower(self, entry):
        return cloudwatch_agent.Follower(dict(entry, file_path=self.path), 'i-1', self.state)

    def append(self, text):
        with open(self.path, 'a', encoding='utf-8') as file:
            file.write(text)

    def test_an_event_has_its_own_time_and_the_lines_that_belong_to_it(self):
        self.append('TID: [-1234] [] [2026-11-26 00:53:58,112] ERROR {a} -  no\n\tat b\nTID: [-1234] [] [2026-11-26 00:53:59,000]  INFO {a} -  yes\n')
        self.follower(CARBON).send(self.service)
        (_, stream), (action, document) = self.service.calls
        self.assertEqual((stream['logStreamName'], action), ('Workers/i-1', 'PutLogEvents'))
        expected = datetime.datetime(2026, 11, 26, 0, 53, 58, 112000, datetime.timezone.utc).timestamp() * 1000
        self.assertEqual(document['logEvents'][0],
                         {'timestamp': expected, 'message': 'TID: [-1234] [] [2026-11-26 00:53:58,112] ERROR {a} -  no\n\tat b'})

    def test_each_line_is_sent_once_and_a_half_one_later(self):
        follower = self.follower(BOOT)
        self.append('2026-11-26T00:53:22Z one\n2026-11-26T00:53:23Z tw')
        follower.send(self.service)
        self.append('o\n')
        follower.send(self.service)
        self.follower(BOOT).send(self.service)
        self.assertEqual(self.service.messages(), ['2026-11-26T00:53:22Z one', '2026-11-26T00:53:23Z two'])

    def test_what_did_not_arrive_is_sent_again(self):
        follower = self.follower(BOOT)
        self.append('2026-11-26T00:53:22Z one\n')
        self.service.away = True
        with self.assertRaises(OSError):
            follower.send(self.service)
        self.service.away = False
        follower.send(self.service)
        self.assertEqual(self.service.messages(), ['2026-11-26T00:53:22Z one'])

    def test_a_file_in_place_of_another_is_read_from_its_beginning(self):
        follower = self.follower(BOOT)
        self.append('2026-11-26T00:53:22Z one\n')
        follower.send(self.service)
        os.rename(self.path, self.path + '.1')
        self.append('2026-11-27T00:00:00Z new\n')
        follower.send(self.service)
        self.assertEqual(self.service.messages()[-1], '2026-11-27T00:00:00Z new')


class ConfigurationTest(unittest.TestCase):
    def test_what_it_does_not_know_it_refuses(self):
        entry = dict(BOOT, file_path='/a', encoding='utf-16')
        with self.assertRaisesRegex(cloudwatch_agent.Refused, 'encoding'):
            cloudwatch_agent.check({'logs': {'logs_collected': {'files': {'collect_list': [entry]}}}})

    def test_another_call_than_the_boot_programs_it_refuses(self):
        with self.assertRaises(cloudwatch_agent.Refused):
            cloudwatch_agent.main(['-a', 'status'])


if __name__ == '__main__':
    unittest.main()

"""The stand-in for the CloudWatch agent: what of a log file it makes events, and which configuration it refuses."""
import datetime
import os
import sys
import tempfile
import unittest
import urllib.parse

import cloudwatch_agent
import time_service

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', '..', 'lib', 'boot', 'programs'))
import node_logs  # noqa: E402
import node_measures  # noqa: E402

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


class MetricsTest(unittest.TestCase):
    """By the configuration that the boot programs write."""

    def setUp(self):
        document = {'stream': 'Workers', 'files': [], 'metrics': {'namespace': 'CarbonCluster/a'}}
        self.configuration = node_logs.configuration(document, lambda name: 'eu-west-1', '/opt/wso2/carbon')
        self.metrics = self.configuration['metrics']

    def measured(self):
        entries = cloudwatch_agent.entries_of(self.metrics)
        return [datum for plugin, entry in entries for datum in cloudwatch_agent.data(self.metrics, plugin, entry, 'i-1')]

    def test_each_value_is_sent_for_the_instance_the_group_and_the_cluster(self):
        cloudwatch_agent.check(self.configuration)
        found = self.measured()
        self.assertEqual({name for name, _, _ in found}, {'mem_used_percent', 'disk_used_percent', 'swap_used_percent'})
        for wanted in ({'Group': 'Workers', 'InstanceId': 'i-1'}, {'Group': 'Workers'}, {}):
            self.assertEqual({name for name, _, dimensions in found if dimensions == wanted}, {name for name, _, _ in found})
        for name, value, _ in found:
            self.assertTrue(0 <= value <= 100, (name, value))

    def test_what_it_does_not_know_it_refuses(self):
        for change in ({'metrics_collected': {'cpu': {'measurement': ['usage_idle']}}}, {'append_dimensions': {'AutoScalingGroupName': '${aws:AutoScalingGroupName}'}},
                       {'endpoint_override': 'x'}, {'metrics_collected': {'mem': {'measurement': ['free'], 'append_dimensions': {}}}}):
            with self.subTest(change), self.assertRaises(cloudwatch_agent.Refused):
                cloudwatch_agent.check_metrics(dict(self.metrics, **change))

    def test_the_request_is_that_of_the_query_protocol(self):
        """Read back by botocore's own model, in the emulator's rehearsal; here its shape."""
        sent = []
        service = cloudwatch_agent.Metrics('eu-west-1')
        service.send = lambda action, body, headers: sent.append(urllib.parse.parse_qs(body.decode()))
        service.put('CarbonCluster/a', [('mem_used_percent', 12.5, {'Group': 'Workers'})])
        self.assertEqual(sent[0], {'Action': ['PutMetricData'], 'Version': ['2010-08-01'], 'Namespace': ['CarbonCluster/a'],
                                   'MetricData.member.1.MetricName': ['mem_used_percent'], 'MetricData.member.1.Value': ['12.5'],
                                   'MetricData.member.1.Dimensions.member.1.Name': ['Group'], 'MetricData.member.1.Dimensions.member.1.Value': ['Workers']})


class TimeTest(unittest.TestCase):
    def test_a_client_reads_the_time(self):
        answer = time_service.answer_to(b'\x23' + bytes(39) + b'question', 1764547200.5)
        self.assertEqual(answer[24:32], b'question')
        self.assertEqual((answer[0], node_measures._seconds(answer[40:48])), (0x24, 1764547200.5))

    def test_what_is_not_a_question_gets_no_answer(self):
        self.assertIsNone(time_service.answer_to(b'\x24' + bytes(47), 0))
        self.assertIsNone(time_service.answer_to(b'\x23', 0))


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

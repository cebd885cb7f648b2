"""Metric filters that count: what is put into a log group reaches the metrics of its filters, as CloudWatch Logs has it.

Of the pattern language the part for unstructured lines: terms, plain or quoted, all of which must be in a line; with `?` before
them, one of which must be; with `-`, which must not. Filters of other patterns, for JSON, for columns and with regular expressions, are
kept and never count.
"""

import re
from datetime import datetime, timezone
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import LogGroup, LogStream, logs_backends

from .resource import give_attributes

TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[\w.:/=@#]+))(?=\s|$)')

original_put_log_events = LogStream.put_log_events


def repair() -> None:
    LogStream.put_log_events = put_log_events
    # Ends in :* on AWS, which is what lets a policy that names it match the group's streams.
    give_attributes(LogGroup, {'Arn': lambda group: f'{group.arn}:*'})


class UnknownPattern(Exception):
    """Not of terms."""


class Pattern:
    def __init__(self, text: str) -> None:
        self.terms: dict[str, list[str]] = {'': [], '?': [], '-': []}
        position = 0
        text = text.strip()
        while position < len(text):
            match = TERM.match(text, position)
            if match is None:
                raise UnknownPattern(text)
            quoted = match['quoted']
            self.terms[match['sign']].append(match['plain'] if quoted is None else re.sub(r'\\(.)', r'\1', quoted))
            position = match.end()

    def matches(self, message: str) -> bool:
        required, optional, excluded = (self.terms[sign] for sign in ('', '?', '-'))
        # Where there are required terms, CloudWatch Logs takes no notice of optional ones.
        some = bool(required) or not optional or any(each in message for each in optional)
        return all(each in message for each in required) and some and not any(each in message for each in excluded)


def put_log_events(self: LogStream, log_events: list[dict[str, Any]]) -> str:
    token = original_put_log_events(self, log_events)
    for metric_filter in find_filters(self):
        count(self, metric_filter, log_events)
    return token


def find_filters(stream: LogStream) -> list[dict[str, Any]]:
    found = logs_backends[stream.account_id][stream.region].filters.metric_filters
    return [each for each in found if each['logGroupName'] == stream.log_group.name]


def count(stream: LogStream, metric_filter: dict[str, Any], log_events: list[dict[str, Any]]) -> None:
    """A datum for each line that matches; where none does, the default value."""
    try:
        pattern = Pattern(metric_filter['filterPattern'] or '')
    except UnknownPattern:
        return
    matching = [each for each in log_events if pattern.matches(each['message'])]
    for transformation in metric_filter['metricTransformations']:
        value, default = transformation['metricValue'], transformation.get('defaultValue')
        counted = [(value, each) for each in matching] or ([(default, log_events[0])] if default is not None else [])
        data = [{'MetricName': transformation['metricName'], 'Value': float(number), 'Timestamp': time_of(event), 'Unit': 'None'}
                for number, event in counted]
        cloudwatch_backends[stream.account_id][stream.region].put_metric_data(transformation['metricNamespace'], data)


def time_of(event: dict[str, Any]) -> datetime:
    """In UTC and without saying so, as moto compares times."""
    return datetime.fromtimestamp(event['timestamp'] / 1000, timezone.utc).replace(tzinfo=None)

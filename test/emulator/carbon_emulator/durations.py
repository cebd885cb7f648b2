"""Durations as CloudFormation writes them."""

import re

DURATION = re.compile(r'PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$')


def seconds_of(duration: str) -> int:
    hours, minutes, seconds = (int(each or 0) for each in DURATION.match(duration).groups())
    return 3600 * hours + 60 * minutes + seconds

"""What AWS offers and takes, from the file that the constructs read: lib/facts/aws-facts.json."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parents[3] / 'lib' / 'facts' / 'aws-facts.json'
"""The same from the repository and from the installed package."""

RANGE = re.compile(r'(\d+)-(\d+)')


@cache
def facts() -> dict[str, Any]:
    return json.loads(PLACE.read_text(encoding='utf-8'))


def is_offered(kind: str, name: str, region: str) -> bool | None:
    """Whether a region offers a type (`instanceTypes`) or a class (`databaseClasses`); None where nobody knows."""
    table = facts()['generated'][kind]
    offer = next((each for each in table['offers'] if name in each['types'].split()), None)
    if region not in table['regions'].split() or offer is None:
        return None
    return region in offer['in'].split() if 'in' in offer else region not in offer['notIn'].split()


def allowed_values(family: str, parameter: str) -> str | None:
    """AllowedValues of a parameter as RDS lists them, `0,1`; None where the facts do not have the parameter."""
    return facts()['parameterValues']['families'].get(family, {}).get(parameter)


def is_allowed(value: str, allowed: str) -> bool:
    """RDS compares literally: ON is not 1."""
    return any(value == each or is_within(value, each) for each in allowed.split(','))


def is_within(value: str, span: str) -> bool:
    found = RANGE.fullmatch(span)
    return bool(found) and value.isdecimal() and int(found[1]) <= int(value) <= int(found[2])


def mysql_versions() -> list[str]:
    """Versions with which RDS for MySQL makes new instances, the oldest first."""
    generated = facts()['generated']
    return [each for each in generated['mysqlVersions'] if each not in generated['mysqlVersionsWithdrawn']]


def numbers(version: str) -> list[int]:
    return [int(each) for each in re.findall(r'\d+', version)]

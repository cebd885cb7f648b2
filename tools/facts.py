#!/usr/bin/env python3
"""Renews the part of lib/facts/aws-facts.json that cfn-lint knows: what AWS offers in which region.

usage: python3 tools/facts.py [--check]

It needs cfn-lint, the newest from PyPI:  python3 -m venv .local/facts && .local/facts/bin/pip install cfn-lint
                                          .local/facts/bin/python tools/facts.py

--check  writes nothing; exit code 1 when the file does not say what the installed cfn-lint says

cfn-lint publishes what AWS's own APIs answer in each region (ec2:DescribeInstanceTypeOfferings,
rds:DescribeOrderableDBInstanceOptions, rds:DescribeDBEngineVersions). The rest of the file is written by hand.
"""
import json
import sys
from importlib.metadata import version
from pathlib import Path

FACTS = Path(__file__).parent.parent / 'lib' / 'facts' / 'aws-facts.json'
PSEUDO_REGIONS = {'all', 'description'}


def main():
    import cfnlint
    schemas = Path(cfnlint.__file__).parent / 'data' / 'schemas'
    before = FACTS.read_text(encoding='utf-8')
    after = layout({**json.loads(before), 'generated': generated(schemas)})
    if '--check' not in sys.argv[1:]:
        FACTS.write_text(after, encoding='utf-8')
    elif before != after:
        sys.exit(f'{FACTS.name} does not say what cfn-lint {version("cfn-lint")} says: run tools/facts.py')


def generated(schemas):
    extensions = schemas / 'extensions'
    instances = extensions / 'aws_rds_dbinstance'
    return {
        'source': f'cfn-lint {version("cfn-lint")}, which collects it from the AWS APIs',
        'checked': read(schemas / 'version.json')['schema_date'][:10],
        'instanceTypes': offers({region: enums(rule) for region, rule in regions(extensions / 'aws_ec2_instance/instancetype_enum.json')}),
        'databaseClasses': offers({region: mysql_classes(rule) for region, rule in regions(instances / 'dbinstanceclass_enum.json')}),
        'mysqlVersions': sorted(mysql_versions(read(instances / 'engine_version.json'), 'then'), key=numbers),
        'mysqlVersionsWithdrawn': sorted(mysql_versions(read(instances / 'engine_version_deprecated.json'), 'if'), key=numbers),
    }


def read(path):
    return json.loads(path.read_text(encoding='utf-8'))


def regions(path):
    return [(region, rule) for region, rule in sorted(read(path).items()) if region not in PSEUDO_REGIONS]


def enums(rule):
    """All values that a schema lists, wherever it lists them."""
    if isinstance(rule, list):
        return {value for each in rule for value in enums(each)}
    if not isinstance(rule, dict):
        return set()
    return {*rule.get('enum', []), *enums(list(rule.values()))}


def mysql_classes(rule):
    """The classes of all licence models: RDS for MySQL has one."""
    return {name for each in rule.get('allOf', []) if each['if']['properties']['Engine'].get('const') == 'mysql'
            for name in enums(each['then']['properties']['DBInstanceClass'])}


def mysql_versions(schema, part):
    return {found for each in schema['allOf'] if each['if']['properties']['Engine'].get('const') == 'mysql'
            for found in enums(each[part]['properties']['EngineVersion'])}


def numbers(text):
    return [int(part) for part in text.replace('-rds', '').split('.')]


def offers(types_by_region):
    """Types that are offered in the same regions stand together; the shorter list of regions is written, those with or those without."""
    every = sorted(types_by_region)
    groups = {}
    for name in sorted({name for names in types_by_region.values() for name in names}):
        groups.setdefault(tuple(region for region in every if name in types_by_region[region]), []).append(name)
    rows = sorted((row(every, where, names) for where, names in groups.items()), key=lambda each: each['types'])
    return {'regions': ' '.join(every), 'offers': rows}


def row(every, where, names):
    missing = [region for region in every if region not in where]
    key, listed = ('in', where) if len(where) <= len(missing) else ('notIn', missing)
    return {'types': ' '.join(names), key: ' '.join(listed)}


def layout(value, depth=0):
    """JSON with one line for each object or list that holds plain values only, so that a renewal reads as a short diff."""
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if depth and not any(isinstance(each, (dict, list)) for each in children):
        return json.dumps(value, ensure_ascii=False)
    margin = '  ' * (depth + 1)
    entries = value.items() if isinstance(value, dict) else [(None, each) for each in value]
    lines = [margin + ('' if key is None else f'{json.dumps(key)}: ') + layout(each, depth + 1) for key, each in entries]
    opening, closing = '{}' if isinstance(value, dict) else '[]'
    return opening + '\n' + ',\n'.join(lines) + '\n' + '  ' * depth + closing + ('' if depth else '\n')


if __name__ == '__main__':
    main()

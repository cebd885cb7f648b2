"""A cluster document with nodes that run a small script, for tests and for trying the machine room by hand."""

from __future__ import annotations

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

DATABASE = 'db.cluster-1.us-east-1.rds.amazonaws.com'
BALANCER = 'sample-1.us-east-1.elb.amazonaws.com'
MANAGEMENT, GATEWAY = 'mgt.example.com', 'gw.example.com'


def user_data() -> str:
    with open(os.path.join(HERE, 'node_script.sh'), encoding='utf-8') as file:
        return file.read()


def health(path: str) -> dict:
    return {'protocol': 'HTTPS', 'path': path, 'matcher': '200-299', 'interval': 5, 'timeout': 2, 'healthy': 2,
            'unhealthy': 2}


def node(number: int, **changes) -> dict:
    return {
        'instanceId': f'i-{number:017x}', 'name': f'node-{number}',
        'privateIp': f'10.0.{1 + (number - 1) % 2}.{10 + number}',
        'userData': user_data(), 'role': {'name': 'NodeRole'}, 'tags': {'Name': f'node-{number}'},
        'securityGroups': ['sg-nodes'], **changes,
    }


def document(emulator_url: str, nodes: int = 3) -> dict:
    numbers = range(1, nodes + 1)
    ids = [node(number)['instanceId'] for number in numbers]
    return {
        'region': 'us-east-1',
        'emulator': {'url': emulator_url},
        'network': {'cidr': '10.0.0.0/16', 'subnets': [
            {'cidr': '10.0.1.0/24', 'zone': 'us-east-1a', 'id': 'subnet-1'},
            {'cidr': '10.0.2.0/24', 'zone': 'us-east-1b', 'id': 'subnet-2'}]},
        'nodes': [node(number) for number in numbers],
        'databases': [{
            'endpoint': DATABASE, 'engine': 'mysql', 'version': '8.4.5',
            'master': {'user': 'admin', 'password': "pass'word"},
            'parameters': {'require_secure_transport': '1', 'sql_mode': 'NO_ENGINE_SUBSTITUTION',
                           'performance_schema': '1'},
            'securityGroups': ['sg-database']}],
        'targetGroups': [
            {'id': 'management', 'port': 9443, 'protocol': 'HTTPS', 'targets': ids,
             'health': health('/carbon/admin/login.jsp'), 'stickiness': {'type': 'lb_cookie', 'duration': 3600}},
            {'id': 'gateway', 'port': 8243, 'protocol': 'HTTPS', 'targets': ids, 'health': health('/services/Version'),
             'stickiness': {'type': 'app_cookie', 'cookie': 'JSESSIONID', 'duration': 3600}}],
        'loadBalancers': [{
            'name': 'sample', 'dnsName': BALANCER, 'securityGroups': ['sg-balancer'],
            'listeners': [
                {'port': 443, 'protocol': 'HTTPS', 'certificateNames': [MANAGEMENT, GATEWAY],
                 'sslPolicy': 'ELBSecurityPolicy-TLS13-1-2-2021-06',
                 'defaultAction': {'fixedResponse': {'status': 404, 'body': 'no such host'}},
                 'rules': [{'priority': 1, 'hostHeader': [MANAGEMENT], 'action': {'targetGroup': 'management'}},
                           {'priority': 2, 'hostHeader': ['gw.*'], 'action': {'targetGroup': 'gateway'}}]},
                {'port': 80, 'defaultAction': {'redirect': {'protocol': 'HTTPS', 'port': '443'}}}]}],
        'names': [{'name': MANAGEMENT, 'alias': BALANCER}, {'name': GATEWAY, 'alias': BALANCER}],
        'securityGroups': [
            {'id': 'sg-balancer', 'ingress': [{'fromPort': 443, 'cidrs': ['0.0.0.0/0']},
                                              {'fromPort': 80, 'cidrs': ['0.0.0.0/0']}]},
            {'id': 'sg-nodes', 'name': 'nodes', 'ingress': [
                {'fromPort': 9443, 'groups': ['sg-balancer']}, {'fromPort': 8243, 'groups': ['sg-balancer']},
                {'fromPort': 5701, 'toPort': 5708, 'groups': ['sg-nodes']}]},
            {'id': 'sg-database', 'ingress': [{'fromPort': 3306, 'groups': ['sg-nodes']}]}],
        'java': ['8'],
        'healthCheckSpeed': 10,
    }


if __name__ == '__main__':
    print(json.dumps(document(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3), indent=1))

#!/usr/bin/env python3
"""Findings of parliament in every IAM policy of CloudFormation templates, one line each.

usage: policies.py TEMPLATE...

It needs parliament. References become what they might be in an account.
"""
import json
import sys

from parliament import analyze_policy_string, enhance_finding

WHERE = 'eu-west-1:123456789012'
PSEUDO = {'AWS::Partition': 'aws', 'AWS::AccountId': '123456789012', 'AWS::Region': 'eu-west-1', 'AWS::URLSuffix': 'amazonaws.com',
          'AWS::StackId': f'arn:aws:cloudformation:{WHERE}:stack/name/1'}
ARNS = {
    'AWS::AutoScaling::AutoScalingGroup': f'arn:aws:autoscaling:{WHERE}:autoScalingGroup:1:autoScalingGroupName/name',
    'AWS::SecretsManager::Secret': f'arn:aws:secretsmanager:{WHERE}:secret:name-AbCdEf',
    'AWS::SecretsManager::SecretTargetAttachment': f'arn:aws:secretsmanager:{WHERE}:secret:name-AbCdEf',
    'AWS::IAM::User': 'arn:aws:iam::123456789012:user/name',
    'AWS::IAM::Role': 'arn:aws:iam::123456789012:role/name',
    'AWS::Logs::LogGroup': f'arn:aws:logs:{WHERE}:log-group:name:*',
    'AWS::S3::Bucket': 'arn:aws:s3:::name',
    'AWS::SNS::Topic': f'arn:aws:sns:{WHERE}:name',
    'AWS::KMS::Key': f'arn:aws:kms:{WHERE}:key/1',
    'AWS::Lambda::Function': f'arn:aws:lambda:{WHERE}:function:name',
    'AWS::ElasticLoadBalancingV2::LoadBalancer': f'arn:aws:elasticloadbalancing:{WHERE}:loadbalancer/app/name/0123456789abcdef',
    'AWS::EFS::FileSystem': f'arn:aws:elasticfilesystem:{WHERE}:file-system/fs-1',
    'AWS::EFS::AccessPoint': f'arn:aws:elasticfilesystem:{WHERE}:access-point/fsap-1',
}
REFERRED_BY_ARN = ('AWS::ElasticLoadBalancingV2::LoadBalancer', 'AWS::SecretsManager::Secret', 'AWS::SecretsManager::SecretTargetAttachment',
                   'AWS::SNS::Topic')
"""Types whose Ref is their ARN."""

EXPLAINED = {
    ('RESOURCE_MISMATCH', 'ec2:AttachNetworkInterface'): 'allowed in two statements, for the interface and for the instance, with a condition each',
    ('MISMATCHED_TYPE_BUT_USABLE', 'StringEquals'): 'an access point is compared literally, as the EFS user guide does',
    ('RESOURCE_STAR', "['ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:UnassignPrivateIpAddresses']"):
        'Lambda needs these actions to connect a function to a VPC; AWSLambdaVPCAccessExecutionRole of AWS also allows them on every resource',
    ('UNKNOWN_CONDITION_FOR_ACTION', 'condition lambda:SourceFunctionArn for action ec2:'):
        'Lambda adds it to every call that a function makes: "Using source function ARN to control function access behavior", AWS Lambda Developer Guide',
}
"""Findings of parliament, by the rule and a word of what it says, each with the reason why it stays."""

UNKNOWN_TO_PARLIAMENT = ('eusc-de-east-1', 'eu-central-1')
"""It takes no name of a region that begins with more than two letters, so such a region goes by another name here."""

POLICIES = ('AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy')


def main():
    count = 0
    for path in sys.argv[1:]:
        with open(path, encoding='utf-8') as file:
            resources = json.load(file)['Resources']
        for logical_id, document in policies(resources):
            count += 1
            for finding in analyze_policy_string(json.dumps(resolve(document, resources)).replace(*UNKNOWN_TO_PARLIAMENT)).findings:
                finding = enhance_finding(finding)
                sentence = f'{finding.severity} {finding.issue} {finding.title} {finding.detail}'
                if not any(finding.issue == issue and word in sentence for issue, word in EXPLAINED):
                    print(f'{logical_id}: {sentence}')
    print(f'{count} policies', file=sys.stderr)


def policies(resources):
    for logical_id, resource in resources.items():
        properties = resource.get('Properties', {})
        if resource['Type'] in POLICIES:
            yield logical_id, properties['PolicyDocument']
        for inline in properties.get('Policies', []) if resource['Type'] in ('AWS::IAM::Role', 'AWS::IAM::User') else []:
            yield logical_id, inline['PolicyDocument']


def resolve(value, resources):
    if isinstance(value, list):
        return [resolve(each, resources) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        return {key: resolve(each, resources) for key, each in value.items()}
    (key, argument), = value.items()
    if key == 'Ref':
        kind = resources.get(argument, {}).get('Type')
        return PSEUDO.get(argument) or (ARNS[kind] if kind in REFERRED_BY_ARN else 'name')
    if key == 'Fn::GetAtt':
        return ARNS[resources[argument[0]]['Type']] if argument[1].lower().endswith('arn') else 'name'
    if key == 'Fn::Join':
        return argument[0].join(resolve(argument[1], resources))
    return 'name' if key.startswith('Fn::') else {key: resolve(argument, resources)}


if __name__ == '__main__':
    main()

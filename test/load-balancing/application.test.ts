import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ApplicationLoadBalancingOptions, LoadBalancing } from '../../lib';
import { gateway, testStack } from '../gateway';

function synthesized(options?: ApplicationLoadBalancingOptions, stack = testStack()): Template {
  gateway(stack, { loadBalancing: LoadBalancing.application(options), clients: [ec2.Peer.ipv4('10.9.0.0/16')] });
  return Template.fromStack(stack);
}

test('without options is what a cluster has without a choice', () => {
  const stack = testStack();
  gateway(stack, { clients: [ec2.Peer.ipv4('10.9.0.0/16')] });
  expect(synthesized().toJSON()).toEqual(Template.fromStack(stack).toJSON());
});

test('takes a timeout', () => {
  const template = synthesized({ idleTimeout: Duration.minutes(5) });
  const [balancer] = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'));
  expect(balancer.Properties.LoadBalancerAttributes).toContainEqual({ Key: 'idle_timeout.timeout_seconds', Value: '300' });
});

test('sends HTTP to HTTPS, and lets exactly the listeners in', () => {
  const template = synthesized({ redirectHttp: true });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }],
  });
  expect(openPorts(template)).toEqual([443, 80]);
  expect(openPorts(synthesized())).toEqual([443]);
});

test('logs requests where it is told, and may write there', () => {
  const stack = testStack();
  const accessLogBucket = new s3.Bucket(stack, 'Logs');
  const template = synthesized({ accessLogBucket, accessLogPrefix: 'am' }, stack);
  const [balancer] = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'));
  expect(balancer.Properties.LoadBalancerAttributes).toEqual(expect.arrayContaining([
    { Key: 'access_logs.s3.enabled', Value: 'true' }, { Key: 'access_logs.s3.bucket', Value: stack.resolve(accessLogBucket.bucketName) },
    { Key: 'access_logs.s3.prefix', Value: 'am' },
  ]));
  template.resourceCountIs('AWS::S3::BucketPolicy', 1);
  expect(JSON.stringify(template.findResources('AWS::S3::BucketPolicy'))).toContain('/am/AWSLogs/');
});

function openPorts(template: Template): number[] {
  const rules = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(each => each.Properties.SecurityGroupIngress ?? []);
  return rules.filter((rule: any) => rule.CidrIp === '10.9.0.0/16').map((rule: any) => rule.FromPort);
}

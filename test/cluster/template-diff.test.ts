/** What replaces nodes: exactly what they use. A node is replaced when its launch template says something else. */
import { Duration, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BootPhase, CarbonCluster, CarbonClusterProps, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, Database, Distribution, LoadBalancing,
} from '../../lib';
import { gateway, testStack } from '../gateway';

type Overrides = (stack: Stack) => Partial<CarbonClusterProps>;
type Later = (cluster: CarbonCluster, stack: Stack) => void;

/** Other properties, or what is done to the cluster when it is there. */
type Change = { readonly props: Partial<CarbonClusterProps> | Overrides } | { readonly later: Later };

const BOTH = ['Manager', 'Workers'];

function templateOf(overrides: Overrides, later: Later = () => {}): Template {
  const stack = testStack();
  later(gateway(stack, overrides(stack)), stack);
  return Template.fromStack(stack);
}

/** What instances are launched from, by group. */
function launchTemplates(template: Template): Record<string, string> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::EC2::LaunchTemplate')).map(([id, each]) => [
    /Gateway(\w+?)LaunchTemplate/.exec(id)![1], JSON.stringify(each.Properties),
  ]));
}

const before = templateOf(() => ({}));

/** Groups whose nodes a change replaces. */
function replaced(after: Template): string[] {
  const [old, fresh] = [before, after].map(launchTemplates);
  return Object.keys(fresh).filter(group => old[group] !== fresh[group]);
}

/** That the change changed anything, so that a change that is lost is not taken for one that replaces nobody. */
function changed(after: Template): boolean {
  return JSON.stringify(before.toJSON()) !== JSON.stringify(after.toJSON());
}

function afterOf(change: Change): Template {
  if ('later' in change) return templateOf(() => ({}), change.later);
  const { props } = change;
  return templateOf(typeof props === 'function' ? props : () => props);
}

const AXIS2 = 'repository/conf/axis2/axis2.xml';
const value = (text: string): Change => ({ props: {
  configurationOverlays: [ConfigurationOverlay.edits(AXIS2, ConfigurationEdit.text("/axisconfig/parameter[@name='hotdeployment']", ConfigurationValue.text(text)))],
} });

test.each<[string, Change, string[]]>([
  ['another pack', { props: stack => ({ distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Others', 'packs'), 'wso2am-2.2.0-1.zip') }) }, BOTH],
  ['a checksum of the pack', { props: stack => ({
    distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Others', 'packs'), 'wso2am-2.2.0.zip', { sha256: 'a'.repeat(64) }),
  }) }, BOTH],
  ['a JVM setting', { props: { javaOptions: ['-Dsetting=1'] } }, BOTH],
  ['one configuration value', value('true'), BOTH],
  ['a pool setting', { props: { datasourcePool: { maxActive: '50' } } }, BOTH],
  ['another instance type', { props: { instanceType: ec2.InstanceType.of(ec2.InstanceClass.M7I, ec2.InstanceSize.XLARGE) } }, BOTH],
  ['a script of the workers', { later: cluster => cluster.workers.addScriptBefore(BootPhase.START, 'true') }, ['Workers']],
  ['a script of the manager', { later: cluster => cluster.manager.addScriptBefore(BootPhase.START, 'true') }, ['Manager']],
  ['another host name', { props: { hostName: 'gateway.example.com' } }, BOTH],
])('%s replaces the nodes that use it', (_, change, groups) => {
  expect(replaced(afterOf(change))).toEqual(groups);
});

test('a value of a configuration that is another replaces nodes, the same again does not', () => {
  const [one, same, other] = ['true', 'true', 'false'].map(text => launchTemplates(afterOf(value(text))));
  expect(same).toEqual(one);
  expect(other.Workers).not.toBe(one.Workers);
});

test.each<[string, Change]>([
  ['the number of workers', { props: { workerCount: 4 } }],
  ['tags of the database', { later: cluster => Tags.of(cluster.database!).add('team', 'integration') }],
  ['the size of the database', { props: { database: Database.rdsMySql({ instanceType: ec2.InstanceType.of(ec2.InstanceClass.R6G, ec2.InstanceSize.LARGE) }) } }],
  ['the idle timeout of the load balancer', { props: { loadBalancing: LoadBalancing.application({ idleTimeout: Duration.minutes(5) }) } }],
  ['a listener for HTTP', { props: { loadBalancing: LoadBalancing.application({ redirectHttp: true }) } }],
  ['who may connect', { props: { clients: [ec2.Peer.ipv4('10.1.0.0/16')] } }],
  ['deletion protection', { props: { deletionProtection: false } }],
  ['an alarm', { later: (cluster, stack) => {
    cluster.database!.metricCPUUtilization().createAlarm(stack, 'Busy', { threshold: 90, evaluationPeriods: 3 });
  } }],
  ['a scaling policy', { later: cluster => {
    cluster.workers.autoScalingGroup.scaleOnCpuUtilization('Busy', { targetUtilizationPercent: 60 });
  } }],
  ['the description of the stack', { later: (_, stack) => { stack.templateOptions.description = 'gateways of the shop'; } }],
])('%s replaces nobody', (_, change) => {
  const after = afterOf(change);
  expect(changed(after)).toBe(true);
  expect(replaced(after)).toEqual([]);
});

test('what replaces nodes is the version of their launch template, by the policy of their group', () => {
  for (const each of Object.values(before.findResources('AWS::AutoScaling::AutoScalingGroup'))) {
    expect(each.Properties.LaunchTemplate.Version).toEqual({ 'Fn::GetAtt': [each.Properties.LaunchTemplate.LaunchTemplateId.Ref, 'LatestVersionNumber'] });
    expect(each.UpdatePolicy.AutoScalingRollingUpdate).toBeDefined();
  }
});

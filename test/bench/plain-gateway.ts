/**
 * The gateway example without this library: the same resources, by aws-cdk-lib alone, as who knows everything would write them. What
 * a node is configured with is left out: its user data only fetches a program. The bench checks that types and counts are the same.
 */
import { join } from 'node:path';
import { App, CfnOutput, CustomResource, Duration, RemovalPolicy, SecretValue, Stack, Tags, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';

const LIB = join(__dirname, '../../lib');
const BOOT = Duration.minutes(20);

const app = new App();
const stack = new Stack(app, 'CarbonGateway', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const hostName = 'am.example.com';

const packs = s3.Bucket.fromBucketName(stack, 'Packs', 'wso2-packs');
const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
const certificate = new acm.Certificate(stack, 'Certificate', {
  domainName: hostName, subjectAlternativeNames: [`mgt.${hostName}`], validation: acm.CertificateValidation.fromDns(),
});
const members = new ec2.SecurityGroup(stack, 'Members', { vpc, allowAllOutbound: false, securityGroupName: 'carbon', description: 'Members' });
members.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443));
members.addIngressRule(members, ec2.Port.tcp(5701));
members.addEgressRule(members, ec2.Port.tcp(5701));

const credentials = accessKey();
const database = mySql();
const secrets = [credentials, database.secret!, ...['Admin', 'Keystore', 'Wso2amDb', 'Wso2umDb', 'Wso2regDb'].map(generated)];
const { listener, balancer } = loadBalancer();
const manager = group('Manager', 1, 9443, `mgt.${hostName}`, 10);
const workers = group('Workers', 2, 8243, hostName, 20);
workers.instances.node.addDependency(manager.instances);
observe();
new CfnOutput(stack, 'Address', { value: balancer.loadBalancerDnsName });

function generated(id: string): secretsmanager.Secret {
  return new secretsmanager.Secret(stack, id, {
    generateSecretString: { secretStringTemplate: JSON.stringify({ username: id.toLowerCase() }), generateStringKey: 'password', excludePunctuation: true },
  });
}

function accessKey(): secretsmanager.Secret {
  const discovery = new iam.ManagedPolicy(stack, 'Discovery', {
    statements: [new iam.PolicyStatement({ actions: ['ec2:DescribeInstances'], resources: ['*'] })],
  });
  const user = new iam.User(stack, 'User', { managedPolicies: [discovery] });
  const logGroup = new logs.LogGroup(stack, 'Log', { retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.DESTROY });
  const role = new iam.Role(stack, 'RotationRole', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  new iam.Policy(stack, 'KeyPolicy', { roles: [role], statements: [
    new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
    new iam.PolicyStatement({ actions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'], resources: [user.userArn] }),
  ] });
  const rotation = new lambda.Function(stack, 'Rotation', {
    code: lambda.Code.fromAsset(join(LIB, 'access/rotation/function')),
    handler: 'index.handler', runtime: lambda.Runtime.NODEJS_24_X, role, logGroup, environment: { USER_NAME: user.userName },
  });
  const keys = new CustomResource(stack, 'Keys', { resourceType: 'Custom::MembershipAccessKeys', serviceToken: rotation.functionArn });
  const key = new iam.AccessKey(stack, 'AccessKey', { user });
  key.node.addDependency(keys);
  const secret = new secretsmanager.Secret(stack, 'Credentials', {
    secretObjectValue: { accessKeyId: SecretValue.resourceAttribute(key.accessKeyId), secretAccessKey: key.secretAccessKey },
  });
  new iam.Policy(stack, 'SecretPolicy', { roles: [role], statements: [
    new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'], resources: [secret.secretArn] }),
  ] });
  rotation.addPermission('SecretsManager', { principal: new iam.ServicePrincipal('secretsmanager.amazonaws.com') });
  new secretsmanager.CfnRotationSchedule(stack, 'Schedule', {
    secretId: secret.secretArn, rotationLambdaArn: rotation.functionArn, rotationRules: { automaticallyAfterDays: 90 },
  });
  const rule = new events.CfnRule(stack, 'Retirement', { scheduleExpression: 'rate(1 day)', targets: [{ id: 'Function', arn: rotation.functionArn }] });
  rotation.addPermission('Retirement', { principal: new iam.ServicePrincipal('events.amazonaws.com'), sourceArn: rule.attrArn });
  return secret;
}

function mySql(): rds.DatabaseInstance {
  const engine = rds.DatabaseInstanceEngine.mysql({ version: rds.MysqlEngineVersion.VER_8_4_8 });
  const instance = new rds.DatabaseInstance(stack, 'Database', {
    engine, vpc, multiAz: true, storageEncrypted: true, deletionProtection: true, credentials: rds.Credentials.fromGeneratedSecret('carbonadmin'),
    parameterGroup: new rds.ParameterGroup(stack, 'Parameters', { engine, parameters: { require_secure_transport: '1' } }),
  });
  instance.connections.allowDefaultPortFrom(members);
  return instance;
}

function loadBalancer(): { listener: elbv2.ApplicationListener; balancer: elbv2.ApplicationLoadBalancer } {
  const made = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc, dropInvalidHeaderFields: true, deletionProtection: true });
  const https = made.addListener('Https', {
    port: 443, certificates: [certificate], sslPolicy: elbv2.SslPolicy.TLS13_RES, open: false, defaultAction: elbv2.ListenerAction.fixedResponse(404),
  });
  made.connections.allowFrom(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.tcp(443));
  return { listener: https, balancer: made };
}

interface Group { readonly id: string; readonly instances: autoscaling.AutoScalingGroup; readonly targets: elbv2.ApplicationTargetGroup }

function group(id: string, count: number, port: number, host: string, priority: number): Group {
  const role = new iam.Role(stack, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
  });
  const programs = new assets.Asset(stack, `${id}Programs`, { path: join(LIB, 'boot/programs'), exclude: ['__pycache__', '*.md', 'bootstrap.sh'] });
  programs.grantRead(role);
  packs.grantRead(role, 'wso2am-2.2.0.zip*');
  secrets.forEach(each => each.grantRead(role));
  role.addToPolicy(new iam.PolicyStatement({ actions: ['cloudformation:SignalResource'], resources: [stack.stackId] }));
  const userData = ec2.UserData.forLinux();
  userData.addS3DownloadCommand({ bucket: programs.bucket, bucketKey: programs.s3ObjectKey, localFile: '/opt/programs.zip' });
  userData.addCommands('python3 -m zipfile -e /opt/programs.zip /opt/programs', ...secrets.map(each => `echo '${each.secretArn}' >> /opt/secrets`));
  const launchTemplate = new ec2.LaunchTemplate(stack, `${id}LaunchTemplate`, {
    instanceType: new ec2.InstanceType('m7i.large'), role,
    machineImage: ec2.MachineImage.latestAmazonLinux2023({ cachedInContext: !Token.isUnresolved(stack.account) }),
    securityGroup: members, userData, requireImdsv2: true, detailedMonitoring: true,
    blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(30, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }) }],
  });
  Tags.of(launchTemplate).add('carbon-cluster', 'gateway');
  const made = new autoscaling.AutoScalingGroup(stack, `${id}Group`, {
    vpc, launchTemplate, minCapacity: count, maxCapacity: count, signals: autoscaling.Signals.waitForCount(count, { timeout: BOOT }),
    updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ maxBatchSize: 1, minInstancesInService: count - 1, pauseTime: BOOT }),
  });
  new iam.Policy(stack, `${id}LeavingPolicy`, { roles: [role], statements: [new iam.PolicyStatement({
    actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
    resources: [(made.node.defaultChild as autoscaling.CfnAutoScalingGroup).attrAutoScalingGroupArn],
  })] });
  made.addLifecycleHook('Leaving', { lifecycleTransition: autoscaling.LifecycleTransition.INSTANCE_TERMINATING });
  const targets = listener.addTargets(id, {
    protocol: elbv2.ApplicationProtocol.HTTPS, port, targets: [made], priority, conditions: [elbv2.ListenerCondition.hostHeaders([host])],
  });
  return { id, instances: made, targets };
}

/** As many alarms and graphs as the example's, of as many metrics. */
function observe(): void {
  const topic = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'TopicKey', { enableKeyRotation: true }), enforceSSL: true });
  const [server] = ['Server', 'Audit', 'Boot'].map(id => new logs.LogGroup(stack, `${id}Log`, { retention: logs.RetentionDays.THREE_MONTHS }));
  const [joined, left, elected, errors, failed] = ['Joined', 'Left', 'Elected', 'Errors', 'Failed'].map(name => server.addMetricFilter(name, {
    filterPattern: logs.FilterPattern.literal(`"${name}"`), metricNamespace: 'Carbon', metricName: name,
  }).metric());
  const groups = [manager, workers];
  const size = ({ instances }: Group, metricName: string): cloudwatch.Metric => new cloudwatch.Metric({
    namespace: 'AWS/AutoScaling', metricName, dimensionsMap: { AutoScalingGroupName: instances.autoScalingGroupName },
  });
  const missing = (each: Group): cloudwatch.IMetric => new cloudwatch.MathExpression({
    expression: 'desired - inService', usingMetrics: { desired: size(each, 'GroupDesiredCapacity'), inService: size(each, 'GroupInServiceInstances') },
  });
  const alarms = [
    ...groups.flatMap((each): [string, cloudwatch.IMetric][] => [
      [`${each.id}Missing`, missing(each)], [`${each.id}Outage`, each.targets.metrics.healthyHostCount()], [`${each.id}Targets`, each.targets.metrics.unhealthyHostCount()],
    ]),
    ['Elected', elected], ['Failed', failed],
    ['Cpu', database.metricCPUUtilization()], ['Connections', database.metricDatabaseConnections()], ['Storage', database.metricFreeStorageSpace()],
  ] as [string, cloudwatch.IMetric][];
  const made = alarms.map(([id, metric]) => new cloudwatch.Alarm(stack, `${id}Alarm`, { metric, threshold: 1, evaluationPeriods: 3 }));
  for (const alarm of made) {
    alarm.addAlarmAction(new actions.SnsAction(topic));
    alarm.addOkAction(new actions.SnsAction(topic));
  }
  new cloudwatch.Dashboard(stack, 'Dashboard', { widgets: [
    [new cloudwatch.AlarmStatusWidget({ alarms: made })],
    [
      new cloudwatch.GraphWidget({ left: groups.flatMap(each => [size(each, 'GroupInServiceInstances'), size(each, 'GroupDesiredCapacity')]) }),
      new cloudwatch.GraphWidget({ left: [joined, left, elected] }),
    ],
    groups.map(({ targets }) => new cloudwatch.GraphWidget({ left: [targets.metrics.healthyHostCount(), targets.metrics.unhealthyHostCount()] })),
    [
      new cloudwatch.GraphWidget({ left: [errors], right: [failed] }),
      new cloudwatch.GraphWidget({
        left: [database.metricCPUUtilization(), database.metricDatabaseConnections()], right: [database.metricFreeStorageSpace()],
      }),
    ],
  ] });
}

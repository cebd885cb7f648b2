import * as asg from '@aws-sdk/client-auto-scaling';
import * as ec2 from '@aws-sdk/client-ec2';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { Discovery, parseUserData, readDiscovery } from '../../bin/deployed-user-data';

// The SDK's warning about the version of Node.js says nothing to whoever reads a report.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** What exists after a deployment, as the API tells it. */
export interface Report {
  readonly nodes: readonly NodeReport[];
  readonly loadBalancers: readonly LoadBalancerReport[];
  readonly targetGroups: readonly TargetGroupReport[];
  readonly databases: readonly DatabaseReport[];
  /** The names of the secrets. */
  readonly secrets: readonly string[];
  /** Custom resources whose functions are in a VPC, which the emulator has no network for: nobody has run them. */
  readonly notRun: readonly string[];
}

/** One running instance. */
export interface NodeReport {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly privateAddress: string;
  readonly publicAddress?: string;
  readonly instanceType: string;
  /** The auto scaling group it belongs to. */
  readonly autoScalingGroup?: string;
  /** The names of its security groups. */
  readonly securityGroups: readonly string[];
  /** Its tags, but for its name and those that AWS adds. */
  readonly tags: Readonly<Record<string, string>>;
  readonly instanceProfile?: string;
  readonly role?: string;
  /** Whether a token is needed to read instance metadata: `required` or `optional`. */
  readonly metadataTokens: string;
  readonly metadataHopLimit: number;
  /** What its configuration makes it look for; undefined when it looks for nobody. */
  readonly looksFor?: Discovery;
  /** The ids of the running instances that it would find, itself among them. */
  readonly finds: readonly string[];
}

/** One load balancer. */
export interface LoadBalancerReport {
  readonly name: string;
  readonly dnsName: string;
  readonly type: string;
  readonly scheme: string;
  readonly listeners: readonly ListenerReport[];
}

/** One listener. */
export interface ListenerReport {
  readonly protocol: string;
  readonly port: number;
  readonly policy?: string;
  readonly certificates: readonly string[];
  /** In the order in which they are tried. */
  readonly rules: readonly RuleReport[];
}

/** One rule of a listener. */
export interface RuleReport {
  readonly priority: string;
  readonly condition: string;
  readonly action: string;
}

/** One target group. */
export interface TargetGroupReport {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly healthCheck: string;
  /** How long a client stays with a target, or `none`. */
  readonly stickiness: string;
  readonly targets: readonly { readonly id: string; readonly port: number; readonly state: string }[];
}

/** One database server. */
export interface DatabaseReport {
  readonly name: string;
  readonly engine: string;
  readonly version: string;
  readonly endpoint: string;
  readonly encrypted: boolean;
  readonly backupDays: number;
  readonly deletionProtection: boolean;
  readonly publiclyAccessible: boolean;
  readonly subnetGroup: string;
  readonly parameterGroup: string;
  /** Whether the parameter group refuses connections without TLS. */
  readonly requiresTls: boolean;
}

/** Where to ask. */
export interface ReportOptions {
  readonly url: string;
  readonly region: string;
}

/** Asks the API what exists. The templates are not looked at. */
export async function gather(options: ReportOptions): Promise<Report> {
  const api = new Api(options);
  const [nodes, loadBalancers, targetGroups, databases, names, notRun] = await Promise.all([
    describeNodes(api), describeLoadBalancers(api), describeTargetGroups(api), describeDatabases(api), listSecrets(api), listNotRun(options),
  ]);
  return { nodes, loadBalancers, targetGroups, databases, secrets: names, notRun };
}

async function listNotRun({ url }: ReportOptions): Promise<string[]> {
  const calls = await (await fetch(`${url}/moto-api/vpc-functions`)).json() as { event: { LogicalResourceId: string } }[];
  return calls.map(each => each.event.LogicalResourceId);
}

/** The clients. */
class Api {
  public readonly asg: asg.AutoScalingClient;
  public readonly ec2: ec2.EC2Client;
  public readonly elb: elb.ElasticLoadBalancingV2Client;
  public readonly iam: iam.IAMClient;
  public readonly rds: rds.RDSClient;
  public readonly secrets: secrets.SecretsManagerClient;

  constructor(options: ReportOptions) {
    const settings = { endpoint: options.url, region: options.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } };
    this.asg = new asg.AutoScalingClient(settings);
    this.ec2 = new ec2.EC2Client(settings);
    this.elb = new elb.ElasticLoadBalancingV2Client(settings);
    this.iam = new iam.IAMClient(settings);
    this.rds = new rds.RDSClient(settings);
    this.secrets = new secrets.SecretsManagerClient(settings);
  }
}

// Nodes

async function describeNodes(api: Api): Promise<NodeReport[]> {
  const instances = await findInstances(api, [{ Name: 'instance-state-name', Values: ['pending', 'running'] }]);
  const nodes = await Promise.all(instances.map(instance => describeNode(api, instance)));
  return nodes.sort((a, b) => compare(a.name, b.name) || compare(a.zone, b.zone) || compare(a.instanceId, b.instanceId));
}

async function findInstances(api: Api, filters: ec2.Filter[]): Promise<ec2.Instance[]> {
  const found: ec2.Instance[] = [];
  for await (const page of ec2.paginateDescribeInstances({ client: api.ec2 }, { Filters: filters })) {
    found.push(...(page.Reservations ?? []).flatMap(reservation => reservation.Instances ?? []));
  }
  return found;
}

async function describeNode(api: Api, instance: ec2.Instance): Promise<NodeReport> {
  const tags = Object.fromEntries((instance.Tags ?? []).map(tag => [tag.Key!, tag.Value!]));
  const instanceProfile = instance.IamInstanceProfile?.Arn?.split('/').pop();
  const looksFor = await readConfiguration(api, instance.InstanceId!);
  return {
    instanceId: instance.InstanceId!,
    name: tags.Name ?? '',
    zone: instance.Placement!.AvailabilityZone!,
    privateAddress: instance.PrivateIpAddress!,
    publicAddress: instance.PublicIpAddress,
    instanceType: instance.InstanceType!,
    autoScalingGroup: tags['aws:autoscaling:groupName'],
    securityGroups: (instance.SecurityGroups ?? []).map(group => group.GroupName!),
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => key !== 'Name' && !key.startsWith('aws:'))),
    instanceProfile,
    role: instanceProfile && await findRole(api, instanceProfile),
    metadataTokens: instance.MetadataOptions!.HttpTokens!,
    metadataHopLimit: instance.MetadataOptions!.HttpPutResponseHopLimit!,
    looksFor,
    finds: looksFor ? await findMembers(api, looksFor) : [],
  };
}

async function readConfiguration(api: Api, instanceId: string): Promise<Discovery | undefined> {
  const answer = await api.ec2.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: 'userData' }));
  const userData = parseUserData(Buffer.from(answer.UserData?.Value ?? '', 'base64').toString('utf8'));
  return userData && readDiscovery(userData);
}

async function findRole(api: Api, instanceProfile: string): Promise<string | undefined> {
  const answer = await api.iam.send(new iam.GetInstanceProfileCommand({ InstanceProfileName: instanceProfile }));
  return answer.InstanceProfile?.Roles?.[0]?.RoleName;
}

/** Asks the question that the member itself asks: Hazelcast knows these three filters and no others. */
async function findMembers(api: Api, looksFor: Discovery): Promise<string[]> {
  const filters: ec2.Filter[] = [{ Name: 'instance-state-name', Values: ['running'] }];
  if (looksFor.hosts) {
    filters.push({ Name: 'private-ip-address', Values: [...looksFor.hosts] });
  }
  if (looksFor.tagKey !== undefined) {
    filters.push(looksFor.tagValue === undefined
      ? { Name: 'tag-key', Values: [looksFor.tagKey] } : { Name: `tag:${looksFor.tagKey}`, Values: [looksFor.tagValue] });
  }
  if (looksFor.securityGroup !== undefined) {
    filters.push({ Name: 'instance.group-name', Values: [looksFor.securityGroup] });
  }
  return (await findInstances(api, filters)).map(instance => instance.InstanceId!).sort();
}

// Load balancers

async function describeLoadBalancers(api: Api): Promise<LoadBalancerReport[]> {
  const balancers = (await api.elb.send(new elb.DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
  const names = await targetGroupNames(api);
  return Promise.all(balancers.map(async balancer => ({
    name: balancer.LoadBalancerName!,
    dnsName: balancer.DNSName!,
    type: balancer.Type!,
    scheme: balancer.Scheme!,
    listeners: await describeListeners(api, balancer.LoadBalancerArn!, names),
  })));
}

async function targetGroupNames(api: Api): Promise<Map<string, string>> {
  const groups = (await api.elb.send(new elb.DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
  return new Map(groups.map(group => [group.TargetGroupArn!, group.TargetGroupName!]));
}

async function describeListeners(api: Api, loadBalancer: string, names: Map<string, string>): Promise<ListenerReport[]> {
  const listeners = (await api.elb.send(new elb.DescribeListenersCommand({ LoadBalancerArn: loadBalancer }))).Listeners ?? [];
  const described = await Promise.all(listeners.map(async listener => ({
    protocol: listener.Protocol!,
    port: listener.Port!,
    policy: listener.SslPolicy,
    certificates: await listCertificates(api, listener),
    rules: await describeRules(api, listener.ListenerArn!, names),
  })));
  return described.sort((a, b) => a.port - b.port);
}

async function listCertificates(api: Api, listener: elb.Listener): Promise<string[]> {
  if (!listener.Certificates?.length) {
    return [];
  }
  const answer = await api.elb.send(new elb.DescribeListenerCertificatesCommand({ ListenerArn: listener.ListenerArn! }));
  return (answer.Certificates ?? []).map(certificate => certificate.CertificateArn!);
}

async function describeRules(api: Api, listener: string, names: Map<string, string>): Promise<RuleReport[]> {
  const rules = (await api.elb.send(new elb.DescribeRulesCommand({ ListenerArn: listener }))).Rules ?? [];
  return rules
    .sort((a, b) => order(a.Priority!) - order(b.Priority!))
    .map(rule => ({
      priority: rule.Priority!,
      condition: (rule.Conditions ?? []).map(describeCondition).join(' and ') || 'always',
      action: (rule.Actions ?? []).map(action => describeAction(action, names)).join(', then '),
    }));
}

function order(priority: string): number {
  return priority === 'default' ? Infinity : Number(priority);
}

function describeCondition(condition: elb.RuleCondition): string {
  const values = condition.HostHeaderConfig?.Values ?? condition.PathPatternConfig?.Values ?? condition.Values ?? [];
  return `${condition.Field} ${values.join(' or ')}`;
}

function describeAction(action: elb.Action, names: Map<string, string>): string {
  if (action.Type === 'redirect') {
    return `redirect to ${action.RedirectConfig!.Protocol} ${action.RedirectConfig!.Port}`;
  }
  if (action.Type === 'fixed-response') {
    return `answer ${action.FixedResponseConfig!.StatusCode}`;
  }
  const groups = action.ForwardConfig?.TargetGroups?.map(group => group.TargetGroupArn!) ?? [action.TargetGroupArn!];
  return `forward to ${groups.map(group => names.get(group) ?? group).join(', ')}`;
}

async function describeTargetGroups(api: Api): Promise<TargetGroupReport[]> {
  const groups = (await api.elb.send(new elb.DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
  return Promise.all(groups.map(async group => ({
    name: group.TargetGroupName!,
    protocol: group.Protocol!,
    port: group.Port!,
    healthCheck: describeHealthCheck(group),
    stickiness: await describeStickiness(api, group.TargetGroupArn!),
    targets: await describeTargets(api, group.TargetGroupArn!),
  })));
}

function describeHealthCheck(group: elb.TargetGroup): string {
  const where = `${group.HealthCheckProtocol}:${group.HealthCheckPort} ${group.HealthCheckPath ?? ''}`.trim();
  const codes = group.Matcher?.HttpCode === undefined ? '' : `, ${group.Matcher.HttpCode}`;
  return `${where} every ${group.HealthCheckIntervalSeconds} s${codes}`;
}

async function describeStickiness(api: Api, targetGroup: string): Promise<string> {
  const answer = await api.elb.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn: targetGroup }));
  const attributes = new Map((answer.Attributes ?? []).map(each => [each.Key!, each.Value!]));
  if (attributes.get('stickiness.enabled') !== 'true') {
    return 'none';
  }
  const type = attributes.get('stickiness.type')!;
  const seconds = attributes.get(`stickiness.${type}.duration_seconds`);
  return seconds === undefined ? type : `${type} ${seconds} s`;
}

async function describeTargets(api: Api, targetGroup: string): Promise<TargetGroupReport['targets']> {
  const answer = await api.elb.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }));
  return (answer.TargetHealthDescriptions ?? [])
    .map(each => ({ id: each.Target!.Id!, port: each.Target!.Port!, state: each.TargetHealth!.State! }))
    .sort((a, b) => compare(a.id, b.id));
}

// Databases and secrets

async function describeDatabases(api: Api): Promise<DatabaseReport[]> {
  const databases = (await api.rds.send(new rds.DescribeDBInstancesCommand({}))).DBInstances ?? [];
  return Promise.all(databases.map(async database => {
    const parameterGroup = database.DBParameterGroups![0].DBParameterGroupName!;
    return {
      name: database.DBInstanceIdentifier!,
      engine: database.Engine!,
      version: database.EngineVersion!,
      endpoint: `${database.Endpoint!.Address}:${database.Endpoint!.Port}`,
      encrypted: database.StorageEncrypted!,
      backupDays: database.BackupRetentionPeriod!,
      deletionProtection: database.DeletionProtection!,
      publiclyAccessible: database.PubliclyAccessible!,
      subnetGroup: database.DBSubnetGroup?.DBSubnetGroupName ?? '',
      parameterGroup,
      requiresTls: await requiresTls(api, parameterGroup),
    };
  }));
}

async function requiresTls(api: Api, parameterGroup: string): Promise<boolean> {
  for await (const page of rds.paginateDescribeDBParameters({ client: api.rds }, { DBParameterGroupName: parameterGroup })) {
    const parameter = page.Parameters?.find(each => each.ParameterName === 'require_secure_transport');
    if (parameter) {
      return ['1', 'ON', 'on'].includes(parameter.ParameterValue ?? '');
    }
  }
  return false;
}

async function listSecrets(api: Api): Promise<string[]> {
  const names: string[] = [];
  for await (const page of secrets.paginateListSecrets({ client: api.secrets }, {})) {
    names.push(...(page.SecretList ?? []).map(secret => secret.Name!));
  }
  return names.sort();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

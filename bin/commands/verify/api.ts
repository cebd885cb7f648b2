import * as asg from '@aws-sdk/client-auto-scaling';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as classic from '@aws-sdk/client-elastic-load-balancing';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import { ask, askAll } from './ask';

/** What the simulation of a policy says of one action. */
export interface Decision {
  readonly action: string;
  readonly allowed: boolean;
  /** `implicitDeny`: nothing allows it; `explicitDeny`: something forbids it. */
  readonly decision: string;
}

/** What a policy's conditions may look at, by their keys. */
type Context = Readonly<Record<string, string>>;

/** More actions than this go into a call of their own. */
const SIMULATED_AT_ONCE = 50;

/** The calls of AWS, under the caller's own credentials. */
export class Api {
  private readonly cloudformation: cloudformation.CloudFormationClient;
  private readonly asg: asg.AutoScalingClient;
  private readonly ec2: ec2.EC2Client;
  private readonly elb: elb.ElasticLoadBalancingV2Client;
  private readonly classic: classic.ElasticLoadBalancingClient;
  private readonly iam: iam.IAMClient;
  private readonly rds: rds.RDSClient;
  private readonly logs: logs.CloudWatchLogsClient;

  /** @param region that of the caller's settings where absent */
  public constructor(region?: string) {
    const settings = region === undefined ? {} : { region };
    this.cloudformation = new cloudformation.CloudFormationClient(settings);
    this.asg = new asg.AutoScalingClient(settings);
    this.ec2 = new ec2.EC2Client(settings);
    this.elb = new elb.ElasticLoadBalancingV2Client(settings);
    this.classic = new classic.ElasticLoadBalancingClient(settings);
    this.iam = new iam.IAMClient(settings);
    this.rds = new rds.RDSClient(settings);
    this.logs = new logs.CloudWatchLogsClient(settings);
  }

  /** The region that is asked, wherever it was said. */
  public region(): Promise<string> {
    return this.ec2.config.region();
  }

  /** @throws if nobody says who the caller is */
  public async checkCredentials(): Promise<void> {
    await this.ec2.config.credentials();
  }

  public async stack(name: string): Promise<cloudformation.Stack | undefined> {
    const answer = await ask('cloudformation:DescribeStacks', async () => {
      try {
        return await this.cloudformation.send(new cloudformation.DescribeStacksCommand({ StackName: name }));
      } catch (error) {
        // CloudFormation has no code of its own for a stack that does not exist.
        if ((error as Error).name === 'ValidationError' && /does not exist/.test((error as Error).message)) return undefined;
        throw error;
      }
    });
    return answer?.Stacks?.[0];
  }

  public async stackResources(stack: string): Promise<cloudformation.StackResourceSummary[]> {
    const pages = cloudformation.paginateListStackResources({ client: this.cloudformation }, { StackName: stack });
    return (await askAll('cloudformation:ListStackResources', pages)).flatMap(page => page.StackResourceSummaries ?? []);
  }

  public async template(stack: string): Promise<string> {
    const answer = await ask('cloudformation:GetTemplate',
      () => this.cloudformation.send(new cloudformation.GetTemplateCommand({ StackName: stack })));
    return answer.TemplateBody ?? '';
  }

  public async autoScalingGroups(names: readonly string[]): Promise<asg.AutoScalingGroup[]> {
    if (names.length === 0) return [];
    const pages = asg.paginateDescribeAutoScalingGroups({ client: this.asg }, { AutoScalingGroupNames: [...names] });
    return (await askAll('autoscaling:DescribeAutoScalingGroups', pages)).flatMap(page => page.AutoScalingGroups ?? []);
  }

  public async launchTemplate(id: string, version: string): Promise<ec2.ResponseLaunchTemplateData> {
    const answer = await ask('ec2:DescribeLaunchTemplateVersions', () => this.ec2.send(new ec2.DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: id, Versions: [version],
    })));
    return answer.LaunchTemplateVersions?.[0]?.LaunchTemplateData ?? {};
  }

  /** Without filters, every instance of the region. */
  public async instances(filters: readonly ec2.Filter[]): Promise<ec2.Instance[]> {
    const pages = ec2.paginateDescribeInstances({ client: this.ec2 }, filters.length === 0 ? {} : { Filters: [...filters] });
    return (await askAll('ec2:DescribeInstances', pages)).flatMap(page => page.Reservations ?? []).flatMap(each => each.Instances ?? []);
  }

  public async securityGroups(ids: readonly string[]): Promise<ec2.SecurityGroup[]> {
    if (ids.length === 0) return [];
    const pages = ec2.paginateDescribeSecurityGroups({ client: this.ec2 }, { GroupIds: [...ids] });
    return (await askAll('ec2:DescribeSecurityGroups', pages)).flatMap(page => page.SecurityGroups ?? []);
  }

  public async targetGroups(arns: readonly string[]): Promise<elb.TargetGroup[]> {
    if (arns.length === 0) return [];
    const pages = elb.paginateDescribeTargetGroups({ client: this.elb }, { TargetGroupArns: [...arns] });
    return (await askAll('elasticloadbalancing:DescribeTargetGroups', pages)).flatMap(page => page.TargetGroups ?? []);
  }

  public async targetHealth(arn: string): Promise<elb.TargetHealthDescription[]> {
    const answer = await ask('elasticloadbalancing:DescribeTargetHealth',
      () => this.elb.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: arn })));
    return answer.TargetHealthDescriptions ?? [];
  }

  public async loadBalancers(arns: readonly string[]): Promise<elb.LoadBalancer[]> {
    if (arns.length === 0) return [];
    const pages = elb.paginateDescribeLoadBalancers({ client: this.elb }, { LoadBalancerArns: [...arns] });
    return (await askAll('elasticloadbalancing:DescribeLoadBalancers', pages)).flatMap(page => page.LoadBalancers ?? []);
  }

  public async listeners(loadBalancer: string): Promise<elb.Listener[]> {
    const pages = elb.paginateDescribeListeners({ client: this.elb }, { LoadBalancerArn: loadBalancer });
    return (await askAll('elasticloadbalancing:DescribeListeners', pages)).flatMap(page => page.Listeners ?? []);
  }

  public async classicLoadBalancers(names: readonly string[]): Promise<classic.LoadBalancerDescription[]> {
    if (names.length === 0) return [];
    const pages = classic.paginateDescribeLoadBalancers({ client: this.classic }, { LoadBalancerNames: [...names] });
    return (await askAll('elasticloadbalancing:DescribeLoadBalancers', pages)).flatMap(page => page.LoadBalancerDescriptions ?? []);
  }

  public async instanceHealth(classicLoadBalancer: string): Promise<classic.InstanceState[]> {
    const answer = await ask('elasticloadbalancing:DescribeInstanceHealth',
      () => this.classic.send(new classic.DescribeInstanceHealthCommand({ LoadBalancerName: classicLoadBalancer })));
    return answer.InstanceStates ?? [];
  }

  public async database(identifier: string): Promise<rds.DBInstance | undefined> {
    const answer = await ask('rds:DescribeDBInstances',
      () => this.rds.send(new rds.DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })));
    return answer.DBInstances?.[0];
  }

  public async databaseParameters(group: string): Promise<rds.Parameter[]> {
    const pages = rds.paginateDescribeDBParameters({ client: this.rds }, { DBParameterGroupName: group });
    return (await askAll('rds:DescribeDBParameters', pages)).flatMap(page => page.Parameters ?? []);
  }

  /** The ARN of the role in an instance profile. */
  public async roleOf(instanceProfile: string): Promise<string | undefined> {
    const answer = await ask('iam:GetInstanceProfile',
      () => this.iam.send(new iam.GetInstanceProfileCommand({ InstanceProfileName: instanceProfile })));
    return answer.InstanceProfile?.Roles?.[0]?.Arn;
  }

  public async userArn(user: string): Promise<string | undefined> {
    const answer = await ask('iam:GetUser', () => this.iam.send(new iam.GetUserCommand({ UserName: user })));
    return answer.User?.Arn;
  }

  public async accessKeys(user: string): Promise<iam.AccessKeyMetadata[]> {
    const pages = iam.paginateListAccessKeys({ client: this.iam }, { UserName: user });
    return (await askAll('iam:ListAccessKeys', pages)).flatMap(page => page.AccessKeyMetadata ?? []);
  }

  public async lastUsed(accessKey: string): Promise<iam.AccessKeyLastUsed | undefined> {
    const answer = await ask('iam:GetAccessKeyLastUsed', () => this.iam.send(new iam.GetAccessKeyLastUsedCommand({ AccessKeyId: accessKey })));
    return answer.AccessKeyLastUsed;
  }

  /** What the policies of a role or user say of actions on a resource, for calls that are made to a region. */
  public async simulate(principal: string, actions: readonly string[], resource: string, region: string, context: Context = {}): Promise<Decision[]> {
    const decisions: Decision[] = [];
    const entries = Object.entries({ 'aws:RequestedRegion': region, ...context })
      .map(([key, value]) => ({ ContextKeyName: key, ContextKeyType: 'string' as const, ContextKeyValues: [value] }));
    for (let at = 0; at < actions.length; at += SIMULATED_AT_ONCE) {
      const pages = iam.paginateSimulatePrincipalPolicy({ client: this.iam }, {
        PolicySourceArn: principal,
        ActionNames: actions.slice(at, at + SIMULATED_AT_ONCE),
        ResourceArns: [resource],
        ContextEntries: entries,
      });
      const results = (await askAll('iam:SimulatePrincipalPolicy', pages)).flatMap(page => page.EvaluationResults ?? []);
      decisions.push(...results.map(each => ({
        action: each.EvalActionName!, allowed: each.EvalDecision === 'allowed', decision: each.EvalDecision!,
      })));
    }
    return decisions;
  }

  /** The events of a log group that match, since a moment; `complete` is false where there were more than could be read. */
  public async logEvents(group: string, pattern: string, since: number, mostPages: number): Promise<LogEvents> {
    const pages = logs.paginateFilterLogEvents({ client: this.logs }, { logGroupName: group, filterPattern: pattern, startTime: since });
    return ask('logs:FilterLogEvents', async () => {
      const events: logs.FilteredLogEvent[] = [];
      let read = 0;
      for await (const page of pages) {
        events.push(...page.events ?? []);
        read += 1;
        if (read === mostPages && page.nextToken !== undefined) return { events, complete: false };
      }
      return { events, complete: true };
    });
  }
}

export interface LogEvents {
  readonly events: readonly logs.FilteredLogEvent[];
  readonly complete: boolean;
}

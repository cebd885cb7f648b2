import { join } from 'node:path';
import { ArnFormat, CustomResource, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct, IDependable } from 'constructs';
import { acknowledgeFindings } from '../access/findings';
import { allowLogs } from '../access/key-access';

export interface DeletionProtectionProps {
  /** Off is a state, too: a change from on to off is an update of the custom resource, which its deletion could not be told from. */
  readonly enabled: boolean;
  readonly database?: rds.DatabaseInstance;
  readonly loadBalancer?: elbv2.ApplicationLoadBalancer | elbv2.NetworkLoadBalancer;
  /** Encrypts the function's log. */
  readonly encryptionKey?: kms.IKey;
  /** What must be complete before, and what must not be deleted as long as the protection is on. */
  readonly after: readonly IDependable[];
}

/** Beside this file in the sources and in the package. */
const FUNCTION = join(__dirname, 'handler', 'function');

/** Longer than the function waits for a busy database, and takes back. */
const TIMEOUT = Duration.minutes(12);

const TYPE = 'Custom::DeletionProtection';

/** Protects database and load balancer once everything else is complete: see the README. */
export class DeletionProtection extends Construct {
  public constructor(scope: Construct, id: string, props: DeletionProtectionProps) {
    super(scope, id);
    const { database, enabled, encryptionKey, loadBalancer } = props;
    if (encryptionKey) allowLogs(this, encryptionKey);
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.DESTROY, encryptionKey,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const policy = new iam.Policy(this, 'Policy', { roles: [role], statements: this.statements(props, logGroup) });
    const handler = new lambda.Function(this, 'Function', {
      description: 'Protects the database and the load balancer of a WSO2 Carbon cluster against deletion',
      code: lambda.Code.fromAsset(FUNCTION),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      memorySize: 256,
      timeout: TIMEOUT,
      role,
      logGroup,
    });
    handler.node.addDependency(policy);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: TYPE,
      serviceToken: handler.functionArn,
      serviceTimeout: TIMEOUT,
      properties: {
        Enabled: String(enabled),
        DatabaseInstance: database?.instanceIdentifier,
        DatabaseLog: database && errorLog(database),
        LoadBalancer: loadBalancer?.loadBalancerArn,
      },
    });
    resource.node.addDependency(...props.after);
  }

  private statements({ database, loadBalancer }: DeletionProtectionProps, logGroup: logs.LogGroup): iam.PolicyStatement[] {
    const allow = (resources: string[], ...actions: string[]): iam.PolicyStatement => new iam.PolicyStatement({ actions, resources });
    const statements = [
      // Without logs:CreateLogGroup: Lambda would make the group again after the stack has deleted it.
      allow([logGroup.logGroupArn], 'logs:CreateLogStream', 'logs:PutLogEvents'),
      allow([...new Set([Stack.of(this).stackId, rootOf(this).stackId])], 'cloudformation:DescribeStacks'),
    ];
    if (database) {
      statements.push(allow([database.instanceArn], 'rds:DescribeDBInstances', 'rds:ModifyDBInstance'));
      statements.push(allow([this.errorLogArn(database)], 'logs:CreateLogGroup', 'logs:PutRetentionPolicy'));
    }
    if (!loadBalancer) return statements;
    return [
      ...statements,
      allow([loadBalancer.loadBalancerArn], 'elasticloadbalancing:ModifyLoadBalancerAttributes'),
      this.describeAttributes(),
    ];
  }

  private errorLogArn(database: rds.DatabaseInstance): string {
    const stack = Stack.of(this);
    const known = (value: string, otherwise: string): string => (Token.isUnresolved(value) ? otherwise : value);
    // As cdk-nag spells it.
    const [region, account] = [known(stack.region, '<AWS::Region>'), known(stack.account, '<AWS::AccountId>')];
    const id = stack.getLogicalId(database.node.defaultChild as rds.CfnDBInstance);
    acknowledgeFindings(this, {
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:${region}:${account}:log-group:/aws/rds/instance/<${id}>/error:*]`,
      reason: 'CloudWatch Logs wants the ARN of a log group with this end in policies; it is one log group',
    });
    const resourceName = `${errorLog(database)}:*`;
    return stack.formatArn({ service: 'logs', resource: 'log-group', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  }

  private describeAttributes(): iam.PolicyStatement {
    acknowledgeFindings(this, {
      id: 'AwsSolutions-IAM5[Resource::*]', reason: 'Elastic Load Balancing has no resource-level permissions for Describe actions',
    });
    return new iam.PolicyStatement({
      actions: ['elasticloadbalancing:DescribeLoadBalancerAttributes'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(this).region } },
    });
  }
}

/** What RDS calls it. */
function errorLog(database: rds.DatabaseInstance): string {
  return `/aws/rds/instance/${database.instanceIdentifier}/error`;
}

/** Its status tells why a nested stack is deleted. */
function rootOf(scope: Construct): Stack {
  const stack = Stack.of(scope);
  return stack.nestedStackParent ? rootOf(stack.nestedStackParent) : stack;
}

import { App, AppProps, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonClusterProps, CarbonProduct, Distribution } from '../lib';
import { carriedTexts, withoutDocument } from '../lib/boot/carried-texts';

export const ENV = { account: '111111111111', region: 'eu-west-1' };
const IMAGE_PARAMETER = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64';

/** What looking up in the account would have answered, so that tests ask nobody. */
export const CONTEXT: Record<string, unknown> = {
  [`availability-zones:account=${ENV.account}:region=${ENV.region}`]: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  [`ssm:account=${ENV.account}:parameterName=${IMAGE_PARAMETER}:region=${ENV.region}`]: 'ami-0123456789abcdef0',
};

/** What the CDK's command line tells an app that it synthesizes to a folder. */
export function appEnvironment(out: string, context: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return {
    CDK_OUTDIR: out, CDK_DEFAULT_ACCOUNT: ENV.account, CDK_DEFAULT_REGION: ENV.region, CDK_CONTEXT_JSON: JSON.stringify({ ...CONTEXT, ...context }),
  };
}

export function testApp(props: AppProps = {}): App {
  return new App({ analyticsReporting: false, ...props, context: { ...CONTEXT, ...props.context } });
}

export function testStack(app: App = testApp(), id = 'Test', env: { account?: string; region?: string } = ENV): Stack {
  return new Stack(app, id, { env });
}

/** The ten lines of the README, in a stack. */
export function gateway(stack: Stack = testStack(), overrides: Partial<CarbonClusterProps> = {}, id = 'Gateway'): CarbonCluster {
  return new CarbonCluster(stack, id, { ...gatewayProps(stack, id), ...overrides });
}

export function gatewayProps(stack: Stack, id = 'Gateway'): CarbonClusterProps {
  return {
    vpc: (stack.node.tryFindChild('Vpc') as ec2.Vpc | undefined) ?? new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }),
    product: CarbonProduct.apiManager('2.2.0'),
    distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, `${id}Packs`, 'packs'), 'wso2am-2.2.0.zip'),
    hostName: 'am.example.com',
    managementHostName: 'mgt.am.example.com',
    certificates: [acm.Certificate.fromCertificateArn(stack, `${id}Certificate`, `arn:aws:acm:${ENV.region}:${ENV.account}:certificate/1`)],
  };
}

/** User data as text, each late-bound value as `<its intrinsic>`, and the document that it carries unpacked, so that a test sees all of it. */
export function userDataOf(template: { findResources(type: string): Record<string, Record<string, any>> }, logicalIdPart: string): string {
  const templates = template.findResources('AWS::EC2::LaunchTemplate');
  const [, resource] = Object.entries(templates).find(([id]) => id.includes(logicalIdPart))!;
  return readable(packedUserDataOf(resource));
}

/** As it is in the template. */
export function packedUserDataOf(launchTemplate: Record<string, any>): string {
  const encoded = launchTemplate.Properties.LaunchTemplateData.UserData['Fn::Base64'];
  if (typeof encoded === 'string') return encoded;
  return encoded['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : `<${JSON.stringify(part)}>`)).join('');
}

function readable(userData: string): string {
  const texts = carriedTexts(userData);
  return texts ? withoutDocument(userData).replace('<document>', () => texts.document) : userData;
}

/** The node's document in user data of `userDataOf`. */
export function documentOf(userData: string): any {
  const match = /<<'CARBON_CLUSTER_NODE'[^\n]*\n([\s\S]*?)\nCARBON_CLUSTER_NODE\n/.exec(userData);
  return JSON.parse(match![1]);
}

/** Everything that a role is allowed by policies of its template. */
export function statementsOf(template: { findResources(type: string): Record<string, Record<string, any>> }, roleId: string): any[] {
  const attached = template.findResources('AWS::IAM::Role')[roleId].Properties.ManagedPolicyArns.map((each: any) => each.Ref);
  const managed = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([id]) => attached.includes(id));
  const own = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([, each]) => each.Properties.Roles[0].Ref === roleId);
  return [...managed, ...own].flatMap(([, each]) => each.Properties.PolicyDocument.Statement);
}

import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AwsMembershipCredentials, CarbonProduct, Membership } from '../../lib';
import { gateway, testStack, userDataOf } from '../gateway';
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { bundle, FUNCTIONS } = require('../../tools/build-functions') as { bundle(each: object): string; FUNCTIONS: { folder: string; result: string }[] };

const stack = testStack();
gateway(stack);
const template = Template.fromStack(stack);
const resources: Record<string, any> = template.toJSON().Resources;
const idOf = (part: string): string => Object.keys(resources).find(each => each.includes(part))!;

function withCredentials(credentials: AwsMembershipCredentials, product = CarbonProduct.apiManager('2.2.0')): Template {
  const own = testStack();
  gateway(own, { product, membership: Membership.aws({ credentials }) });
  return Template.fromStack(own);
}

test.each(FUNCTIONS)('what Lambda runs is what its sources in $folder say; otherwise: npm run build', each => {
  expect(readFileSync(each.result, 'utf8')).toBe(bundle(each));
});

test('every 90 days, and not at once: the key of the deployment is new', () => {
  template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
    SecretId: { Ref: idOf('CredentialsSecret') }, RotationRules: { AutomaticallyAfterDays: 90 }, RotateImmediatelyOnUpdate: false,
  });
});

test('as often as one likes', () => {
  withCredentials(AwsMembershipCredentials.accessKey({ rotation: Duration.days(30) }))
    .hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotationRules: { AutomaticallyAfterDays: 30 } });
});

test('Secrets Manager calls the function, and it is complete before that', () => {
  const { DependsOn } = resources[idOf('RotationSchedule')];
  expect(DependsOn).toEqual(expect.arrayContaining([idOf('SecretPolicy'), idOf('FunctionSecretsManager')]));
  template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'secretsmanager.amazonaws.com', SourceAccount: '111111111111' });
});

test('each day the function looks for keys that are no longer used', () => {
  const [[rule]] = Object.entries(template.findResources('AWS::Events::Rule', { Properties: { ScheduleExpression: 'rate(1 day)' } }));
  template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'events.amazonaws.com', SourceArn: { 'Fn::GetAtt': [rule, 'Arn'] } });
  const [input] = resources[rule].Properties.Targets.map((each: any) => each.Input['Fn::Join'][1]);
  expect(JSON.parse(input.map((each: any) => each.Ref ?? each).join(''))).toEqual({ retire: idOf('CredentialsSecret') });
});

test('the first key is made by CloudFormation, comes after what takes keys away, and is taken away by that', () => {
  const key = resources[idOf('AccessKey')];
  expect(key).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain', DependsOn: [idOf('RotationKeys')] });
  const keys = resources[idOf('RotationKeys')];
  expect(keys).toMatchObject({ Type: 'Custom::MembershipAccessKeys', Properties: { UserName: { Ref: idOf('CredentialsUser') } } });
  // CloudFormation deletes in the reverse order: the function and its permission are still there when it is asked to clean up.
  expect(resources[idOf('RotationFunction')].DependsOn).toContain(idOf('KeyPolicy'));
  expect(JSON.stringify(keys.Properties.ServiceToken)).toContain(idOf('RotationFunction'));
});

test('what it may do is about this user, this secret and this log group', () => {
  const about = (id: string): unknown[] => resources[id].Properties.PolicyDocument.Statement.map((each: any) => each.Resource);
  expect(about(idOf('KeyPolicy'))).toEqual([{ 'Fn::GetAtt': [idOf('RotationLog'), 'Arn'] }, { 'Fn::GetAtt': [idOf('CredentialsUser'), 'Arn'] }]);
  expect(about(idOf('SecretPolicy'))).toEqual([{ Ref: idOf('CredentialsSecret') }]);
});

test('function and nodes use a key where members do', () => {
  const own = testStack();
  gateway(own, { membership: Membership.aws({ region: 'eu-central-1' }) });
  const made = Template.fromStack(own);
  made.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { MEMBERSHIP_REGION: 'eu-central-1', USER_NAME: { Ref: Match.stringLikeRegexp('CredentialsUser') } } },
  });
  expect(userDataOf(made, 'Workers')).toContain('\nMembershipRegion=eu-central-1\n');
});

test('a secret of one\'s own is rotated by its owner', () => {
  const own = testStack();
  const secret = secretsmanager.Secret.fromSecretNameV2(own, 'Own', 'own');
  gateway(own, { membership: Membership.aws({ credentials: AwsMembershipCredentials.fromSecret(secret) }) });
  Template.fromStack(own).resourcePropertiesCountIs('AWS::Lambda::Function', { Description: Match.stringLikeRegexp('^Rotates') }, 0);
});

test('nobody has a key, and nothing to rotate, where the role serves', () => {
  const own = withCredentials(AwsMembershipCredentials.instanceRole(), CarbonProduct.identityServer('7.1.0'));
  for (const type of ['AWS::SecretsManager::RotationSchedule', 'AWS::IAM::AccessKey']) own.resourceCountIs(type, 0);
  expect(Object.values(own.findResources('AWS::Events::Rule')).filter(each => each.Properties.ScheduleExpression)).toEqual([]);
});

test.each([
  [Duration.days(13), 'rotation of 13 days is none, give whole days from 14 to 1000'],
  [Duration.days(1001), 'rotation of 1001 days is none, give whole days from 14 to 1000'],
  [Duration.hours(500), 'rotation of 20.833333333333332 days is none, give whole days from 14 to 1000'],
])('%s is refused', (rotation, message) => {
  expect(() => AwsMembershipCredentials.accessKey({ rotation })).toThrow(message);
});

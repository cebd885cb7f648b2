import { Aws } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BootPhase } from '../../lib';
import { carriedTexts } from '../../lib/boot/carried-texts';
import { documentOf, gateway, packedUserDataOf, testStack, userDataOf } from '../gateway';

test('the metadata of a launch template is the document that its user data carries, line by line', () => {
  const stack = testStack();
  gateway(stack);
  const templates = Object.values(Template.fromStack(stack).findResources('AWS::EC2::LaunchTemplate'));
  expect(templates).toHaveLength(2);
  for (const each of templates) {
    expect(each.Metadata['carbon-cluster:node'].join('\n')).toBe(carriedTexts(packedUserDataOf(each))!.document);
    expect(each.Metadata['carbon-cluster:node'].length).toBeGreaterThan(50);
  }
});

test('what CloudFormation fills into a script travels as a late-bound value, each once', () => {
  const stack = testStack();
  const { workers } = gateway(stack);
  workers.addScriptAfter(BootPhase.START, `echo ${Aws.STACK_NAME} in ${Aws.REGION}`);
  workers.addScriptAfter(BootPhase.START, `echo ${Aws.STACK_NAME}`);
  workers.addScriptAfter(BootPhase.START, 'echo nothing');
  const userData = userDataOf(Template.fromStack(stack), 'Workers');
  expect(documentOf(userData).scripts).toEqual({ 'after-start': [
    { join: ['echo ', { env: 'Script1' }, ' in ', { env: 'Script2' }] },
    { join: ['echo ', { env: 'Script1' }] },
    'echo nothing',
  ] });
  expect(userData).toContain('Script1=<{"Ref":"AWS::StackName"}>\nScript2=<{"Ref":"AWS::Region"}>\n');
});

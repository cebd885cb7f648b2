import { Template } from 'aws-cdk-lib/assertions';
import { gateway, testStack } from '../gateway';

/** A changed logical id replaces the resource of everybody who upgrades: this table changes only with a major version. */
test('logical ids are a contract', () => {
  const stack = testStack();
  gateway(stack);
  const resources = Template.fromStack(stack).toJSON().Resources as Record<string, { Type: string }>;
  const table = Object.entries(resources).filter(([id]) => id.startsWith('Gateway')).map(([id, each]) => `${id} ${each.Type}`).sort();
  expect(table).toMatchSnapshot();
});

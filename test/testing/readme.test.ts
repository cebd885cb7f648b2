import { readFileSync } from 'node:fs';
import { join } from 'node:path';

test('the example of the README is the one that runs', () => {
  const readme = readFileSync(join(__dirname, '..', '..', 'lib', 'testing', 'README.md'), 'utf8');
  const example = readFileSync(join(__dirname, 'example.test.ts'), 'utf8');
  const [, shown] = /^```ts\n([\s\S]*?)^```$/m.exec(readme)!;
  expect(shown).toBe(example.replace("'../../lib'", "'cdk-wso2-cluster'").replace("'./fixture/stacks'", "'../lib/stacks'"));
});

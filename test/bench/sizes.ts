/** What each example makes of how many lines, beside WSO2's own templates for EC2. Nothing here is timed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { example, EXAMPLES, ROOT } from '../examples/example';
import { packedUserDataOf } from '../gateway';
import { Figures } from './figures';

/** Bytes; EC2 takes twice as many. */
const GOAL = 8192;

/** Lines of CloudFormation and mandatory parameters, counted in the public repositories github.com/wso2/aws-apim (2.x to 4.x), aws-ei (6.x), aws-is (5.x). */
const OFFICIAL: readonly (readonly [string, string])[] = [
  ['wso2/aws-apim, one pattern', '2554 lines of CloudFormation, 13 to 19 mandatory parameters'],
  ['wso2/aws-ei', '1184 lines of CloudFormation, 6 mandatory parameters'],
  ['wso2/aws-is', '1033 lines of CloudFormation, 13 mandatory parameters'],
];

interface Sizes { readonly name: string; readonly userData: number; readonly template: number; readonly resources: number; readonly lines: number }

function sizesOf(name: string): Sizes {
  const { template } = example(name);
  const groups = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));
  const code = readFileSync(join(ROOT, 'examples', name, 'app.ts'), 'utf8').split('\n').filter(line => line.trim() !== '' && !/^\s*(\/\*|\*|\/\/)/.test(line));
  return {
    name,
    userData: Math.max(...groups.map(group => Buffer.byteLength(packedUserDataOf(group)))),
    template: JSON.stringify(template.toJSON(), undefined, 1).length,
    resources: Object.keys(template.toJSON().Resources).length,
    lines: code.length,
  };
}

export function sizesBench(): Figures {
  const all = EXAMPLES.map(sizesOf);
  return {
    title: 'sizes: the largest user data of each example, against 8 KiB',
    rows: [
      ...all.map(({ name, userData, template, resources, lines }): [string, string, string] => [
        name, (userData / GOAL).toFixed(2), `${userData} bytes of user data; ${template} of template, ${resources} resources, ${lines} lines that a user writes`,
      ]),
      ...OFFICIAL.map(([name, about]): [string, string, string] => [name, '', about]),
    ],
    goals: [['user data of every example at most 8 KiB', all.every(each => each.userData <= GOAL)]],
  };
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsAbilities, needsHostHeader } from '../../lib/membership/hazelcast';
import { parameterSpelling } from '../../lib/membership/parameter-names';
import { CATALOGUE } from '../../lib/products/catalogue';
import { ProductVersion } from '../../lib/products/product-version';

const README = join(__dirname, '../../lib/products/README.md');
const BEGIN = '<!-- membership table: WRITE_TABLE=1 npx jest test/products writes it -->\n\n';
const END = '\n<!-- end of the membership table -->';

function chosen(version: ProductVersion): [scheme: string, credentials: string, why: string] {
  const { instanceRole, needsImdsV1 } = awsAbilities(version.hazelcast);
  if (!instanceRole) {
    const header = needsHostHeader(version.hazelcast) ? ', and it signs for us-east-1 unless `hostHeader` says otherwise' : '';
    return ['`aws`', 'access key, IMDSv2 required', `this Hazelcast cannot read the role${header}`];
  }
  return needsImdsV1
    ? ['`wka`, discovered', 'instance role at boot, IMDSv2 required', 'in the `aws` scheme this Hazelcast needs IMDSv1, with a key too']
    : ['`aws`', 'instance role, IMDSv2 required', 'this Hazelcast reads the role through IMDSv2'];
}

function row(version: ProductVersion): string {
  const [scheme, mode, why] = chosen(version);
  const names = parameterSpelling(version.kernel) === 'both' ? 'both spellings' : 'camelCase';
  return `| ${[`${version.title} ${version.version}`, version.kernel, version.hazelcast, scheme, mode, names, why].join(' | ')} |`;
}

function table(): string {
  return [
    '| version | kernel | Hazelcast | scheme | credentials | parameter names | why |',
    '|---|---|---|---|---|---|---|',
    ...CATALOGUE.map(row),
    '',
  ].join('\n');
}

test('the table in the README is the one that follows from catalogue and membership', () => {
  const readme = readFileSync(README, 'utf8');
  const [before, rest] = readme.split(BEGIN);
  const [written, after] = rest.split(END);
  if (process.env.WRITE_TABLE) writeFileSync(README, [before, BEGIN, table(), END, after].join(''));
  else expect(written).toBe(table());
});

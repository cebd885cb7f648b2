import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentialAbilities, needsHostHeader } from '../../lib/membership/hazelcast';
import { parameterSpelling } from '../../lib/membership/parameter-names';
import { CATALOGUE } from '../../lib/products/catalogue';
import { ProductVersion } from '../../lib/products/product-version';

const README = join(__dirname, '../../lib/products/README.md');
const BEGIN = '<!-- membership table: WRITE_TABLE=1 npx jest test/products writes it -->\n\n';
const END = '\n<!-- end of the membership table -->';

function credentials(version: ProductVersion): [mode: string, why: string] {
  const { instanceRole, needsImdsV1 } = credentialAbilities(version.hazelcast);
  if (!instanceRole) {
    const header = needsHostHeader(version.hazelcast) ? ', and it signs for us-east-1 unless `hostHeader` says otherwise' : '';
    return ['access key, IMDSv2 required', `this Hazelcast cannot read the role${header}`];
  }
  return needsImdsV1
    ? ['access key, IMDSv2 required', 'this Hazelcast reads the role through IMDSv1 only']
    : ['instance role, IMDSv2 required', 'this Hazelcast reads the role through IMDSv2'];
}

function row(version: ProductVersion): string {
  const [mode, why] = credentials(version);
  const names = parameterSpelling(version.kernel) === 'both' ? 'both spellings' : 'camelCase';
  return `| ${[`${version.title} ${version.version}`, version.kernel, version.hazelcast, '`aws`', mode, names, why].join(' | ')} |`;
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

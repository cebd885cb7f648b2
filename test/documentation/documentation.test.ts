import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { FILE, topologies } from './diagrams';
import { documents, firstExample, program, ROOT, snippetsOf } from './snippets';

const LINK = /\[[^\]]*\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g;

test('every snippet of TypeScript compiles', () => {
  const folder = mkdtempSync(join(ROOT, '.local-snippets-'));
  try {
    const snippets = documents().flatMap(snippetsOf).filter(each => !each.file.startsWith('lib/testing/'));
    expect(snippets.length).toBeGreaterThan(2);
    // The one that another imports.
    writeFileSync(join(folder, 'app.ts'), program(snippets.find(each => each.file === 'docs/getting-started.md')!));
    const files = snippets.map((each, index) => {
      const file = join(folder, `${index}.ts`);
      writeFileSync(file, program(each));
      return file;
    });
    const found = ts.getPreEmitDiagnostics(ts.createProgram(files, {
      strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16, types: ['node', 'jest'], paths: { 'cdk-wso2-cluster': [join(ROOT, 'lib')] },
    }));
    const told = found.map(each => {
      const snippet = snippets[files.indexOf(each.file?.fileName ?? '')];
      return `${snippet ? `${snippet.file}:${snippet.line}` : each.file?.fileName}: ${ts.flattenDiagnosticMessageText(each.messageText, '\n')}`;
    });
    expect(told).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);

test('no snippet asks for a certificate that somebody must confirm by mail', () => {
  const asking = documents().flatMap(snippetsOf).filter(each => each.code.includes('new acm.Certificate('));
  expect(asking.map(each => each.file)).toContain('docs/getting-started.md');
  for (const { code } of asking) expect(code.match(/CertificateValidation\.fromDns\(\w+\)/g)).toHaveLength(code.split('new acm.Certificate(').length - 1);
});

test('the README begins with an app of ten lines', () => {
  expect(snippetsOf('README.md')[0].code.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  expect(firstExample()).toContain('new CarbonCluster(');
});

test.each(documents())('%s links to what there is', file => {
  const links = [...readFileSync(join(ROOT, file), 'utf8').matchAll(LINK)].map(match => match[1]);
  expect(links.filter(each => !existsSync(join(ROOT, dirname(file), each)))).toEqual([]);
});

test('the README is short enough to be read', () => {
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n').length).toBeLessThan(250);
});

test('the diagrams are those of the templates', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(topologies());
}, 300_000);

/**
 * `npm run diagrams`: docs/topologies.md, a diagram of each example drawn from its synthesized template. It is what `carbon-cluster explain`
 * knows of who talks to whom, as Mermaid, which GitHub draws.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './snippets';
import { explain } from '../../bin/commands/explanation';
import { assembly, EXAMPLES } from '../examples/example';

export const FILE = join(ROOT, 'docs/topologies.md');

type Topology = ReturnType<typeof explain>['topology'];

/** Clients, what serves them, what that needs: the same order in every picture. */
function mermaid({ places, links }: Topology): string {
  const connected = new Set(links.flatMap(each => [each.from, each.to]));
  const names = new Map(places.filter(each => connected.has(each.id)).map((each, index) => [each.id, `n${index}`]));
  const shown = places.filter(each => names.has(each.id));
  return [
    'flowchart LR',
    ...shown.map(each => `  ${names.get(each.id)}["${text([each.label, ...each.about].join('<br>'))}"]`),
    ...links.map(each => `  ${names.get(each.from)} ${arrow(each)} ${names.get(each.to)}`),
  ].join('\n');
}

function arrow({ kind, labels }: Topology['links'][number]): string {
  const line = kind === 'members' ? '<-->' : '-->';
  const label = labels.filter(each => each !== '').join(', ');
  return label ? `${line}|"${text(label)}"|` : line;
}

/** Mermaid has entities in the place of escapes. */
function text(value: string): string {
  return value.replace(/"/g, '#quot;');
}

function diagram(name: string): string {
  const { topology } = explain(assembly(name).folder, undefined);
  return `## ${name}\n\nFrom [examples/${name}](../examples/${name}/README.md).\n\n\`\`\`mermaid\n${mermaid(topology)}\n\`\`\`\n`;
}

export function topologies(): string {
  return `# Topologies\n\nWho talks to whom in each example, drawn from its synthesized template: \`npm run diagrams\` writes this page, a test holds it.\n\n${
    EXAMPLES.map(diagram).join('\n')}`;
}

if (require.main === module) writeFileSync(FILE, topologies());

/** What the command `explain` needs, Graphviz included; the bundle has it in a file of its own. */
import { explanationOf } from './explain/explanation';
import { Explanation } from './explain/model';
import { pageOf } from './explain/page/page';
import { pictureOf } from './explain/picture';
import { World } from './explain/world';

type Graphviz = typeof import('@viz-js/viz', { with: { 'resolution-mode': 'import' } });

/** Reads a cloud assembly, or one stack of it. */
export function explain(assembly: string, stack: string | undefined): Explanation {
  return explanationOf(new World(assembly, stack));
}

/** The page of an explanation. */
export async function page(explanation: Explanation, version: string): Promise<string> {
  // Its types are those of an ES module only, which this file is not.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { instance } = require('@viz-js/viz') as Graphviz;
  return pageOf(explanation, pictureOf(explanation.topology, await instance()), version);
}

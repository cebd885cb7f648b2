import type { Graph, Viz } from '@viz-js/viz' with { 'resolution-mode': 'import' };
import { Document, DOMParser, Element, XMLSerializer } from '@xmldom/xmldom';
import { escaped, Html, wellFormed } from './html';
import { SECTIONS } from './sections';
import { Link, Place, Topology } from './topology';

type NodeOfGraph = NonNullable<Graph['nodes']>[number];
type EdgeOfGraph = NonNullable<Graph['edges']>[number];

/** As wide as fonts get, so that texts fit their boxes in whatever font the reader has; the style sheet names the page's own. */
const FONT = 'Verdana';
const XLINK = 'http://www.w3.org/1999/xlink';
/** Longer lines would make a picture wider than a phone. */
const LINE = 28;

/** Draws the topology, as SVG for a page: colours are the style sheet's, and each place leads to where the page tells more. */
export function pictureOf(topology: Topology, viz: Viz): Html {
  const svg = viz.renderString(graphOf(topology), { format: 'svg', engine: 'dot' });
  return new Html(accessible(svg, topology));
}

/** As Graphviz takes it: what it is given as an object, no text in it can break out of. */
export function graphOf({ places, links }: Topology): Graph {
  const areas = [...new Set(places.flatMap(place => place.subnets || []))];
  return {
    directed: true,
    graphAttributes: { rankdir: 'TB', nodesep: 0.3, ranksep: 0.5, fontname: FONT, fontsize: 10, bgcolor: 'transparent', margin: 0, pad: 0.1 },
    nodeAttributes: { shape: 'box', style: 'rounded,filled', fontname: FONT, fontsize: 10, margin: '0.2,0.1' },
    edgeAttributes: { fontname: FONT, fontsize: 9, arrowsize: 0.7 },
    nodes: places.filter(place => !place.subnets).map(nodeOf),
    edges: links.map(link => edgeOf(link, places)),
    subgraphs: areas.map((area, index) => ({
      name: `cluster_${index + 1}`,
      graphAttributes: { label: plain(area), style: 'rounded', labeljust: 'l', margin: 14, tooltip: plain(area) },
      nodes: places.filter(place => place.subnets === area).map(nodeOf),
    })),
  };
}

function nodeOf({ id, kind, label, about, anchor }: Place): NodeOfGraph {
  return {
    name: id,
    attributes: {
      id: `picture-${id}`,
      class: kind,
      label: [label, ...about].flatMap(broken).map(plain).join('\\n'),
      URL: `#${anchor}`,
      tooltip: plain([label, ...about].join(', ')),
      ...(kind === 'database' ? { shape: 'cylinder' } : {}),
      ...(kind === 'members' ? { style: 'rounded,dashed,filled' } : {}),
    },
  };
}

function edgeOf({ from, to, labels, agreed, kind }: Link, places: readonly Place[]): EdgeOfGraph {
  const name = (id: string): string => places.find(place => place.id === id)!.label;
  const about = agreed === 'one side only' ? [...labels, 'a security group does not allow it'] : labels;
  return {
    tail: from,
    head: to,
    attributes: {
      class: `${kind} ${agreed.replaceAll(' ', '-')}`,
      tooltip: plain(`${name(from)} to ${name(to)}: ${about.join(', ') || 'member'}`),
      ...(about.length > 0 ? { label: about.flatMap(broken).map(plain).join('\\n') } : {}),
      ...(kind === 'members' ? { style: 'dashed', dir: 'none' } : {}),
      ...(agreed === 'one side only' ? { style: 'dashed' } : {}),
    },
  };
}

/** Lines of a long text, broken after a separator and before an arrow. */
function broken(text: string): string[] {
  const lines = [''];
  for (const piece of text.split(/(?<=[\s/,.-])(?!→)|(?=→)/)) {
    const last = lines.length - 1;
    const isTooLong = lines[last] !== '' && lines[last].length + piece.trimEnd().length > LINE;
    if (isTooLong || piece.startsWith('→')) lines.push(piece);
    else lines[last] += piece;
  }
  return lines.map(line => line.trim()).filter(line => line !== '');
}

/** Graphviz reads escapes and entities in what it is given. */
function plain(text: string): string {
  return escaped(text).replaceAll('\\', '\\\\');
}

/** For a reader who does not see the picture, and as wide as there is room. */
function accessible(svg: string, topology: Topology): string {
  const document = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const root = document.documentElement!;
  // Graphviz titles each box with its name in the graph, which says nothing; what the box is stands in its link.
  for (const title of Array.from(root.getElementsByTagName('title'))) title.parentNode!.removeChild(title);
  for (const link of Array.from(root.getElementsByTagName('a'))) nameLink(document, link);
  for (const place of topology.places) markName(document, place);
  root.removeAttribute('height');
  root.setAttribute('role', 'group');
  root.setAttribute('aria-labelledby', 'drawing-title');
  root.setAttribute('aria-describedby', 'drawing-description');
  prepend(document, root, 'desc', descriptionOf(topology)).setAttribute('id', 'drawing-description');
  prepend(document, root, 'title', SECTIONS.picture).setAttribute('id', 'drawing-title');
  return new XMLSerializer().serializeToString(root);
}

function prepend(document: Document, parent: Element, name: string, text: string): Element {
  const element = document.createElementNS(parent.namespaceURI, name);
  element.appendChild(document.createTextNode(text));
  parent.insertBefore(element, parent.firstChild);
  return element;
}

/** In the words of SVG 2: an address, a name for who hears it, and a title for who points at it. */
function nameLink(document: Document, link: Element): void {
  const [address, title] = ['href', 'title'].map(name => link.getAttributeNS(XLINK, name));
  for (const name of ['href', 'title']) link.removeAttributeNS(XLINK, name);
  if (address) link.setAttribute('href', address);
  if (title) link.setAttribute('aria-label', title);
  if (title) prepend(document, link, 'title', title);
}

/** The style sheet makes the lines of a place's name bold. */
function markName(document: Document, { id, label }: Place): void {
  const group = Array.from(document.getElementsByTagName('g')).find(each => each.getAttribute('id') === `picture-${id}`);
  const lines = Array.from(group?.getElementsByTagName('text') ?? []);
  for (const line of lines.slice(0, broken(label).length)) line.setAttribute('class', 'name');
}

/** Who talks to whom, in sentences. */
export function descriptionOf({ places, links }: Topology): string {
  const name = (id: string): string => places.find(place => place.id === id)!.label;
  return wellFormed(links.map(({ from, to, labels, agreed, kind }) => {
    if (kind === 'members') return `${name(from)} is a member of ${name(to)}.`;
    return `${name(from)} ${agreed === 'one side only' ? 'is not let through' : 'talks'} to ${name(to)}: ${labels.join(', ')}.`;
  }).join(' '));
}

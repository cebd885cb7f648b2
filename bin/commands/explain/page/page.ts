import { createHash } from 'node:crypto';
import { Html, html } from '../html';
import { Explanation } from '../model';
import { Section, SECTIONS } from '../sections';
import { counted, unique } from '../values';
import { discoverySection, neighboursSection, securitySection } from './network';
import { nodesSection } from './nodes';
import { section } from './parts';
import { SCRIPT, STYLE } from './style';
import { accessSection, costsSection, resourcesSection, secretsSection, stacksSection } from './tables';

/** The whole page: one file, which asks nothing of any network. */
export function pageOf(explanation: Explanation, picture: Html, version: string): string {
  const sections = sectionsOf(explanation, picture);
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${explanation.title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header><div><h1>${explanation.title}</h1>
<p class="quiet">Explained from the cloud assembly, before anything is deployed.</p>${tiles(explanation)}</div></header>
<nav aria-label="Parts of this page"><ul>${[...sections.keys()].map(name => html`<li><a href="#${name}">${SECTIONS[name]}</a></li>`)}</ul></nav>
<main>
${[...sections.values()]}</main>
<footer>Made by carbon-cluster explain ${version} from templates, user data and assets of a cloud assembly. No call of AWS was made.</footer>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.text;
}

/** Whatever a template says, the page runs its own script only, and reaches no network. */
function policy(): string {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; base-uri 'none'; form-action 'none'`;
}

function sectionsOf(explanation: Explanation, picture: Html): Map<Section, Html> {
  const all: [Section, Html | false][] = [
    ['picture', pictureSection(explanation, picture)],
    ['nodes', nodesSection(explanation.nodes)],
    ['neighbours', neighboursSection(explanation)],
    ['discovery', discoverySection(explanation.discoveries)],
    ['security', securitySection(explanation.security)],
    ['access', accessSection(explanation.access)],
    ['secrets', secretsSection(explanation.secrets)],
    ['costs', costsSection(explanation)],
    ['stacks', stacksSection(explanation.stacks)],
    ['resources', resourcesSection(explanation.resources, explanation.stacks.length > 1)],
  ];
  return new Map(all.filter((entry): entry is [Section, Html] => entry[1] !== false));
}

function pictureSection({ topology }: Explanation, picture: Html): Html {
  const blocked = topology.links.filter(each => each.agreed === 'one side only').length;
  return section('picture', SECTIONS.picture,
    html`<p class="quiet">Choose a box to read more about it.${blocked > 0
      && html` <b>${counted(blocked, 'connection')} drawn in red: a security group does not allow it.</b>`}</p>
<div class="card picture scroll" tabindex="0" role="region" aria-label="${SECTIONS.picture}">${picture}</div>`);
}

/** What a reader wants to know first. */
function tiles({ nodes, discoveries }: Explanation): Html {
  const known = nodes.filter(each => each.isMember).flatMap(node => node.facts);
  const fact = (name: string): string => unique(known.filter(each => each.name === name).map(each => each.value)).join(', ');
  const problems = discoveries.flatMap(each => each.checks).filter(each => each.ok === false).length;
  const all: [string, string][] = [
    [joinedCounts(nodes.filter(each => each.isMember).map(each => each.count)), 'Carbon nodes'],
    [fact('Kernel'), 'Kernel'],
    [fact('Hazelcast'), 'Hazelcast'],
    [fact('Java').replace(/ in .*/, ''), 'Java'],
    [unique(discoveries.map(each => each.scheme)).join(', '), 'Membership scheme'],
    [problems === 0 ? 'no problem seen' : counted(problems, 'problem'), 'Discovery'],
  ];
  return html`<ul class="tiles">${all.filter(([value]) => value !== '')
    .map(([value, name]) => html`<li><b>${value}</b><span>${name}</span></li>`)}</ul>`;
}

/** The sum where all are numbers. */
function joinedCounts(counts: readonly string[]): string {
  return counts.every(each => /^\d+$/.test(each)) ? String(counts.reduce((sum, each) => sum + Number(each), 0)) : counts.join(' + ');
}


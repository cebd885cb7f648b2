import { breakable, Html, html } from '../html';
import { BootStep, FileView, NodeView, SettingView } from '../model';
import { SECTIONS } from '../sections';
import { counted } from '../values';
import { card, code, facts, mention, mentions, section, tag, value } from './parts';

/** Every group of nodes: its machines, its boot, its files. */
export function nodesSection(nodes: readonly NodeView[]): Html {
  return section(
    'nodes',
    SECTIONS.nodes,
    html`<p class="quiet">What each node is, and every setting that its boot makes in the product's own files, with the reason. What no row names
stays as the product ships it.</p>
<div class="filter" hidden><label for="filter-box">Find a setting in all files</label>
<input id="filter-box" type="search" placeholder="localMemberPort, secret, cipher …" autocomplete="off">
<output id="filter-told" for="filter-box"></output></div>`,
    html`${nodes.map(nodeCard)}`,
  );
}

function nodeCard(node: NodeView): Html {
  const { programs, boot } = node;
  return card(
    html`${breakable(node.label)} ${tag(`× ${node.count}`)}`,
    node.anchor,
    html`<p>${node.title} <span class="quiet">in the stack ${node.stack}</span></p>`,
    facts([
      ...node.facts,
      { name: 'Security groups', value: mentions(node.securityGroups, 'not told') },
      { name: 'Role', value: node.role ? mention(node.role) : html`<span class="quiet">not told</span>` },
    ]),
    html`<h4>Boot</h4>
<details><summary>What happens from launch to service ${tag(counted(boot.length, 'phase'))}</summary><ol>${boot.map(bootStep)}</ol></details>`,
    programs.length > 0 && html`<details><summary>Programs that run on the node ${tag(counted(programs.length, 'file'))}</summary><dl>${
      programs.map(each => html`<dt>${code(each.name)}</dt><dd>${each.does ?? ''}</dd>`)}</dl></details>`,
    html`<h4>Configuration files</h4>${node.files.map(fileDetails)}`,
  );
}

function bootStep({ phase, lines, scripts }: BootStep): Html {
  const own = (when: string): Html[] => scripts.filter(each => each.when === when)
    .map(each => html`<p>A script of the app's own runs ${when} it:</p><pre>${each.text}</pre>`);
  return html`<li><b>${phase}</b>${own('before')}${lines.map(line => html`<p>${breakable(line)}</p>`)}${own('after')}</li>`;
}

function fileDetails({ file, mode, settings }: FileView): Html {
  const differing = settings.filter(each => each.elsewhere.length > 0).length;
  const unknown = settings.filter(each => each.why === undefined).length;
  return html`<details data-file="${file}"><summary>${breakable(file)} ${tag(counted(settings.length, 'setting'))}${
    differing > 0 && tag(`${differing} ${differing === 1 ? 'differs' : 'differ'} between groups`)}${
    unknown > 0 && tag(`${unknown} without a known reason`, 'warn')}</summary>
${mode && html`<p>Its mode becomes <code>${mode}</code>.</p>`}<table class="stack"><thead><tr><th scope="col">Setting</th><th scope="col">Value</th>
<th scope="col">Why</th></tr></thead><tbody>${settings.map(settingRow)}</tbody></table></details>\n`;
}

function settingRow(setting: SettingView): Html {
  const { place, does, why, source, overridden } = setting;
  const unknown = html`<span class="quiet">No reason is known here: an overlay of the app's own, or a newer library.</span>`;
  return html`<tr data-setting><td data-label="Setting"><b>${breakable(shortName(place))}</b> <span class="note">${breakable(place)}</span></td>
<td data-label="Value">${does && html`<span class="quiet">${does}</span> `}${value(setting.value)}${
  overridden && html` ${tag('set again below: that counts', 'warn')}`}</td>
<td data-label="Why">${why ?? unknown}${source && html` <span class="note">Source: ${source}</span>`}${setting.elsewhere.map(elsewhere)}</td></tr>\n`;
}

function elsewhere({ label, value: other }: SettingView['elsewhere'][number]): Html {
  return html` <span class="note">${label}: ${other === undefined ? 'not set' : code(other)}</span>`;
}

/** What a reader calls a setting: the name in its last predicate, else its last step. */
export function shortName(place: string): string {
  const attribute = /\/@([\w.:-]+)$/.exec(place)?.[1];
  const path = attribute === undefined ? place : place.slice(0, -attribute.length - 2);
  const named = /\[@?name=(["'])((?:(?!\1).)+)\1\]$/.exec(path)?.[2];
  if (named !== undefined) return attribute === undefined || attribute === 'value' ? named : `${named} (${attribute})`;
  if (!path.startsWith('/')) return path.replace(/^\[[^\]]*\](\[\d+\])? /, '');
  const step = path.split(/\/(?![^[]*\])/).at(-1)!;
  return attribute === undefined ? step : `${step} (${attribute})`;
}

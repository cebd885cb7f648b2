import { breakable, Html, html, joined } from '../html';
import { Fact, Mention } from '../model';
import { Part } from '../settings';

/** A heading and what is below it. */
export function section(anchor: string, title: string, ...content: readonly (Html | false)[]): Html {
  return html`<section id="${anchor}" aria-labelledby="${anchor}-title"><h2 id="${anchor}-title">${title}</h2>${content}</section>\n`;
}

/** A box with a title, which the picture may lead to. */
export function card(title: Html | string | undefined, anchor: string | undefined, ...content: readonly (Html | false)[]): Html {
  return html`<article class="card"${anchor !== undefined && html` id="${anchor}"`}>${
    title !== undefined && html`<h3>${text(title)}</h3>`}${content}</article>\n`;
}

export function mention({ label, anchor }: Mention): Html {
  return anchor === undefined ? breakable(label) : html`<a href="#${anchor}">${breakable(label)}</a>`;
}

export function mentions(all: readonly Mention[], none: string): Html {
  return all.length === 0 ? html`<span class="quiet">${none}</span>` : joined(all.map(mention), ', ');
}

/** Names, and what is known of each. */
export function facts(all: readonly (Fact | { readonly name: string; readonly value: Html })[]): Html {
  return html`<dl>${all.map(fact => html`<dt>${breakable(fact.name)}</dt><dd>${text(fact.value)}${
    'note' in fact && fact.note && html` <span class="note">${fact.note}</span>`}${
    'source' in fact && fact.source && html` <details><summary>known from</summary><p>${fact.source}</p></details>`}</dd>`)}</dl>\n`;
}

/** A table that becomes a list where there is no room for its columns. */
export function table(columns: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  return html`<table class="stack"><thead><tr>${columns.map(each => html`<th scope="col">${each}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map((each, index) => (
    html`<td data-label="${columns[index]}">${text(each)}</td>`))}</tr>\n`)}</tbody></table>\n`;
}

function text(content: Html | string): Html {
  return typeof content === 'string' ? breakable(content) : content;
}

export function code(content: string): Html {
  return html`<code>${breakable(content)}</code>`;
}

export function tag(content: string, kind: 'good' | 'bad' | 'warn' | '' = ''): Html {
  return html`<span class="tag ${kind}">${content}</span>`;
}

type Stands = Exclude<Part, { readonly text: string }>['stands'];

const STANDS: Readonly<Record<Stands, { readonly before: string; readonly title: string }>> = {
  cloudformation: { before: '', title: 'CloudFormation fills it in' },
  secret: { before: 'secret ', title: 'The node reads it from Secrets Manager; its value is nowhere here' },
  metadata: { before: 'instance metadata ', title: 'Each node has its own' },
  member: { before: 'each member\'s ', title: 'As many times as there are members' },
};

/** A value, what only CloudFormation or the node knows marked as such. */
export function value(parts: readonly Part[]): Html {
  return html`${parts.map(part => {
    if ('text' in part) return part.text.includes('\n') ? html`<pre>${part.text}</pre>` : code(part.text);
    const { before, title } = STANDS[part.stands];
    return html`<span class="ref ${part.stands}" title="${title}">${before}${breakable(part.for)}</span>`;
  })}`;
}

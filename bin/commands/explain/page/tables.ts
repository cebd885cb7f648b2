import { breakable, Html, html, joined } from '../html';
import { Explanation, GrantView, PrincipalView, StackView } from '../model';
import { SECTIONS } from '../sections';
import { counted, unique } from '../values';
import { card, code, facts, mentions, section, table, tag } from './parts';

const NO_REASON = 'No reason is known here: ask who added it.';

export function accessSection(access: readonly PrincipalView[]): Html | false {
  return access.length > 0 && section('access', SECTIONS.access, html`${access.map(principalCard)}`);
}

function principalCard({ anchor, label, kind, assumedBy, usedBy, accessKeys, keysGoWith, managedPolicies, grants }: PrincipalView): Html {
  const policies = unique(grants.map(each => each.policy));
  return card(
    html`${breakable(label)} ${tag(kind)}`,
    anchor,
    facts([
      ...(assumedBy.length > 0 ? [{ name: 'Taken by', value: assumedBy.join(', ') }] : []),
      ...(usedBy.length > 0 ? [{ name: 'Machines', value: mentions(usedBy, '') }] : []),
      ...accessKeys.map(each => ({ name: 'Access key in', value: each })),
      ...(keysGoWith ?? []).map(each => ({
        name: 'Other keys go with', value: each, note: 'Rotation makes keys that CloudFormation does not know.',
      })),
      ...managedPolicies.map(each => ({ name: 'Policy of AWS', value: each.name, note: each.why ?? NO_REASON })),
    ]),
    ...policies.map(policy => html`<h4>Policy ${breakable(policy)}</h4>
${table(['May', 'On', 'Why'], grants.filter(each => each.policy === policy).map(grantRow))}`),
  );
}

function grantRow({ effect, actions, on, any, condition, reasons, wildcard }: GrantView): Html[] {
  return [
    html`${effect !== 'Allow' && html`${tag(effect, 'warn')} `}${joined(actions.map(code), ' ')}`,
    html`${any && html`${tag('any', 'warn')} `}${breakable(on)}${condition && html` <span class="note">only where ${condition}</span>`}`,
    html`${reasons.length > 0 ? joined(reasons.map(breakable), ' ') : html`<span class="quiet">${NO_REASON}</span>`}${
      any && html` <span class="note">${wildcard ?? 'No reason is known here why it is any.'}</span>`}`,
  ];
}

export function secretsSection(secrets: Explanation['secrets']): Html | false {
  return secrets.length > 0 && section(
    'secrets',
    SECTIONS.secrets,
    html`<p class="quiet">Names and fields only: no value of a secret is on this page.</p>`,
    card(undefined, undefined, table(['Secret', 'Its value', 'For', 'Read by'], secrets.map(secretRow))),
  );
}

function secretRow(secret: Explanation['secrets'][number]): (Html | string)[] {
  const { anchor, label, description, origin, fields, purposes, readers, rotation } = secret;
  return [
    html`<b id="${anchor}">${breakable(label)}</b> <span class="note">${description}</span>`,
    html`${origin}${rotation && html` <span class="note">${rotation}</span>`}${
      fields.length > 0 && html` <span class="note">fields ${fields.join(', ')}</span>`}`,
    purposes.join(' '),
    readers.join(', '),
  ];
}

export function costsSection({ costs, unknownCosts }: Explanation): Html | false {
  return costs.length > 0 && section(
    'costs',
    SECTIONS.costs,
    html`<p class="quiet">Kinds of cost that the templates imply, and what each is counted by. Prices are not shown: they differ by region, and
change.</p>`,
    card(undefined, undefined, table(['Kind', 'Counted by', 'Here'], costs.map(each => [
      html`<b>${each.kind}</b>`, each.billedBy, html`${joined(each.items.map(breakable), html`<br>`)}`,
    ]))),
    unknownCosts.length > 0 && html`<p>Whether these cost something is not known to this version: ${joined(unknownCosts.map(code), ', ')}.</p>`,
  );
}

export function stacksSection(stacks: readonly StackView[]): Html {
  return section('stacks', SECTIONS.stacks, html`${stacks.map(stackCard)}`);
}

function stackCard({ title, template, environment, description, parameters, outputs }: StackView): Html {
  const known = [{ name: 'Template', value: template }, { name: 'Environment', value: environment }, { name: 'Description', value: description }];
  return card(
    title,
    undefined,
    facts(known.filter(fact => fact.value !== '')),
    outputs.length > 0 && html`<h4>Outputs</h4>${table(['Output', 'Value', 'Means'], outputs.map(each => [
      html`<b>${breakable(each.name)}</b>`, each.value, each.description,
    ]))}`,
    parameters.length > 0 && html`<h4>Parameters</h4>${table(['Parameter', 'Default', 'Means'], parameters.map(each => [
      html`<b>${breakable(each.name)}</b> <span class="note">${breakable(each.type)}</span>`, each.value, each.description,
    ]))}`,
  );
}

export function resourcesSection(resources: Explanation['resources'], severalStacks: boolean): Html {
  const unknown = resources.filter(each => each.section === undefined);
  const columns = ['Resource', 'Type', ...(severalStacks ? ['Stack'] : []), 'Part of this page'];
  const rows = (all: Explanation['resources']): (Html | string)[][] => all.map(each => [
    html`${breakable(each.label)} <span class="note">${breakable(each.logicalId)}</span>`,
    code(each.type),
    ...(severalStacks ? [each.stack] : []),
    each.section ?? 'not explained by this version',
  ]);
  return section(
    'resources',
    SECTIONS.resources,
    unknown.length > 0 && card(html`Other resources ${tag(String(unknown.length), 'warn')}`, 'other-resources', html`<p>The templates have these too.
This version of carbon-cluster does not know their types, so nothing else on this page takes them into account.</p>`, table(columns, rows(unknown))),
    html`<details><summary>Every resource of the templates ${tag(counted(resources.length, 'resource'))}</summary>
${table(columns, rows(resources))}</details>`,
  );
}

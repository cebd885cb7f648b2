import { breakable, Html, html, joined } from '../html';
import { ConnectionView, DiscoveryView, Explanation, NeighbourView, SecurityGroupView, SecurityView } from '../model';
import { SECTIONS } from '../sections';
import { unique } from '../values';
import { card, facts, mention, mentions, section, table, tag } from './parts';

const NAME_COLUMNS = ['Name', 'Record', 'Leads to', 'Zone'];
const ROUTE_COLUMNS = ['Listener', 'Requests', 'Go to', 'Health check', 'Sticky'];
const CANDIDATE_COLUMNS = ['Machines', 'Instances', 'Found', 'Because it'];
const RULE_COLUMNS = ['From', 'To', 'Ports', 'For', 'Both sides'];

export function neighboursSection({ neighbours, names }: Explanation): Html | false {
  return neighbours.length + names.length > 0 && section(
    'neighbours',
    SECTIONS.neighbours,
    html`${neighbours.map(neighbourCard)}`,
    names.length > 0 && card('Host names', undefined, table(NAME_COLUMNS, names.map(each => [each.name, each.type, each.leadsTo, each.zone]))),
  );
}

function neighbourCard({ anchor, label, kind, facts: known, securityGroups, routes }: NeighbourView): Html {
  return card(
    html`${breakable(label)} ${tag(kind)}`,
    anchor,
    facts([...known, { name: 'Security groups', value: mentions(securityGroups, 'none, or outside this assembly') }]),
    routes.length > 0 && html`<h4>Who gets which request</h4>${table(ROUTE_COLUMNS, routes.map(routeRow))}`,
  );
}

function routeRow({ listener, condition, targets, to, healthCheck, stickiness }: NeighbourView['routes'][number]): (Html | string)[] {
  return [listener, condition || 'all', html`${targets.length > 0 && html`${mentions(targets, '')}, `}${to}`, healthCheck, stickiness];
}

export function discoverySection(discoveries: readonly DiscoveryView[]): Html | false {
  return discoveries.length > 0 && section(
    'discovery',
    SECTIONS.discovery,
    html`<p class="quiet">Predicted from the templates, by what is known of this product's Hazelcast; nothing was asked of AWS.</p>`,
    html`${discoveries.map(discoveryCard)}`,
  );
}

function discoveryCard(discovery: DiscoveryView): Html {
  const { anchor, domain, members, rule, candidates, addresses, checks } = discovery;
  const problems = checks.filter(each => each.ok === false).length;
  const verdict = problems === 0 ? tag('members find each other', 'good') : tag(`${problems} in the way`, 'bad');
  return card(
    html`Hazelcast group ${breakable(domain)} ${verdict}`,
    anchor,
    html`<p>Members: ${mentions(members, 'none')}.</p>${rule.map(each => html`<p>${breakable(each)}</p>`)}`,
    facts(discovery.facts),
    candidates.length > 0 && html`<h4>Instances that it will take for members</h4>${table(CANDIDATE_COLUMNS, candidates.map(candidateRow))}`,
    addresses.length > 0 && html`<h4>Well-known members</h4><p>${joined(addresses.map(each => html`<code>${each}</code>`), ' ')}</p>`,
    html`<h4>What must be so, and what would go wrong otherwise</h4><ul class="checks">${checks.map(check)}</ul>`,
  );
}

function candidateRow({ machines, count, found, because }: DiscoveryView['candidates'][number]): (Html | string)[] {
  return [mention(machines), count, found ? tag('found', 'good') : tag('left out'), because];
}

function check({ what, ok, otherwise }: DiscoveryView['checks'][number]): Html {
  const [kind, mark, name] = ok === undefined ? ['warn', '?', 'The templates do not tell']
    : ok ? ['good', '✓', 'So it is'] : ['bad', '✗', 'Not so'];
  return html`<li><span class="mark ${kind}" role="img" aria-label="${name}">${mark}</span>${breakable(what)}.
<span class="note">Otherwise: ${otherwise}</span></li>\n`;
}

export function securitySection({ groups, connections, leaving }: SecurityView): Html {
  return section(
    'security',
    SECTIONS.security,
    html`<p class="quiet">By the rules of the security groups in the templates. A connection needs both: a group at its end that lets it in, and one
at its beginning that lets it out.</p>`,
    matrix(connections),
    connections.length > 0 && card('Every rule that lets something in', undefined, table(RULE_COLUMNS, connections.map(ruleRow))),
    leaving.length > 0 && card('Where members may go besides', undefined, table(RULE_COLUMNS, leaving.map(ruleRow))),
    html`<h3>The groups</h3>${groups.map(groupCard)}`,
  );
}

function ruleRow({ from, to, ports, description, agreed }: ConnectionView): (Html | string)[] {
  const agreement = agreed === 'both' ? tag('allowed', 'good')
    : agreed === 'one side only' ? tag('the other side does not allow it', 'bad') : tag('addresses');
  return [mention(from), mention(to), ports, description, agreement];
}

function matrix(connections: readonly ConnectionView[]): Html | false {
  const [from, to] = [unique(connections.map(each => each.from.label)), unique(connections.map(each => each.to.label))];
  const rows = from.map(source => html`<tr><th scope="row">${breakable(source)}</th>${to.map(target => (
    cell(connections.filter(each => each.from.label === source && each.to.label === target))))}</tr>\n`);
  const columns = to.map(each => html`<th scope="col">${breakable(each)}</th>`);
  return connections.length > 0 && card('Matrix', undefined, html`<div class="scroll" tabindex="0" role="region"
aria-label="Matrix of security groups"><table class="matrix"><thead><tr><th scope="col">from ↓ to →</th>${columns}</tr></thead>
<tbody>${rows}</tbody></table></div>`);
}

function cell(connections: readonly ConnectionView[]): Html {
  if (connections.length === 0) return html`<td class="none">—</td>`;
  const kind = connections.some(each => each.agreed === 'one side only') ? 'no' : 'yes';
  return html`<td class="${kind}">${joined(connections.map(each => each.ports), html`<br>`)}</td>`;
}

function groupCard({ anchor, label, name, description, members, leavesFreely }: SecurityGroupView): Html {
  return card(label, anchor, facts([
    { name: 'Name', value: name ?? 'EC2 makes one up: Hazelcast cannot filter by it' },
    { name: 'Description', value: description },
    { name: 'In it', value: mentions(members, 'nothing of this assembly') },
    ...(leavesFreely ? [{ name: 'Leaves', value: 'to anywhere: no rule of its own says where' }] : []),
  ]));
}

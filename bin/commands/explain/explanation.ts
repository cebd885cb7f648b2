import { isAny } from './access-reasons';
import { Grant, Principal, principalsOf } from './access';
import { Actor, actorsOf } from './actors';
import { Cluster, clusterNodesOf, clustersOf, isMember } from './clusters';
import { costsOf, unknownCosts } from './costs';
import { Discovery, discoveryOf } from './discovery';
import { Machines, machinesOf } from './machines';
import { ConnectionView, DiscoveryView, Explanation, Fact, GrantView, Mention, PrincipalView, SecurityView, StackView } from './model';
import { neighbourView } from './neighbours';
import { namesOf } from './names';
import { nodeView } from './node-view';
import { hazelcastRemark } from './reasons/clustering';
import { routesOf } from './routes';
import { secretsOf } from './secrets';
import { sectionOf, SECTIONS } from './sections';
import { Connection, Peer, portsText, Security, securityOf } from './security';
import { isDrawn, topologyOf } from './topology';
import { at, entriesOf, unique } from './values';
import { Template, World } from './world';

/** Reads what the page tells out of a cloud assembly. */
export function explanationOf(world: World): Explanation {
  const machines = machinesOf(world);
  const actors = actorsOf(world, machines);
  const [security, routes, principals] = [securityOf(world, actors), routesOf(world, machines), principalsOf(world, machines)];
  const nodes = clusterNodesOf(machines);
  const clusters = clustersOf(nodes);
  return {
    title: titleOf(world, nodes.filter(each => isMember(each.node)).map(each => each.node.title)),
    stacks: world.templates.map(each => stackView(world, each)),
    topology: topologyOf({ actors: actors.filter(isDrawn), security, routes, clusters }),
    nodes: nodes.map(each => nodeView(world, each, clusters.find(cluster => cluster.nodes.includes(each)), security)),
    neighbours: actors.filter(each => !nodes.some(node => node.machines.resource === each.resource))
      .map(each => neighbourView(world, each, routes, machines, security)),
    discoveries: clusters.map(each => discoveryView(discoveryOf(each, { world, machines, security, principals }))),
    security: securityView(security),
    access: principals.map(principalView),
    secrets: secretsOf(world, machines, principals).map(({ resource, ...own }) => ({ anchor: resource.anchor, ...own })),
    costs: costsOf(world, machines),
    unknownCosts: unknownCosts(world),
    names: namesOf(world),
    resources: world.resources.map(resource => {
      const { logicalId, label, type, template } = resource;
      const section = sectionOf(world, resource);
      return { logicalId, label, type, stack: template.title, ...(section ? { section: SECTIONS[section] } : {}) };
    }),
  };
}

function titleOf({ templates }: World, titles: readonly string[]): string {
  const products = unique(titles.map(title => title.replace(/ \S+$/, '')));
  const stacks = templates.filter(each => each.parent === undefined).map(each => each.title);
  return [stacks.join(', '), products.join(', ')].filter(part => part !== '').join(': ');
}

function stackView(world: World, template: Template): StackView {
  const { title, file, environment, body } = template;
  const text = (value: unknown): string => world.text(template, value);
  return {
    title,
    template: file,
    environment: environment ?? '',
    description: text(body.Description),
    parameters: entriesOf(body.Parameters).map(([name, value]) => ({
      name,
      type: text(at(value, 'Type')),
      description: text(at(value, 'Description')),
      value: String(at(value, 'NoEcho')) === 'true' ? 'not shown' : text(at(value, 'Default')),
    })),
    outputs: entriesOf(body.Outputs).map(([name, value]) => ({ name, description: text(at(value, 'Description')), value: text(at(value, 'Value')) })),
  };
}

function mention({ label, resource }: Actor | Machines | Principal): Mention {
  return { label, anchor: resource.anchor };
}

function discoveryView({ cluster, scheme, rule, candidates, addresses, checks }: Discovery): DiscoveryView {
  return {
    anchor: cluster.anchor,
    domain: cluster.domain,
    scheme,
    members: cluster.nodes.map(each => mention(each.machines)),
    facts: clusterFactsOf(cluster),
    rule,
    candidates: candidates.map(({ machines, ...own }) => ({ machines: mention(machines), ...own })),
    addresses,
    checks,
  };
}

function clusterFactsOf({ nodes: [{ facts, clustering }] }: Cluster): Fact[] {
  const { scheme, members, localMemberPort } = clustering;
  const { product } = facts;
  const remark = hazelcastRemark(facts);
  return [
    { name: 'Scheme', value: members && 'tag' in members ? `${scheme}, with members that each node discovers` : scheme },
    {
      name: 'Hazelcast',
      value: product ? `${product.hazelcast} in Carbon kernel ${product.kernel}` : 'not known: the product is not in the catalogue',
      ...(remark ? { note: remark } : {}),
    },
    { name: 'Member port', value: localMemberPort },
  ];
}

function securityView({ groups, connections, leaving }: Security): SecurityView {
  return {
    groups: groups.map(({ resource, actors, ...own }) => ({ anchor: resource.anchor, ...own, members: actors.map(mention) })),
    connections: connections.map(connectionView),
    // What both sides allow is among the connections.
    leaving: leaving.filter(each => each.to.group === undefined || each.agreed !== 'both').map(connectionView),
  };
}

function connectionView({ from, to, ports, description, agreed }: Connection): ConnectionView {
  return { from: peer(from), to: peer(to), ports: portsText(ports), description, agreed };
}

function peer({ label, group }: Peer): Mention {
  return { label, ...(group ? { anchor: group.anchor } : {}) };
}

function principalView(principal: Principal): PrincipalView {
  const { resource, label, kind, assumedBy, usedBy, keySecrets, keysGoWith, managedPolicies, grants } = principal;
  return {
    anchor: resource.anchor,
    label,
    kind,
    assumedBy,
    usedBy: usedBy.map(mention),
    accessKeys: keySecrets.map(secrets => secrets.map(each => each.label).join(', ') || 'in no secret of this assembly'),
    ...(keysGoWith.length > 0 ? { keysGoWith: keysGoWith.map(each => each.label) } : {}),
    managedPolicies,
    grants: grants.map(grantView),
  };
}

function grantView({ policy, effect, actions, resource, on, condition, reasons, wildcard }: Grant): GrantView {
  return { policy, effect, actions, resource, on, condition, reasons, ...(wildcard ? { wildcard } : {}), any: isAny(resource) };
}

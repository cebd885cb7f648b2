/**
 * The configuration of the WSO2 Elastic Load Balancer: loadbalancer.conf and its own axis2.xml. What each line means, and how
 * sure that is: lib/load-balancing/WSO2-ELB.md.
 */
import { axis2 } from './axis2';
import { ConfigurationLayout, KeystoreModel } from './node-model';
import { Edit, FileEdits, Members, StaticMember, Value } from './plan';

/** The nodes of a service that one or more host names lead to. */
export interface SubDomainModel {
  /** Value of the property `subDomain` in the nodes' axis2.xml. */
  readonly name: 'mgt' | 'worker';
  readonly hosts: readonly Value[];
}

export interface BalancedServiceModel {
  /** Name of the block in loadbalancer.conf: `governance`. */
  readonly name: string;
  /** Hazelcast group of the nodes, which the load balancer joins. */
  readonly domain: Value;
  /** Port of the load balancer's member in that group; the nodes' well-known member is the load balancer at this port. */
  readonly groupManagementPort: number;
  readonly subDomains: readonly SubDomainModel[];
  /** Members of the group that the load balancer looks for by itself; without them it finds nobody again when it restarts alone. */
  readonly members?: readonly StaticMember[];
}

export interface ElasticLoadBalancerModel {
  readonly layout: ConfigurationLayout;
  readonly services: readonly BalancedServiceModel[];
  /** Hazelcast group of the load balancers themselves; as shipped where absent. */
  readonly domain?: Value;
  readonly localMemberHost: Value;
  readonly localMemberPort: number;
  /** Other load balancers; `hosts` or `tag` of the plan's own `members`. */
  readonly members?: Members;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Key store of the HTTPS transports, toward clients and nodes; the pack's where absent. */
  readonly keystore?: KeystoreModel;
  /** Idle milliseconds after which a session is forgotten. */
  readonly sessionTimeout?: number;
}

/** Group of the load balancers as the product ships it. */
const OWN_DOMAIN = 'wso2.carbon.lb.domain';
/** As shipped it is 90 s, after which requests of a session that is still alive reach another node. Tomcat's sessions live this long. */
const SESSION_TIMEOUT = 30 * 60 * 1000;
const HIGHEST_PORT = 65535;

/** loadbalancer.conf has no escapes, splits lists at commas, and takes `${` for a variable. */
const WORD = /^[^\s\u0000-\u001f\u007f;{}#$,"'\\]+$/;
/** A block with this name holds defaults and is no service. */
const DEFAULTS = 'defaults';

/** The files of a load balancer. @throws if loadbalancer.conf cannot say it, or if the product would refuse it */
export function elasticLoadBalancer(model: ElasticLoadBalancerModel): FileEdits[] {
  validate(model);
  const clustering = axis2(model.layout, {
    scheme: 'wka',
    domain: model.domain ?? OWN_DOMAIN,
    localMemberHost: model.localMemberHost,
    localMemberPort: model.localMemberPort,
    parameters: [],
    members: model.members,
  }, {}, model.keystore);
  return [
    { file: `${model.layout.folder}/loadbalancer.conf`, edits: [{ content: { join: joined(text(model)) } }] },
    { ...clustering, edits: [...clustering.edits, port('http', model.httpPort), port('https', model.httpsPort)] },
  ];
}

function port(receiver: string, value: number): Edit {
  return { set: `/axisconfig/transportReceiver[@name='${receiver}']/parameter[@name='port']`, text: String(value), existing: true };
}

/** Only keys that a shipped file has: the product ends its start at a key that it does not know. */
function text(model: ElasticLoadBalancerModel): Value[] {
  return [
    ...block('loadbalancer', [
      property('instances', '1'),
      property('enable_autoscaler', 'false'),
      property('session_timeout', String(model.sessionTimeout ?? SESSION_TIMEOUT)),
      property('fail_over', 'true'),
    ]),
    ...block('services', [
      block(DEFAULTS, [property('min_app_instances', '1'), property('max_app_instances', '5')]),
      ...model.services.map(service),
    ]),
  ];
}

function service(model: BalancedServiceModel): Value[] {
  const domain = block(word(`domain of service '${model.name}'`, model.domain), [
    property('tenant_range', '*'),
    property('group_mgt_port', String(model.groupManagementPort)),
    ...(model.members ? [property('members', ...list(model.members.map(memberText)))] : []),
    ...model.subDomains.map(each => block(each.name, [property('hosts', ...list(each.hosts.map(host => [word('host', host)])))])),
  ]);
  return block(model.name, [block('domains', [domain])]);
}

function memberText(member: StaticMember): Value[] {
  return [word('host of a member', member.host), ':', word('port of a member', member.port)];
}

/** A block's lines; the product's reader wants each brace that closes on a line of its own. */
function block(name: Value, content: readonly (readonly Value[])[]): Value[] {
  return [name, ' {\n', ...content.flatMap(indented), '}\n'];
}

function property(name: string, ...value: readonly Value[]): Value[] {
  return [name, ' ', ...value, ';\n'];
}

function list(items: readonly (readonly Value[])[]): Value[] {
  return items.flatMap((item, index) => (index === 0 ? item : [',', ...item]));
}

/** Four spaces before each line. A reference is part of a line and holds no end of one. */
function indented(lines: readonly Value[]): Value[] {
  let atStart = true;
  return lines.flatMap((part): Value[] => {
    const indent = atStart ? ['    '] : [];
    if (typeof part !== 'string') {
      atStart = false;
      return [...indent, part];
    }
    atStart = part.endsWith('\n');
    return [...indent, part];
  });
}

/** Literals that follow one another are one. */
function joined(parts: readonly Value[]): Value[] {
  const result: Value[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else result.push(part);
  }
  return result;
}

/** A literal is checked here, a reference on the node. */
function word(what: string, value: Value): Value {
  if (typeof value !== 'string') return { word: value };
  if (WORD.test(value)) return value;
  throw new Error(`${what} '${value}' is empty or has white space or punctuation that loadbalancer.conf cannot hold, give one plain word`);
}

function validate(model: ElasticLoadBalancerModel): void {
  if (model.services.length === 0) throw new Error('services is empty, give at least one service for the load balancer');
  [model.localMemberPort, model.httpPort, model.httpsPort, ...model.services.map(each => each.groupManagementPort)].forEach(checkPort);
  checkSessionTimeout(model.sessionTimeout);
  model.services.forEach(checkService);
  checkUnique('name', model.services.map(each => each.name));
  checkUnique('domain', model.services.map(each => each.domain));
  // Each is a listener of its own: the product refuses the member's port, and of two equal ones the second would move on.
  checkUnique('port', [
    model.localMemberPort, model.httpPort, model.httpsPort, ...model.services.map(each => each.groupManagementPort),
  ].map(String));
  // Within one service too: of two sub-domains with one host the product serves whichever its map has last.
  checkUnique('host', model.services.flatMap(each => each.subDomains.flatMap(sub => sub.hosts.map(lowerCase))));
}

function checkService(model: BalancedServiceModel): void {
  if (model.name === DEFAULTS) throw new Error(`service '${DEFAULTS}' would be read as the defaults of all services, give it another name`);
  word('service', model.name);
  if (model.subDomains.length === 0) throw new Error(`subDomains of service '${model.name}' is empty, give mgt, worker or both`);
  for (const { name, hosts } of model.subDomains) {
    if (hosts.length === 0) throw new Error(`hosts of sub-domain ${name} of service '${model.name}' is empty, give at least one`);
  }
  checkUnique(`sub-domain of service '${model.name}'`, model.subDomains.map(each => each.name));
  if (model.members?.length === 0) throw new Error(`members of service '${model.name}' is empty, give at least one or leave it out`);
}

function checkPort(value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= HIGHEST_PORT) return;
  throw new Error(`port ${value} of the load balancer is no port, give a whole number from 1 to ${HIGHEST_PORT}`);
}

function checkSessionTimeout(value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  throw new Error(`sessionTimeout ${value} is no time, give whole milliseconds above 0`);
}

function lowerCase(value: Value): Value {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** Literals only: what a reference will be is not known here. */
function checkUnique(what: string, values: readonly Value[]): void {
  const literals = values.filter((value): value is string => typeof value === 'string');
  const twice = literals.find((value, index) => literals.indexOf(value) < index);
  if (twice !== undefined) throw new Error(`${what} '${twice}' is there twice in the load balancer, give each its own`);
}

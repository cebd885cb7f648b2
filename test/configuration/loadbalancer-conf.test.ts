import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS } from '../../lib/boot/user-data';
import { BalancedServiceModel, elasticLoadBalancer, ElasticLoadBalancerModel } from '../../lib/configuration/loadbalancer-conf';
import { planOf, Value } from '../../lib/configuration/plan';

const GOLDEN = join(__dirname, 'golden');
/** A configuration folder with the structure of the product's. */
const SHIPPED = join(__dirname, '../rehearsal/stand-in/conf/elb');

const GOVERNANCE: BalancedServiceModel = {
  name: 'governance',
  domain: 'wso2.governance.domain',
  groupManagementPort: 4321,
  subDomains: [{ name: 'mgt', hosts: ['governance.example.com', 'registry.example.com'] }],
};
const APPLICATION: BalancedServiceModel = {
  name: 'appserver',
  domain: { env: 'Domain' },
  groupManagementPort: 4500,
  subDomains: [{ name: 'worker', hosts: ['as.example.com'] }, { name: 'mgt', hosts: [{ env: 'ManagementHost' }] }],
  members: [{ host: '10.0.1.11', port: '4100' }, { host: { env: 'SecondMember' }, port: '4100' }],
};
const MODEL: ElasticLoadBalancerModel = {
  layout: { style: 'xml', folder: 'repository/conf', passThrough: true, log4j: 1 },
  services: [GOVERNANCE, APPLICATION],
  localMemberHost: { metadata: 'local-ipv4' },
  localMemberPort: 4000,
  members: { hosts: [{ host: '10.0.1.5', port: '4000' }, { host: '10.0.2.5', port: '4000' }] },
  httpPort: 8280,
  httpsPort: 8243,
};
const ENV = { Domain: 'wso2.as.domain', ManagementHost: 'mgt.as.example.com', SecondMember: '10.0.2.11' };

/** Golden files are written by running with UPDATE_GOLDEN=1, and read by people in review. */
function golden(name: string, text: string): void {
  const file = join(GOLDEN, name);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(existsSync(file)).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

/** What the program that runs on the node makes of the shipped files, by name; its output where it fails. */
function applied(model: ElasticLoadBalancerModel, env: Record<string, string> = ENV): { files: (name: string) => string; error?: string } {
  const folder = mkdtempSync(join(tmpdir(), 'loadbalancer-'));
  try {
    const home = join(folder, 'home');
    cpSync(SHIPPED, join(home, 'repository/conf'), { recursive: true });
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(planOf(model.members, elasticLoadBalancer(model))));
    writeFileSync(join(folder, 'resolutions.json'), JSON.stringify({ metadata: { 'local-ipv4': '10.0.1.5' }, env }));
    execFileSync('python3', ['-B', join(PROGRAMS, 'carbon_configuration.py'), '--plan', join(folder, 'plan.json'), '--home', home,
      '--resolutions', join(folder, 'resolutions.json')], { stdio: 'pipe' });
    const read = Object.fromEntries(['loadbalancer.conf', 'axis2/axis2.xml'].map(name => [name, readFileSync(join(home, 'repository/conf', name), 'utf8')]));
    return { files: name => read[name] };
  } catch (error) {
    return { files: () => '', error: String((error as { stderr?: Buffer }).stderr ?? error) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the plan of a load balancer', () => {
  golden('elastic-load-balancer.json', `${JSON.stringify(planOf(MODEL.members, elasticLoadBalancer(MODEL)), null, 1)}\n`);
});

test('loadbalancer.conf as the node writes it', () => {
  golden('loadbalancer.conf', applied(MODEL).files('loadbalancer.conf'));
});

test('the load balancer joins the others by its own membership, and keeps the rest of its axis2.xml', () => {
  const before = readFileSync(join(SHIPPED, 'axis2/axis2.xml'), 'utf8').split('\n');
  const after = applied({ ...MODEL, httpPort: 80 }).files('axis2/axis2.xml').split('\n');
  expect(after.filter(line => !before.includes(line)).map(line => line.trim())).toEqual([
    '<parameter name="port">80</parameter>',
    '<parameter name="localMemberHost">10.0.1.5</parameter>',
    '<members>', '<member>', '<hostName>10.0.1.5</hostName>', '<port>4000</port>', '</member>',
    '<member>', '<hostName>10.0.2.5</hostName>', '<port>4000</port>', '</member>', '</members>',
  ]);
  expect(before.filter(line => !after.includes(line)).map(line => line.trim())).toEqual(['<parameter name="port">8280</parameter>']);
});

test('it has no sub-domain: it would send requests to itself', () => {
  expect(JSON.stringify(elasticLoadBalancer(MODEL)[1])).not.toContain('subDomain');
});

test('without other load balancers it has no members', () => {
  const [, file] = elasticLoadBalancer({ ...MODEL, members: undefined });
  expect(file.edits).toContainEqual({ replace: '/axisconfig/clustering/members', children: [] });
});

test('sessions are kept as long as asked for', () => {
  expect(applied({ ...MODEL, sessionTimeout: 60000 }).files('loadbalancer.conf')).toContain('    session_timeout 60000;\n');
});

test('the product\'s reader finds a block for each service, domain and sub-domain', () => {
  const lines = applied(MODEL).files('loadbalancer.conf').split('\n').map(line => line.trim()).filter(line => line !== '');
  // One brace on a line, and all else a word, a blank and what ends at a semicolon: its reader works by lines.
  expect(lines.every(line => /^[^\s;{}#]+ \{$|^\}$|^[^\s;{}#]+ [^\s;{}#]+;$/.test(line))).toBe(true);
  expect(lines.filter(line => line === '}').length).toBe(lines.filter(line => line.endsWith('{')).length);
});

describe('a value that loadbalancer.conf cannot hold', () => {
  const hostile = ['', 'a b', 'a;b', 'a{', '}', 'a#b', '${x}', 'a,b', 'a\nworker {', '"a"'];

  test.each(hostile)('%j as a literal fails at synthesis', value => {
    const message = ` '${value}' is empty or has white space or punctuation that loadbalancer.conf cannot hold, give one plain word`;
    const withService = (change: Partial<BalancedServiceModel>) => () => elasticLoadBalancer({ ...MODEL, services: [{ ...GOVERNANCE, ...change }] });
    expect(withService({ subDomains: [{ name: 'mgt', hosts: [value] }] })).toThrow(new Error(`host${message}`));
    expect(withService({ domain: value })).toThrow(new Error(`domain of service 'governance'${message}`));
    expect(withService({ name: value })).toThrow(new Error(`service${message}`));
    expect(withService({ members: [{ host: value, port: '4100' }] })).toThrow(new Error(`host of a member${message}`));
    expect(withService({ members: [{ host: 'a', port: value }] })).toThrow(new Error(`port of a member${message}`));
  });

  test.each(Object.keys(ENV))('in the reference %s ends the run on the node, and no file is touched', name => {
    for (const value of hostile) {
      expect(applied(MODEL, { ...ENV, [name]: value }).error)
        .toContain('loadbalancer.conf: content: a value that must be one word is empty or has white space or punctuation in it');
    }
  });
});

describe('what the product refuses, or reads as something else, fails at synthesis', () => {
  const change = (edit: Partial<ElasticLoadBalancerModel>) => () => elasticLoadBalancer({ ...MODEL, ...edit });
  const service = (edit: Partial<BalancedServiceModel>) => change({ services: [{ ...GOVERNANCE, ...edit }] });
  const host = (name: Value) => ({ subDomains: [{ name: 'mgt' as const, hosts: [name] }] });

  test.each<[string, () => void, string]>([
    ['no service', change({ services: [] }), 'services is empty, give at least one service for the load balancer'],
    ['defaults as a service', service({ name: 'defaults' }), "service 'defaults' would be read as the defaults of all services, give it another name"],
    ['no sub-domain', service({ subDomains: [] }), "subDomains of service 'governance' is empty, give mgt, worker or both"],
    ['no host', service({ subDomains: [{ name: 'mgt', hosts: [] }] }), "hosts of sub-domain mgt of service 'governance' is empty, give at least one"],
    ['an empty list of members', service({ members: [] }), "members of service 'governance' is empty, give at least one or leave it out"],
    ['a sub-domain twice', service({ subDomains: [GOVERNANCE.subDomains[0], { name: 'mgt', hosts: ['b'] }] }),
      "sub-domain of service 'governance' 'mgt' is there twice in the load balancer, give each its own"],
    ['a host of two services', change({ services: [GOVERNANCE, { ...APPLICATION, ...host('Governance.example.com') }] }),
      "host 'governance.example.com' is there twice in the load balancer, give each its own"],
    ['a service twice', change({ services: [GOVERNANCE, { ...APPLICATION, name: 'governance' }] }),
      "name 'governance' is there twice in the load balancer, give each its own"],
    ['a domain twice', change({ services: [GOVERNANCE, { ...APPLICATION, domain: 'wso2.governance.domain' }] }),
      "domain 'wso2.governance.domain' is there twice in the load balancer, give each its own"],
    ['the member\'s own port', service({ groupManagementPort: 4000 }), "port '4000' is there twice in the load balancer, give each its own"],
    ['a port of two groups', change({ services: [GOVERNANCE, { ...APPLICATION, groupManagementPort: 4321 }] }),
      "port '4321' is there twice in the load balancer, give each its own"],
    ['no port', service({ groupManagementPort: 65536 }), 'port 65536 of the load balancer is no port, give a whole number from 1 to 65535'],
    ['half a port', change({ httpsPort: 443.5 }), 'port 443.5 of the load balancer is no port, give a whole number from 1 to 65535'],
    ['no time', change({ sessionTimeout: 0 }), 'sessionTimeout 0 is no time, give whole milliseconds above 0'],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(new Error(message));
  });
});

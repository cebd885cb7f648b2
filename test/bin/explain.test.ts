import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput } from 'aws-cdk-lib';
import { carbonCluster, folderWith } from './command-line';
import { carriedTexts } from '../../lib/boot/carried-texts';
import { packedDocument } from '../../lib/boot/pack';
import { gateway, packedUserDataOf, testApp, testStack } from '../gateway';

const ASSEMBLY = join(folderWith({}), 'cdk.out');

beforeAll(() => {
  const app = testApp({ outdir: ASSEMBLY });
  const stack = testStack(app);
  const cluster = gateway(stack);
  new CfnOutput(stack, 'Address', { value: cluster.loadBalancer!.serviceDnsName, description: 'Point the host names at it' });
  app.synth();
});

async function explain(...options: readonly string[]): ReturnType<typeof carbonCluster> {
  return carbonCluster(['explain', ...options]);
}

async function model(assembly = ASSEMBLY): Promise<any> {
  return JSON.parse((await explain('-a', assembly, '--json')).output);
}

async function page(assembly = ASSEMBLY): Promise<string> {
  const file = join(folderWith({}), 'cluster.html');
  expect(await explain('-a', assembly, '-o', file)).toEqual({ code: 0, output: `${file}\n`, errors: '' });
  return readFileSync(file, 'utf8');
}

/** A copy of the assembly whose template is another. */
function changed(change: (template: any) => void): string {
  const copy = folderWith({}, 'cdk.out');
  cpSync(ASSEMBLY, copy, { recursive: true });
  const file = join(copy, 'Test.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  change(template);
  writeFileSync(file, JSON.stringify(template));
  return copy;
}

function resource(template: any, part: string, type = ''): any {
  return Object.entries<any>(template.Resources).find(([id, each]) => id.includes(part) && each.Type.includes(type))![1];
}

/** The document in the user data of a node with a text replaced wherever it is. */
function inDocument(template: any, part: string, [from, to]: readonly [string, string]): void {
  const launchTemplate = resource(template, `Gateway${part}LaunchTemplate`, 'AWS::EC2::LaunchTemplate');
  const { document } = carriedTexts(packedUserDataOf(launchTemplate))!;
  expect(document).toContain(from);
  const data = launchTemplate.Properties.LaunchTemplateData;
  data.UserData = JSON.parse(JSON.stringify(data.UserData).replace(packedDocument(document), packedDocument(document.replaceAll(from, to))));
}

describe('the command line', () => {
  test.each([
    [['-a', '/nowhere'], 2, 'carbon-cluster: /nowhere is no folder: run cdk synth, or name the cloud assembly with --assembly\n'],
    [['-a', ASSEMBLY, '-s', 'Other'], 2, 'carbon-cluster: there is no stack Other: name one of Test\n'],
    [['-a', ASSEMBLY, '-o', ''], 2, 'carbon-cluster: --out is empty, name a file\n'],
    [['-a', ASSEMBLY, '-o', '/nowhere/a.html'], 1, "carbon-cluster: /nowhere/a.html cannot be written: ENOENT: no such file or directory, open '/nowhere/a.html'\n"],
  ])('%j', async (options, code, errors) => {
    expect(await explain(...options)).toEqual({ code, output: '', errors });
  });

  test('an assembly without nodes is 1', async () => {
    const empty = folderWith({ 'a.template.json': JSON.stringify({ Resources: { B: { Type: 'AWS::S3::Bucket' } } }) });
    expect(await explain('-a', empty)).toMatchObject({ code: 1, errors: expect.stringContaining('has no CarbonCluster in it') });
    expect(existsSync('cluster.html')).toBe(false);
  });

  test('JSON and the page at once', async () => {
    const file = join(folderWith({}), 'both.html');
    const { code, output } = await explain('-a', ASSEMBLY, '-s', 'Test', '--json', '-o', file);
    expect([code, JSON.parse(output).title]).toEqual([0, 'Test: WSO2 API Manager 2.2.0']);
    expect(readFileSync(file, 'utf8')).toContain('<title>Test: WSO2 API Manager 2.2.0</title>');
  });
});

describe('the nodes of a gateway', () => {
  test('are its two groups, with what they are', async () => {
    const { nodes } = await model();
    expect(nodes.map((node: any) => [node.label, node.title, node.count])).toEqual([
      ['Gateway/Manager', 'WSO2 API Manager 2.2.0 gateway-manager', '1'],
      ['Gateway/Workers', 'WSO2 API Manager 2.2.0 gateway-worker', '2'],
    ]);
    const facts = Object.fromEntries(nodes[1].facts.map((fact: any) => [fact.name, fact.value]));
    expect(facts).toMatchObject({
      Instances: '2 × m7i.large', Subnets: 'Private subnets in eu-west-1a, eu-west-1b', 'Public address': 'none', Volumes: '/dev/xvda: 30 GiB gp3, encrypted',
      'Instance metadata': 'IMDSv2 only, hop limit 1', 'Deployment waits for': '2 signals of the nodes within 20 minutes', Kernel: 'Carbon 4.4.26', Hazelcast: '3.5.4', Java: '8',
    });
  });

  test('boot in phases, with the programs that the assembly carries', async () => {
    const { nodes: [manager] } = await model();
    expect(manager.boot.map((step: any) => step.phase)).toEqual(['prepare', 'pack', 'databases', 'configuration', 'start', 'join', 'health']);
    expect(manager.boot[1].lines[0]).toBe('The pack s3://packs/wso2am-2.2.0.zip is fetched and checked by the checksum beside it.');
    expect(manager.programs.find((program: any) => program.name === 'boot.py').does).toContain('a member of a WSO2 Carbon cluster');
  });

  test('have every setting of their plan, with a reason and its source', async () => {
    const { nodes } = await model();
    const settings = nodes.flatMap((node: any) => node.files).flatMap((file: any) => file.settings.map((setting: any) => ({ file: file.file, ...setting })));
    expect(settings.length).toBeGreaterThan(150);
    expect(settings.filter((setting: any) => !setting.why || !setting.source)).toEqual([]);
    const port = settings.find((setting: any) => setting.place.includes('localMemberPort'));
    expect(port).toMatchObject({ value: [{ text: '5701' }], why: expect.stringContaining('Hazelcast 3.5.4 looks for members at the ports 5701 to 5703') });
  });

  test('show what stands for a value, never a value of a secret', async () => {
    const { nodes: [, workers] } = await model();
    const value = (file: string, place: string): any => workers.files.find((each: any) => each.file.endsWith(file)).settings
      .find((setting: any) => setting.place.endsWith(place)).value;
    expect(value('axis2.xml', "[@name='secretKey']")).toEqual([{ stands: 'secret', for: 'GatewayMembershipCredentialsSecret, field secretAccessKey' }]);
    expect(value('axis2.xml', "[@name='localMemberHost']")).toEqual([{ stands: 'metadata', for: 'local-ipv4' }]);
    expect(value('master-datasources.xml', '/url').slice(0, 4)).toEqual([
      { text: 'jdbc:mysql://' }, { stands: 'cloudformation', for: 'GatewayDatabaseInstance.Endpoint.Address' },
      { text: ':' }, { stands: 'cloudformation', for: 'GatewayDatabaseInstance.Endpoint.Port' },
    ]);
  });

  test('say where the groups differ', async () => {
    const { nodes } = await model();
    const differing = nodes[1].files.flatMap((file: any) => file.settings).filter((setting: any) => setting.elsewhere.length > 0);
    expect(differing.map((setting: any) => [setting.place.split('/').slice(-2).join('/'), setting.value, setting.elsewhere])).toEqual([
      ["property[@name='subDomain']/@value", [{ text: 'worker' }], [{ label: 'Gateway/Manager', value: 'mgt' }]],
      ['registry\']/readOnly', [{ text: 'true' }], [{ label: 'Gateway/Manager', value: 'false' }]],
    ]);
  });
});

describe('who talks to whom', () => {
  const named = ({ topology }: any): string[] => {
    const label = (id: string): string => topology.places.find((place: any) => place.id === id).label;
    return topology.links.map((link: any) => `${label(link.from)} > ${label(link.to)}: ${link.labels.join(', ')} (${link.agreed})`);
  };

  test('is what listeners, target groups and security groups say', async () => {
    expect(named(await model()).sort()).toEqual([
      'Clients > Gateway/LoadBalancer: TCP 443 (both)',
      'Gateway/Database/Preparation/Function > APIs of AWS: TCP 443 (both)',
      'Gateway/Database/Preparation/Function > Gateway/Database: TCP 3306 (both)',
      'Gateway/LoadBalancer > Gateway/Manager: mgt.am.example.com → HTTPS 9443 (both)',
      'Gateway/LoadBalancer > Gateway/Workers: am.example.com → HTTPS 8243 (both)',
      'Gateway/Manager > APIs of AWS, package repositories: TCP 443 (both)',
      'Gateway/Manager > Gateway/Database: TCP 3306 (both)',
      'Gateway/Manager > Hazelcast:  (both)',
      'Gateway/Workers > APIs of AWS, package repositories: TCP 443 (both)',
      'Gateway/Workers > Gateway/Database: TCP 3306 (both)',
      'Gateway/Workers > Hazelcast:  (both)',
    ]);
  });

  test('a rule that one side lacks is said to be one', async () => {
    const assembly = changed(template => {
      const [id] = Object.entries<any>(template.Resources).find(([, each]) => each.Type === 'AWS::EC2::SecurityGroupEgress' && each.Properties.FromPort === 9443)!;
      delete template.Resources[id];
    });
    const explanation = await model(assembly);
    expect(named(explanation)).toContain('Gateway/LoadBalancer > Gateway/Manager: mgt.am.example.com → HTTPS 9443 (one side only)');
    expect(explanation.security.connections.find((each: any) => each.ports === 'TCP 9443').agreed).toBe('one side only');
    expect(await page(assembly)).toContain('1 connection drawn in red');
  });

  test('the matrix has each rule of the security groups', async () => {
    const { security } = await model();
    expect(security.connections.map((each: any) => [each.from.label, each.to.label, each.ports, each.agreed])).toEqual([
      ['addresses of Vpc', 'Gateway/LoadBalancer/SecurityGroup', 'TCP 443', 'not told'],
      ['Gateway/SecurityGroup', 'Gateway/SecurityGroup', 'TCP 5701–5703', 'both'],
      ['Gateway/LoadBalancer/SecurityGroup', 'Gateway/SecurityGroup', 'TCP 8243', 'both'],
      ['Gateway/LoadBalancer/SecurityGroup', 'Gateway/SecurityGroup', 'TCP 9443', 'both'],
      ['Gateway/SecurityGroup', 'Gateway/Database/Instance/SecurityGroup', 'TCP 3306', 'both'],
      ['Gateway/Database/Preparation/SecurityGroup', 'Gateway/Database/Instance/SecurityGroup', 'TCP 3306', 'both'],
    ]);
    expect(security.groups.find((group: any) => group.name === 'Test-Gateway').members.map((each: any) => each.label)).toEqual(['Gateway/Manager', 'Gateway/Workers']);
  });

  test('the load balancer\'s rules, in their order', async () => {
    const { neighbours } = await model();
    expect(neighbours.find((each: any) => each.kind === 'Load balancer').routes.map((route: any) => [route.condition, route.targets.map((each: any) => each.label), route.to, route.stickiness]))
      .toEqual([
        ['host am.example.com', ['Gateway/Workers'], 'HTTPS 8243', ''],
        ['host mgt.am.example.com', ['Gateway/Manager'], 'HTTPS 9443', 'by the cookie JSESSIONID'],
        ['everything else', [], 'answers 404 itself', ''],
      ]);
  });
});

describe('deletion protection', () => {
  const PROTECTED = 'Cannot be deleted by mistake';
  const said = async (assembly?: string): Promise<string[]> => (await model(assembly)).neighbours.flatMap((each: any) => each.facts)
    .filter((fact: any) => fact.name === PROTECTED).map((fact: any) => fact.value);

  test('is said of the database and the load balancer, and who switches it on when', async () => {
    expect(await said()).toEqual(['yes, once the nodes are in service', 'yes, once the nodes are in service']);
  });

  test('is not said where it is off, or where nobody switches it on', async () => {
    expect(await said(changed(template => { resource(template, 'Protection', 'Custom::').Properties.Enabled = 'false'; }))).toEqual(['no', 'no']);
    expect(await said(changed(template => { delete resource(template, 'Protection', 'Custom::').Properties.LoadBalancer; }))).toHaveLength(1);
  });
});

describe('who may do what', () => {
  test('each permission has a reason, and each wildcard its own', async () => {
    const { access } = await model();
    const grants = access.flatMap((principal: any) => principal.grants);
    expect(grants.length).toBeGreaterThan(15);
    expect(grants.filter((grant: any) => grant.reasons.length === 0 || (grant.any && !grant.wildcard))).toEqual([]);
    const role = access.find((principal: any) => principal.label === 'Gateway/Workers/Role');
    expect(role.usedBy.map((each: any) => each.label)).toEqual(['Gateway/Workers']);
    expect(role.managedPolicies).toEqual([]);
    const sessions = role.grants.find((grant: any) => grant.actions.includes('ssmmessages:OpenDataChannel'));
    expect(sessions).toMatchObject({ any: true, reasons: expect.arrayContaining([expect.stringContaining('take the place of SSH')]), wildcard: expect.any(String) });
    const why = (end: string): string[] => role.grants.find((grant: any) => grant.on.endsWith(end)).reasons;
    expect(why('wso2am-2.2.0.zip')).toEqual(['The product pack.']);
    expect(why('Wso2regDbUser')).toEqual(['User and password of the database WSO2REG_DB.',
      'Its values go into repository/conf/datasources/master-datasources.xml, repository/conf/registry.xml.']);
  });

  test('a permission that nobody here knows has no made-up reason', async () => {
    const assembly = changed(template => resource(template, 'WorkersRoleDefaultPolicy').Properties.PolicyDocument.Statement
      .push({ Effect: 'Allow', Action: ['iam:PassRole', 's3:*'], Resource: '*' }));
    const { access } = await model(assembly);
    const grant = access.find((principal: any) => principal.label === 'Gateway/Workers/Role').grants.find((each: any) => each.actions.includes('iam:PassRole'));
    expect(grant).toMatchObject({ any: true, reasons: [] });
    expect(grant.wildcard).toBeUndefined();
    expect(await page(assembly)).toContain('No reason is known here why it is any.');
  });

  test('secrets by name, field, use and reader', async () => {
    const { secrets } = await model();
    expect(secrets.find((secret: any) => secret.label === 'Gateway/Membership/Credentials/Secret')).toMatchObject({
      origin: 'CloudFormation fills it in', fields: ['accessKeyId', 'secretAccessKey'], readers: ['Gateway/Membership/Credentials/Rotation/Role', 'Gateway/Manager/Role', 'Gateway/Workers/Role'],
    });
    expect(secrets.find((secret: any) => secret.label === 'Gateway/Database/Instance/Secret').readers).toEqual(['Gateway/Database/Preparation/Role']);
    expect(secrets.find((secret: any) => secret.label === 'Gateway/Database/StartUser').purposes).toEqual([expect.stringContaining('take turns')]);
  });

  test('a value that stands in a template is not shown', async () => {
    const assembly = changed(template => {
      template.Parameters.Password = { Type: 'String', NoEcho: true, Default: 'hunter2' };
      template.Resources.Own = { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'hunter3' } };
    });
    const text = `${await page(assembly)}${JSON.stringify(await model(assembly))}`;
    expect(text).toContain('it stands in the template');
    expect(text).not.toMatch(/hunter[23]/);
  });
});

describe('discovery', () => {
  const checks = async (assembly: string): Promise<any[]> => (await model(assembly)).discoveries[0].checks;

  test('returns the members and nothing else', async () => {
    const { discoveries: [discovery] } = await model();
    expect(discovery.candidates.map((each: any) => [each.machines.label, each.count, each.found])).toEqual([['Gateway/Manager', '1', true], ['Gateway/Workers', '2', true]]);
    expect(discovery.rule[1]).toBe('It takes the private address of each and looks for a member at the ports 5701 to 5703.');
    expect(discovery.checks.filter((check: any) => check.ok !== true)).toEqual([]);
    expect(discovery.checks).toHaveLength(11);
  });

  test.each<[string, (template: any) => void, string]>([
    ['a tag of another value', template => {
      resource(template, 'WorkersLaunchTemplate', '::LaunchTemplate').Properties.LaunchTemplateData.TagSpecifications[0].Tags[0].Value = 'other';
    }, 'has the tag carbon-cluster = Test-Gateway from its launch on'],
    ['a group whose name EC2 makes up', template => { delete resource(template, 'GatewaySecurityGroup2').Properties.GroupName; }, 'in a group of that name'],
    ['a port that nobody probes', template => {
      for (const part of ['Manager', 'Workers']) inDocument(template, part, ['WSO2 API Manager 2.2.0', 'WSO2 API Manager 4.2.0']);
      for (const part of ['Manager', 'Workers']) inDocument(template, part, ['"text":"5701"', '"text":"5790"']);
    }, 'looks at the member port 5790'],
    ['no way between the members', template => {
      const ids = Object.entries<any>(template.Resources).filter(([, each]) => each.Type === 'AWS::EC2::SecurityGroupIngress' && each.Properties.FromPort === 5701);
      for (const [id] of ids) delete template.Resources[id];
    }, 'reach each other at TCP 5701'],
    ['no permission', template => { resource(template, 'MembershipPolicy').Properties.PolicyDocument.Statement[0].Action = 'ec2:DescribeTags'; }, 'may call ec2:DescribeInstances'],
    ['another region', template => {
      for (const part of ['Manager', 'Workers']) inDocument(template, part, ['"text":"eu-west-1"', '"text":"eu-west-2"']);
    }, 'looked for in eu-west-2'],
    ['no key', template => {
      for (const part of ['Manager', 'Workers']) inDocument(template, part, ["[@name='accessKey']", "[@name='nothing']"]);
    }, 'has an access key'],
    ['loopback', template => inDocument(template, 'Workers', ['{"metadata":"local-ipv4"}', '"127.0.0.1"']), 'its own private address'],
    ['no way to the API', template => {
      resource(template, 'GatewaySecurityGroup2').Properties.SecurityGroupEgress = [{ CidrIp: '10.0.0.0/8', IpProtocol: 'tcp', FromPort: 80, ToPort: 80 }];
    }, 'leave by HTTPS'],
  ])('%s is seen', async (_, change, what) => {
    const failed = (await checks(changed(change))).filter(check => check.ok === false);
    expect(failed.map(check => check.what)).toEqual(expect.arrayContaining([expect.stringContaining(what)]));
  });

  test('another cluster with the same tag and group is seen', async () => {
    const assembly = changed(template => {
      const [manager, launch] = ['AutoScalingGroup', 'LaunchTemplate'].map(type => structuredClone(resource(template, 'Manager', `::${type}`)));
      launch.Properties.LaunchTemplateData.UserData = { 'Fn::Base64': '#!/bin/bash\n' };
      manager.Properties.LaunchTemplate.LaunchTemplateId = { Ref: 'StrangerLaunchTemplate' };
      Object.assign(template.Resources, { StrangerGroup: manager, StrangerLaunchTemplate: launch });
    });
    const { discoveries: [{ candidates, checks: all }] } = await model(assembly);
    expect(candidates.map((each: any) => [each.machines.label, each.found])).toContainEqual(['StrangerGroup', true]);
    expect(all.filter((check: any) => check.ok === false).map((check: any) => check.what)).toEqual(['No other machines match the filter, but these do: StrangerGroup']);
    expect(await page(assembly)).toContain('1 in the way');
  });
});

describe('what is paid for', () => {
  test('by kind, with what each is counted by and no price', async () => {
    const { costs, unknownCosts } = await model();
    const items = Object.fromEntries(costs.map((cost: any) => [cost.kind, cost.items]));
    expect(Object.keys(items)).toEqual(expect.arrayContaining(['EC2 instances', 'EBS volumes', 'RDS database instances', 'Load balancers', 'NAT gateways', 'Public IPv4 addresses', 'Secrets', 'Traffic']));
    expect(items['EC2 instances']).toEqual(['1 × m7i.large (Gateway/Manager)', '2 × m7i.large (Gateway/Workers)']);
    expect(items.Secrets).toHaveLength(9);
    expect(unknownCosts).toEqual([]);
    expect(JSON.stringify(costs)).not.toMatch(/[$€]|USD/);
  });
});

describe('the page', () => {
  test('is one file that needs no other, and whose links lead somewhere', async () => {
    const text = await page();
    expect(text.match(/\ssrc=|<link|<base|<iframe|@import|url\(/g)).toBe(null);
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(match => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...text.matchAll(/href="([^"]*)"/g)].map(match => match[1]);
    expect(links.length).toBeGreaterThan(40);
    expect(links.filter(link => !link.startsWith('#') || !ids.includes(link.slice(1)))).toEqual([]);
  });

  test('has every resource of the template, and says what it does not know', async () => {
    const assembly = changed(template => { template.Resources.Novelty = { Type: 'AWS::Novelty::Thing', Properties: {} }; });
    const text = (await page(assembly)).replaceAll('<wbr>', '');
    const { Resources } = JSON.parse(readFileSync(join(assembly, 'Test.template.json'), 'utf8'));
    expect(Object.keys(Resources).filter(id => !text.includes(id))).toEqual([]);
    const others = text.slice(text.indexOf('id="other-resources"'), text.indexOf('Every resource of the templates'));
    expect(others).toContain('AWS::Novelty::Thing');
    expect(others).not.toContain('AWS::EC2');
    expect(text).toContain('Whether these cost something is not known to this version: <code>AWS::Novelty::Thing</code>.');
    expect(await page()).not.toContain('id="other-resources"');
  });

  test('has the same bytes for the same assembly, wherever that is', async () => {
    expect(await page(changed(() => undefined))).toBe(await page());
  });

  test('has outputs and parameters', async () => {
    const { stacks: [stack] } = await model();
    expect(stack).toMatchObject({ title: 'Test', environment: 'aws://111111111111/eu-west-1', outputs: [{ name: 'Address', value: '<GatewayLoadBalancer.DNSName>' }] });
    expect(await page()).toContain('Point the host names at it');
  });

  test('the picture has a title, a description, and a link for each box', async () => {
    const text = await page();
    const svg = /<svg[\s\S]*<\/svg>/.exec(text)![0];
    expect(svg).toContain('<title id="drawing-title">Topology</title>');
    expect(svg).toContain('Gateway/LoadBalancer talks to Gateway/Workers: am.example.com → HTTPS 8243.');
    expect([...svg.matchAll(/<a [^>]*href="#/g)]).toHaveLength(9);
  });
});

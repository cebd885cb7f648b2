import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput, CfnParameter, CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { carbonCluster, folderWith } from './command-line';
import {
  BootPhase, CarbonCluster, CarbonClusterProps, CarbonProduct, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, DeploymentSynchronizer, Distribution,
  Membership, WellKnownMember,
} from '../../lib';
import { testApp, testStack } from '../gateway';

const ASSEMBLY = join(folderWith({}), 'cdk.out');
const SCRIPT = '<script>alert(1)</script>';
const HOSTILE = `"'><img src=x onerror=alert(2)>&amp;\\N</script>${SCRIPT}]]>`;

/** One app with many stacks: synthesis is what these tests spend their time on. */
beforeAll(() => {
  const app = testApp({ outdir: ASSEMBLY });
  const network = testStack(app, 'Network');
  const vpc = new ec2.Vpc(network, 'Vpc', { maxAzs: 2, natGateways: 1 });
  const cluster = (stack: Stack, props: Partial<CarbonClusterProps>, id = 'Cluster'): CarbonCluster => new CarbonCluster(stack, id, {
    ...propsOf(stack, vpc), ...props,
  });
  cluster(testStack(app, 'As'), { product: CarbonProduct.applicationServer('5.3.0'), membership: Membership.discovered(), ...everything(testStack(app, 'Extras')) });
  cluster(testStack(app, 'Ei'), { product: CarbonProduct.enterpriseIntegrator('6.6.0') });
  cluster(testStack(app, 'Am'), { product: CarbonProduct.apiManager('4.2.0'), membership: Membership.aws({ connTimeout: 20 }) });
  cluster(testStack(app, 'Is'), { product: CarbonProduct.identityServer('7.0.0') });
  cluster(testStack(app, 'IsXml'), { product: CarbonProduct.identityServer('5.7.0'), membership: wellKnown(1) });
  const parent = testStack(app, 'Parent');
  cluster(new NestedStack(parent, 'Nested'), { membership: wellKnown(2) });
  hostile(testStack(app, 'Hostile'), cluster);
  app.synth();
}, 300_000);

function propsOf(stack: Stack, vpc: ec2.IVpc): CarbonClusterProps {
  return {
    vpc,
    product: CarbonProduct.apiManager('2.2.0'),
    distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2-1.0.0.zip'),
    hostName: 'am.example.com',
    managementHostName: 'mgt.am.example.com',
    certificates: [acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1')],
  };
}

function wellKnown(count: number): Membership {
  return Membership.wellKnown({ members: [WellKnownMember.range('10.0.1.10', 9 + count)] });
}

/** Whatever adds settings of its own. */
function everything(stack: Stack): Partial<CarbonClusterProps> {
  const secret = new secretsmanager.Secret(stack, 'Mine');
  return {
    portOffset: 10,
    adminSecret: secret,
    portMapping: { 443: 8243 },
    deploymentSynchronizer: DeploymentSynchronizer.svn({ url: 'https://svn.example.com/artifacts', secret }),
    hostAliases: [{ address: '10.0.0.9', names: ['carbondb.mysql-wso2.com'] }],
    datasources: [{ name: 'ORDERS_DB', jndiName: 'jdbc/Orders', url: 'jdbc:mysql://db.example.com/orders', secret }],
  };
}

/** Names and values that would be markup where somebody forgot to escape them. */
function hostile(stack: Stack, cluster: (stack: Stack, props: Partial<CarbonClusterProps>, id: string) => CarbonCluster): void {
  const own = cluster(stack, {
    configurationOverlays: [ConfigurationOverlay.edits(`repository/conf/${SCRIPT.replace('/', '')}.xml`,
      ConfigurationEdit.text('/a/b', ConfigurationValue.text(HOSTILE)),
      ConfigurationEdit.text('/a/b', ConfigurationValue.text('later')))],
    domain: `d"><script>alert(3)</script>`,
    tagKey: `k"'<b>`, tagValue: `v"'<i onmouseover=alert(4)>`,
  }, `C<script>"'&`);
  own.workers.addScriptBefore(BootPhase.START, `echo '${SCRIPT}'`);
  new CfnResource(stack, `New<thing>"'`, { type: `AWS::New::${SCRIPT}` });
  new CfnParameter(stack, 'Own', { description: HOSTILE, default: HOSTILE });
  new CfnOutput(stack, 'Told', { value: HOSTILE, description: HOSTILE });
  own.workers.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [`arn:aws:s3:::${HOSTILE}`] }));
  own.securityGroup.addIngressRule(ec2.Peer.ipv4('10.1.0.0/16'), ec2.Port.tcp(22), 'a b');
}

async function model(stack: string): Promise<any> {
  const { code, output, errors } = await carbonCluster(['explain', '-a', ASSEMBLY, '-s', stack, '--json']);
  expect([code, errors]).toEqual([0, '']);
  return JSON.parse(output);
}

async function page(stack: string): Promise<string> {
  const file = join(folderWith({}), 'cluster.html');
  expect((await carbonCluster(['explain', '-a', ASSEMBLY, '-s', stack, '-o', file])).code).toBe(0);
  return readFileSync(file, 'utf8');
}

describe('every setting that the library makes has a reason', () => {
  // A new edit in lib/configuration belongs into bin/commands/explain/reasons.
  test.each(['As', 'Ei', 'Am', 'Is', 'IsXml', 'Nested'])('%s', async stack => {
    const name = stack === 'Nested' ? 'Parent' : stack;
    const { nodes } = await model(name);
    const settings = nodes.flatMap((node: any) => node.files.flatMap((file: any) => file.settings.map((setting: any) => ({ file: file.file, ...setting }))));
    expect(settings.length).toBeGreaterThan(60);
    expect(settings.filter((setting: any) => !setting.why).map((setting: any) => `${setting.file} ${setting.place}`)).toEqual([]);
  });

  test('which depends on the kernel where the spelling does', async () => {
    const { nodes: [node] } = await model('Am');
    const why = (key: string): string => node.files.flatMap((file: any) => file.settings)
      .find((setting: any) => setting.place === `[clustering.properties] ${key}`).why;
    expect(why('tag-key')).toContain('the spelling that kernel 4.8.1 reads');
    expect(why('tagKey')).toContain('not known to read this spelling');
    const { nodes: [is] } = await model('Is');
    expect(is.files.flatMap((file: any) => file.settings).find((setting: any) => setting.place === '[clustering.properties] tagKey').why)
      .toContain('the spelling that kernel 4.10.9 reads');
  });
});

describe('discovery', () => {
  const discovery = async (stack: string): Promise<any> => (await model(stack)).discoveries[0];
  const failed = (found: any): string[] => found.checks.filter((check: any) => check.ok === false).map((check: any) => check.what);

  test('of members that each node looks for itself goes by the tag alone', async () => {
    const found = await discovery('Ei');
    expect(found.rule).toEqual([expect.stringContaining('a node asks the EC2 API, under its own role'), 'Hazelcast 3.12.2 then asks each of them at port 4000, whatever its AWS support is.']);
    expect(found.candidates.map((each: any) => [each.count, each.found])).toEqual([['1', true], ['2', true]]);
    expect(failed(found)).toEqual([]);
  });

  test('by Hazelcast 4.2 needs IMDSv1, which the nodes then allow', async () => {
    const found = await discovery('Am');
    expect(found.rule).toEqual([expect.stringContaining('Hazelcast 4.2.5 asks the EC2 API for running instances'), expect.stringContaining('the ports 5701 to 5708')]);
    expect(found.checks.map((check: any) => [check.what, check.ok])).toContainEqual(['Hazelcast 4.2.5 asks for instance metadata without a token, and the nodes allow that', true]);
    expect(found.facts.find((fact: any) => fact.name === 'Hazelcast').note).toContain('hazelcast#25405');
  });

  test('by Hazelcast 5.3 goes by the role', async () => {
    expect((await discovery('Is')).checks.map((check: any) => check.what)).toContain('The role of every node may call ec2:DescribeInstances');
  });

  test('of listed members says when one is too few', async () => {
    expect(failed(await discovery('IsXml'))).toEqual(['Two well-known members or more are listed: 1 member']);
    const found = await discovery('Parent');
    expect([found.addresses, failed(found)]).toEqual([['10.0.1.10:4000', '10.0.1.11:4000'], []]);
  });
});

describe('stacks', () => {
  test('are found by their names, nested ones with their parents, and references lead from one to another', async () => {
    const { stacks, nodes, topology } = await model('Parent');
    expect(stacks.map((stack: any) => stack.title)).toEqual(['Parent', expect.stringMatching(/^ParentNested/)]);
    expect(nodes.map((node: any) => node.label)).toEqual(['Parent/Nested/Cluster/Manager', 'Parent/Nested/Cluster/Workers']);
    // The subnets are in a stack of their own, and reach the nested one as parameters of it.
    expect(topology.places.find((place: any) => place.kind === 'database').subnets).toBe('Private subnets in eu-west-1a, eu-west-1b');
    expect(topology.links.filter((link: any) => link.agreed !== 'both')).toEqual([]);
  });

  test('all together are one page, and each cluster is by itself', async () => {
    const file = join(folderWith({}), 'all.html');
    const { output } = await carbonCluster(['explain', '-a', ASSEMBLY, '-o', file, '--json']);
    const { discoveries, stacks, secrets } = JSON.parse(output);
    expect(stacks.length).toBe(10);
    expect(discoveries).toHaveLength(7);
    for (const { candidates, members } of discoveries.filter((each: any) => each.candidates.length > 0)) {
      expect(candidates.filter((each: any) => each.found).map((each: any) => each.machines.label)).toEqual(members.map((each: any) => each.label));
    }
    // One logical id in two stacks is two secrets.
    const users = secrets.filter((secret: any) => secret.label.endsWith('/Cluster/Database/Instance/Secret'));
    expect(users.map((secret: any) => secret.readers)).toEqual(users.map(({ label }: any) => [label.replace('Database/Instance/Secret', 'Database/Preparation/Role')]));
    expect(users).toHaveLength(6);
    const text = readFileSync(file, 'utf8');
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(match => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('hostile names and values', () => {
  test('are text wherever they are', async () => {
    const text = await page('Hostile');
    // What the page itself has: one script, and no element or attribute that it did not write.
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text.match(/<\/script/g)).toHaveLength(1);
    const tags = [...text.matchAll(/<([a-z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi)];
    expect(tags.map(([, name]) => name)).not.toEqual(expect.arrayContaining(['img']));
    expect(tags.filter(([, , attributes]) => /\son\w+\s*=/.test(attributes.replace(/"[^"]*"/g, '')))).toEqual([]);
    const plain = text.replaceAll('<wbr>', '');
    for (const never of ['<img', '<i ', '<b>"', '<thing>']) expect([never, plain.includes(never)]).toEqual([never, false]);
    for (const always of ['&lt;img src=x onerror=alert(2)&gt;', '&lt;script&gt;alert(3)&lt;/script&gt;', 'New&lt;thing&gt;']) {
      expect([always, plain.includes(always)]).toEqual([always, true]);
    }
  });

  test('are told in JSON as they are', async () => {
    const explanation = await model('Hostile');
    expect(explanation.stacks[0].outputs[0].value).toBe(HOSTILE);
    expect(explanation.nodes[1].boot.find((step: any) => step.phase === 'start').scripts).toEqual([{ when: 'before', text: `echo '${SCRIPT}'` }]);
  });

  test('an overlay has no made-up reason, and the last edit of a place counts', async () => {
    const { nodes: [node] } = await model('Hostile');
    const { settings } = node.files.find((file: any) => file.file.includes('script'));
    expect(settings.map((setting: any) => [setting.value[0].text, setting.why, setting.overridden])).toEqual([[HOSTILE, undefined, true], ['later', undefined, undefined]]);
  });
});

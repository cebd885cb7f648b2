import { join } from 'node:path';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { carbonCluster, folderWith } from './command-line';
import { DeploymentSynchronizer, LoadBalancing, NginxCertificate } from '../../lib';
import { assembly } from '../examples/example';
import { gateway, testApp, testStack } from '../gateway';

async function explained(assembly: string): Promise<any> {
  return JSON.parse((await carbonCluster(['explain', '--assembly', assembly, '--json'])).output);
}

function withoutReason(model: any): string[] {
  const settings = model.nodes.flatMap((node: any) => node.files.flatMap((file: any) => file.settings.map((each: any) => ({ file: file.file, ...each }))));
  expect(settings.length).toBeGreaterThan(20);
  return settings.filter((each: any) => !each.why).map((each: any) => `${each.file} ${each.place}`);
}

describe('NGINX before nodes with folders on EFS', () => {
  const assembly = join(folderWith({}), 'cdk.out');
  let model: any;

  beforeAll(async () => {
    const app = testApp({ outdir: assembly });
    const stack = testStack(app);
    gateway(stack, {
      certificates: undefined,
      loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.fromSecret(secretsmanager.Secret.fromSecretNameV2(stack, 'Pair', 'nginx')) }),
      deploymentSynchronizer: DeploymentSynchronizer.efs(),
    });
    app.synth();
    model = await explained(assembly);
  }, 300_000);

  test('every setting of the nodes has a reason', () => expect(withoutReason(model)).toEqual([]));

  test('NGINX and the file system are neighbours of the nodes, not members', () => {
    expect(model.nodes.map((each: any) => each.label)).toEqual(['Gateway/Manager', 'Gateway/Workers']);
    const kindOf = (label: string): string => model.neighbours.find((each: any) => each.label === label).kind;
    expect(kindOf('Gateway/LoadBalancer/Instances')).toBe('Load balancer');
    expect(kindOf('Gateway/Artifacts/FileSystem')).toBe('File system');
    expect(JSON.stringify(model.neighbours)).toContain('the tag carbon-cluster = Test-Gateway and their carbon-cluster-role, every 30 seconds');
  });

  test('the nodes reach the file system at 2049, and NGINX the nodes at their service port', () => {
    const connections = JSON.stringify(model.security);
    expect(connections).toContain('2049');
    expect(connections).toContain('8243');
  });
});

describe('the WSO2 Elastic Load Balancer before nodes that are all alike', () => {
  let model: any;

  beforeAll(async () => {
    model = await explained(assembly('governance-registry', { loadBalancer: 'wso2elb' }).folder);
  }, 300_000);

  test('every setting of the nodes and of the load balancer has a reason', () => expect(withoutReason(model)).toEqual([]));

  test('loadbalancer.conf and the ports of clients say why they are so', () => {
    const balancer = model.nodes.find((each: any) => !each.isMember);
    const settings = balancer.files.flatMap((each: any) => each.settings);
    expect(settings.find((each: any) => each.place === 'the whole file').why).toContain('serve which host name');
    expect(settings.filter((each: any) => /transportReceiver.*'port'/.test(each.place)).map((each: any) => each.why))
      .toEqual(Array(2).fill(expect.stringContaining('clients reach the load balancer')));
  });

  test('the kernel is told of members only', () => {
    const kernels = (isMember: boolean): string[] => model.nodes.filter((each: any) => each.isMember === isMember)
      .flatMap((each: any) => each.facts).filter((each: any) => each.name === 'Kernel').map((each: any) => each.value);
    expect(kernels(true)).toHaveLength(3);
    expect(kernels(false).filter(each => each.startsWith('not known'))).toEqual([]);
  });
});

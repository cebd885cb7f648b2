import { Template } from 'aws-cdk-lib/assertions';
import { CarbonCluster, CarbonClusterProps, CarbonProduct, ClusteringPattern, LoadBalancing } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

const ALIKE = { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER };

function cluster(overrides: Partial<CarbonClusterProps>): { cluster: CarbonCluster; template: Template } {
  const stack = testStack();
  const made = gateway(stack, overrides);
  return { cluster: made, template: Template.fromStack(stack) };
}

function editsOf(document: any, file: string): any[] {
  return document.configuration.files.find((each: any) => each.file.endsWith(file)).edits;
}

describe('nodes that are all alike', () => {
  const integrator = cluster({ ...ALIKE, product: CarbonProduct.enterpriseIntegrator('6.4.0'), nodeCount: 3 });
  const document = documentOf(userDataOf(integrator.template, 'Nodes'));

  test('are one group, behind both host names at the port of each', () => {
    integrator.template.resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 1);
    integrator.template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MinSize: '3', MaxSize: '4' });
    const rules = Object.values(integrator.template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule')).map(each => each.Properties);
    const groups = integrator.template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup');
    const portOf = (rule: any): number => groups[rule.Actions[0].TargetGroupArn.Ref].Properties.Port;
    expect(rules.map(rule => [rule.Conditions[0].HostHeaderConfig.Values[0], portOf(rule)])).toEqual([['am.example.com', 8243], ['mgt.am.example.com', 9443]]);
  });

  test('are in the sub-domain mgt, and each may write the registry', () => {
    const subDomain = editsOf(document, 'axis2.xml').find(each => each.set?.includes("property[@name='subDomain']"));
    expect(subDomain.attributes).toEqual({ value: 'mgt' });
    const remote = editsOf(document, 'registry.xml').find(each => each.replace?.includes('remoteInstance'));
    expect(remote.children).toContainEqual(['readOnly', 'false']);
  });

  test('are reached as nodes and not by a role that they do not have', () => {
    expect(integrator.cluster.nodes).toBe(integrator.cluster.nodeGroups[0]);
    expect(() => integrator.cluster.workers).toThrow('Test/Gateway has no workers, its groups of nodes are Nodes');
    expect(() => gateway().nodes).toThrow('Test/Gateway has no nodes, its groups of nodes are Manager and Workers');
  });

  test('need one host name only, where console and services have one port', () => {
    const { template } = cluster({ ...ALIKE, product: CarbonProduct.identityServer('7.1.0'), managementHostName: undefined });
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 1);
    const target = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'))[0].Properties;
    expect(target.TargetGroupAttributes).toContainEqual({ Key: 'stickiness.app_cookie.cookie_name', Value: 'JSESSIONID' });
  });
});

describe('refused', () => {
  const said = (overrides: Partial<CarbonClusterProps>): string => {
    try { gateway(testStack(), overrides); } catch (problem) { return (problem as Error).message; }
    return 'nothing';
  };

  test('a count of the other pattern', () => {
    expect(said({ nodeCount: 2 })).toBe('nodeCount 2 says nothing about a cluster of the clusteringPattern workerManager, give workerCount');
    expect(said({ ...ALIKE, workerCount: 2 })).toBe('workerCount 2 says nothing about a cluster of the clusteringPattern nonWorkerManager, give nodeCount');
    expect(said({ ...ALIKE, nodeCount: 1 })).toBe('nodeCount 1 is not highly available, give at least 2 or set highAvailability to false');
  });

  test('one host name where two are needed', () => {
    expect(said({ managementHostName: undefined })).toBe('managementHostName is missing, give the console of WSO2 API Manager 2.2.0 a name beside '
      + "'am.example.com': the load balancer tells console and services apart by it");
    expect(said({ ...ALIKE, managementHostName: undefined })).toMatch(/^managementHostName is missing/);
  });
});

test('without a load balancer there is none, its ports are in no file, and nobody may connect', () => {
  const { cluster: bare, template } = cluster({ loadBalancing: LoadBalancing.none(), certificates: undefined });
  expect(bare.loadBalancer).toBeUndefined();
  template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 0);
  expect(userDataOf(template, 'Workers')).not.toContain('proxyPort');
  const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(each => each.Properties.FromPort);
  // The database is for the members and for the function that prepares it.
  expect(rules.filter(port => port !== 5701)).toEqual([expect.objectContaining({ 'Fn::GetAtt': expect.anything() }), expect.objectContaining({ 'Fn::GetAtt': expect.anything() })]);
});

import type { NginxDocument } from '../../../lib/boot/node-document';
import { textParts } from '../render/intrinsics';
import { LateBoundValue, machineKind, NodeUserData, readUserData } from '../render/node-user-data';
import { at, listOf, tagsOf } from './values';
import { Resource, Template, World } from './world';

/** Instances of one kind: an auto scaling group, a single instance, or a launch template that something else uses. */
export interface Machines {
  /** What the instances belong to. */
  readonly resource: Resource;
  /** Where the launch data stands, the resource itself for an instance without a launch template. */
  readonly launchTemplate: Resource;
  /** Launch data of the template, or the properties of the instance. */
  readonly data: unknown;
  readonly label: string;
  /** As the template says it: a number, what CloudFormation fills in, or `?` where it does not say. */
  readonly count: { readonly minimum: string; readonly maximum: string; readonly desired: string };
  readonly subnets: readonly unknown[];
  /** Security groups of the first interface. */
  readonly securityGroups: readonly unknown[];
  /** Tags that an instance has from its launch on. */
  readonly tags: ReadonlyMap<string, string>;
  /** Nothing for instances that are no Carbon servers. */
  readonly node?: NodeUserData;
  /** Nothing for instances that are no NGINX of this library. */
  readonly nginx?: NginxUserData;
}

/** What user data carries for a load balancer of NGINX. */
export interface NginxUserData { readonly document: NginxDocument; readonly values: readonly LateBoundValue[] }

/** All machines of the templates, in their order. */
export function machinesOf(world: World): Machines[] {
  const groups = world.ofType('AWS::AutoScaling::AutoScalingGroup').map(group => ofGroup(world, group));
  const instances = world.ofType('AWS::EC2::Instance').map(instance => ofInstance(world, instance));
  const known = [...groups, ...instances];
  const others = world.ofType('AWS::EC2::LaunchTemplate').filter(template => !known.some(each => each.launchTemplate === template))
    .map(template => ofTemplateAlone(world, template)).filter(each => each.node);
  return [...known, ...others].sort((a, b) => world.resources.indexOf(a.resource) - world.resources.indexOf(b.resource));
}

/** Nodes that something outside the templates launches. */
function ofTemplateAlone(world: World, launchTemplate: Resource): Machines {
  return {
    ...ofLaunch(launchTemplate, at(launchTemplate.properties, 'LaunchTemplateData')),
    resource: launchTemplate,
    label: launchTemplate.label.replace(/(?<=.)\/?LaunchTemplate$/, ''),
    count: { minimum: '?', maximum: '?', desired: '?' },
    subnets: [],
    tags: new Map(instanceTags(world, launchTemplate)),
  };
}

function ofGroup(world: World, group: Resource): Machines {
  const { template, properties } = group;
  const launchTemplate = launchTemplateOf(world, group) ?? group;
  const [minimum, most] = ['MinSize', 'MaxSize'].map(name => world.text(template, at(properties, name)));
  const maximum = onlyForUpdates(group, minimum, most) ? minimum : most;
  const desired = at(properties, 'DesiredCapacity');
  const propagated = listOf(at(properties, 'Tags')).filter(each => at(each, 'PropagateAtLaunch') === true);
  return {
    ...ofLaunch(launchTemplate, at(launchTemplate.properties, 'LaunchTemplateData')),
    resource: group,
    label: shortLabel(group.label),
    count: { minimum, maximum, desired: desired === undefined ? minimum : world.text(template, desired) },
    subnets: listOf(at(properties, 'VPCZoneIdentifier')),
    tags: new Map([...instanceTags(world, launchTemplate), ...textTags(world, template, propagated)]),
  };
}

/** One more than there are is there while nodes are replaced, and at no other time. */
function onlyForUpdates({ updatePolicy }: Resource, minimum: string, maximum: string): boolean {
  const inService = at(updatePolicy, 'AutoScalingRollingUpdate', 'MinInstancesInService');
  return String(inService) === minimum && Number(maximum) === Number(minimum) + 1;
}

function ofInstance(world: World, instance: Resource): Machines {
  const launchTemplate = launchTemplateOf(world, instance);
  const own = ofLaunch(instance, instance.properties);
  const data = launchTemplate ? ofLaunch(launchTemplate, at(launchTemplate.properties, 'LaunchTemplateData')) : own;
  return {
    ...data,
    ...(own.node ? { node: own.node } : {}),
    ...(own.nginx ? { nginx: own.nginx } : {}),
    securityGroups: own.securityGroups.length > 0 ? own.securityGroups : data.securityGroups,
    resource: instance,
    label: instance.label,
    count: { minimum: '1', maximum: '1', desired: '1' },
    subnets: [at(instance.properties, 'SubnetId') ?? at(instance.properties, 'NetworkInterfaces', 0, 'SubnetId')].filter(each => each !== undefined),
    tags: new Map([
      ...(launchTemplate ? instanceTags(world, launchTemplate) : []),
      ...textTags(world, instance.template, at(instance.properties, 'Tags')),
    ]),
  };
}

type Launch = Pick<Machines, 'launchTemplate' | 'data' | 'securityGroups' | 'node' | 'nginx'>;

function ofLaunch(launchTemplate: Resource, data: unknown): Launch {
  const [first] = listOf(at(data, 'NetworkInterfaces'));
  const groups = at(first, 'Groups') ?? at(first, 'GroupSet') ?? at(data, 'SecurityGroupIds');
  return { launchTemplate, data, securityGroups: listOf(groups), ...contentsOf(launchTemplate.template, at(data, 'UserData')) };
}

function contentsOf(template: Template, userData: unknown): Pick<Machines, 'node' | 'nginx'> {
  const parts = textParts(userData ?? '', template.nameOf);
  const kind = machineKind(parts);
  if (kind === undefined) return {};
  if (kind === 'node') return { node: readUserData(parts, new Map()) };
  const { document, values } = readUserData(parts, new Map());
  return { nginx: { document: document as unknown as NginxDocument, values } };
}

function launchTemplateOf(world: World, { template, properties }: Resource): Resource | undefined {
  const specifications = [at(properties, 'LaunchTemplate'),
    at(properties, 'MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification')];
  return specifications.map(each => world.target(template, at(each, 'LaunchTemplateId'))?.resource).find(each => each !== undefined);
}

function instanceTags(world: World, launchTemplate: Resource): [string, string][] {
  const specifications = listOf(at(launchTemplate.properties, 'LaunchTemplateData', 'TagSpecifications'));
  return textTags(world, launchTemplate.template, specifications.filter(each => at(each, 'ResourceType') === 'instance')
    .flatMap(each => listOf(at(each, 'Tags'))));
}

function textTags(world: World, template: Template, tags: unknown): [string, string][] {
  return [...tagsOf(tags)].map(([key, value]) => [world.text(template, key), world.text(template, value)]);
}

/** A reader names the group of nodes, not the resource inside it. */
function shortLabel(label: string): string {
  return label.replace(/(?<=.)\/?ASG$/, '').replace(/(?<=.)\/?AutoScalingGroup$/, '');
}

import { isClusterUserData, NodeClustering } from './node-document';
import { listOf, Located, Properties, refersTo, StackTemplate, tagsOf, TemplateSet } from './template';

/** Instances that are launched alike: an auto scaling group, or one instance. */
export interface Machine extends Located {
  /** What the `Name` tag says, otherwise the logical id. */
  readonly name: string;
  /** How many at least; absent where only CloudFormation knows it. */
  readonly minCount?: number;
  readonly maxCount?: number;
  readonly tags: ReadonlyMap<string, string>;
  /** The security groups, as texts. */
  readonly groups: readonly string[];
  /** The instance profile, as a text. */
  readonly profile: string;
  /** Made by this library: a server, or a load balancer before the servers. */
  readonly isOfCluster: boolean;
  /** Absent where it is no Carbon server. */
  readonly clustering?: NodeClustering;
}

/** What instances are launched with, whichever resource says it. */
interface Launch {
  readonly groups: readonly string[];
  readonly profile: string;
  readonly userData: string;
  readonly tags: ReadonlyMap<string, string>;
}

const NOTHING: Launch = { groups: [], profile: '', userData: '', tags: new Map() };

/** All instances of the templates: auto scaling groups and single ones. Fleets are not read. */
export function machinesOf(templates: TemplateSet): Machine[] {
  return [
    ...templates.resources('AWS::AutoScaling::AutoScalingGroup').map(each => groupOfMachines(templates, each)),
    ...templates.resources('AWS::EC2::Instance').map(each => singleMachine(templates, each)),
  ];
}

function groupOfMachines(templates: TemplateSet, group: Located): Machine {
  const { stack, properties } = group;
  const specification = properties.LaunchTemplate ?? properties.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  const configuration = templates.referred('AWS::AutoScaling::LaunchConfiguration', stack, properties.LaunchConfigurationName);
  const launch = configuration ? launchOf(templates, configuration.stack, configuration.properties) : templateLaunch(templates, stack, specification);
  const propagated = listOf(properties.Tags).filter(each => String((each as { PropagateAtLaunch?: unknown }).PropagateAtLaunch) === 'true');
  const count = (value: unknown): number | undefined => countOf(templates.text(stack, value));
  return {
    ...machine(group, launch, { ...NOTHING, tags: tagsOf(templates, stack, propagated) }),
    minCount: count(properties.DesiredCapacity ?? properties.MinSize),
    maxCount: count(properties.MaxSize),
  };
}

function singleMachine(templates: TemplateSet, instance: Located): Machine {
  const { stack, properties } = instance;
  const own = { ...launchOf(templates, stack, properties), tags: tagsOf(templates, stack, properties.Tags) };
  return { ...machine(instance, templateLaunch(templates, stack, properties.LaunchTemplate), own), minCount: 1, maxCount: 1 };
}

/** What a resource says itself counts, before what its launch template says. */
function machine(resource: Located, template: Launch, own: Launch): Machine {
  const tags = new Map([...template.tags, ...own.tags]);
  const userData = own.userData || template.userData;
  return {
    ...resource,
    name: tags.get('Name') ?? resource.logicalId,
    tags,
    groups: own.groups.length > 0 ? own.groups : template.groups,
    profile: own.profile || template.profile,
    isOfCluster: isClusterUserData(userData),
    clustering: NodeClustering.read(userData),
  };
}

function templateLaunch(templates: TemplateSet, stack: StackTemplate, specification?: Properties): Launch {
  if (!specification) return NOTHING;
  const text = templates.text(stack, specification.LaunchTemplateId ?? specification.LaunchTemplateName);
  const found = templates.resources('AWS::EC2::LaunchTemplate')
    .find(each => refersTo(text, each) || (text !== '' && templates.text(each.stack, each.properties.LaunchTemplateName) === text));
  return found ? launchOf(templates, found.stack, found.properties.LaunchTemplateData) : NOTHING;
}

function launchOf(templates: TemplateSet, stack: StackTemplate, data: Properties): Launch {
  const profile = data.IamInstanceProfile;
  const isObject = profile !== null && typeof profile === 'object';
  const specifications = listOf(data.TagSpecifications) as { ResourceType: string; Tags: unknown }[];
  return {
    groups: groupsOf(templates, stack, data).map(each => templates.text(stack, each)),
    profile: templates.text(stack, isObject ? profile.Arn ?? profile.Name ?? profile : profile),
    userData: templates.text(stack, data.UserData),
    tags: new Map(specifications.filter(each => each.ResourceType === 'instance').flatMap(each => [...tagsOf(templates, stack, each.Tags)])),
  };
}

function groupsOf(templates: TemplateSet, stack: StackTemplate, data: Properties): unknown[] {
  const interfaces = (listOf(data.NetworkInterfaces) as Properties[]).flatMap(each => {
    const existing = templates.referred('AWS::EC2::NetworkInterface', stack, each.NetworkInterfaceId);
    return [each.Groups, each.GroupSet, existing?.properties.GroupSet];
  });
  return [data.SecurityGroupIds, data.SecurityGroups, ...interfaces].flatMap(listOf);
}

function countOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

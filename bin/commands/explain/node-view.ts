import { NodeUserData } from '../render/node-user-data';
import { roleOf } from './access';
import { countText } from './actors';
import { Cluster, ClusterNodes, isMember } from './clusters';
import { FileSettings, filesOf } from './clustering';
import { Machines } from './machines';
import { BootStep, Fact, FileView, Mention, NodeView, SettingView } from './model';
import { reasonOf } from './reasons';
import { Security } from './security';
import { partsOf, Setting, textOf } from './settings';
import { subnetsOf, subnetText } from './subnets';
import { at, counted, listOf } from './values';
import { Resource, World } from './world';

/** All that the page tells of one group of nodes. */
export function nodeView(world: World, nodes: ClusterNodes, cluster: Cluster | undefined, security: Security): NodeView {
  const { machines, node } = nodes;
  const role = roleOf(world, machines);
  const programs = node.values.map(value => world.assetIn(machines.resource.template, value.text)).find(each => each !== undefined);
  return {
    anchor: machines.resource.anchor,
    label: machines.label,
    stack: machines.resource.template.title,
    title: node.title,
    isMember: isMember(node),
    count: countText(machines.count),
    facts: [...machineFacts(world, machines), ...addressFacts(nodes), ...productFacts(nodes)],
    securityGroups: groupsOf(security, machines),
    ...(role ? { role: { label: role.label, anchor: role.anchor } } : {}),
    boot: bootSteps(nodes),
    files: fileViews(nodes, cluster?.nodes.filter(each => each !== nodes) ?? []),
    programs: programs?.files ?? [],
  };
}

export function groupsOf(security: Security, { resource }: { readonly resource: object }): Mention[] {
  return security.groups.filter(group => group.actors.some(actor => actor.resource === resource))
    .map(group => ({ label: group.name ? `${group.label} (named ${group.name})` : group.label, anchor: group.resource.anchor }));
}

/** What the machines are, whatever runs on them. */
export function machineFacts(world: World, machines: Machines): Fact[] {
  const { launchTemplate: { template }, data, count, resource } = machines;
  const text = (...path: (string | number)[]): string => world.text(template, at(data, ...path));
  const tokens = text('MetadataOptions', 'HttpTokens');
  const isPublic = at(data, 'NetworkInterfaces', 0, 'AssociatePublicIpAddress');
  return [
    { name: 'Instances', value: `${countText(count)} × ${text('InstanceType')}` },
    { name: 'Image', value: text('ImageId') },
    { name: 'Subnets', value: subnetText(subnetsOf(world, resource.template, machines.subnets)) },
    ...(isPublic === undefined ? [] : [{ name: 'Public address', value: isPublic === true ? 'yes' : 'none' }]),
    { name: 'Volumes', value: listOf(at(data, 'BlockDeviceMappings')).map(each => volumeText(each)).join('; ') },
    ...(tokens === '' ? [] : [metadataFact(tokens, text('MetadataOptions', 'HttpPutResponseHopLimit'))]),
    { name: 'Tags from launch on', value: [...machines.tags].map(([key, value]) => `${key} = ${value}`).join(', ') },
    ...updateFacts(world, machines),
    ...scalingFacts(world, machines),
  ].filter(fact => fact.value !== '');
}

function volumeText(mapping: unknown): string {
  const volume = at(mapping, 'Ebs');
  const encryption = at(volume, 'Encrypted') === true ? 'encrypted' : 'not encrypted';
  return `${at(mapping, 'DeviceName')}: ${at(volume, 'VolumeSize') ?? 'the image\'s'} GiB ${at(volume, 'VolumeType') ?? ''}, ${encryption}`;
}

function metadataFact(tokens: string, hops: string): Fact {
  const limit = hops === '' ? '' : `, hop limit ${hops}`;
  const [value, note] = tokens === 'required'
    ? ['IMDSv2 only', 'Who makes the node send a request cannot read its role\'s credentials by it.']
    : ['IMDSv1 and IMDSv2', 'Something on the node may ask without a token: Discovery says whether this Hazelcast does.'];
  return { name: 'Instance metadata', value: `${value}${limit}`, note };
}

function updateFacts(world: World, { resource }: Machines): Fact[] {
  const attributes = resource.template.body.Resources?.[resource.logicalId];
  const signal = at(attributes, 'CreationPolicy', 'ResourceSignal');
  const rolling = at(attributes, 'UpdatePolicy', 'AutoScalingRollingUpdate');
  const text = (value: unknown, name: string): string => world.text(resource.template, at(value, name));
  const signals = Number(at(signal, 'Count') ?? 1);
  return [
    ...(signal === undefined ? [] : [{
      name: 'Deployment waits for',
      value: `${counted(signals, 'signal')} of the ${signals === 1 ? 'node' : 'nodes'} within ${duration(text(signal, 'Timeout'))}`,
    }]),
    ...(rolling === undefined ? [] : [{
      name: 'An update replaces',
      value: `${text(rolling, 'MaxBatchSize')} at a time, ${text(rolling, 'MinInstancesInService')} in service meanwhile`,
    }]),
  ];
}

/** What makes the group larger or smaller, and what happens on the way. */
function scalingFacts(world: World, { resource }: Machines): Fact[] {
  const own = (type: string): Resource[] => world.ofType(type)
    .filter(each => world.target(each.template, at(each.properties, 'AutoScalingGroupName'))?.resource === resource);
  const text = (each: Resource, ...path: string[]): string => world.text(each.template, at(each.properties, ...path));
  const tracking = 'TargetTrackingConfiguration';
  return [
    ...own('AWS::AutoScaling::ScalingPolicy').map(each => ({
      name: 'Scales by',
      value: [each.label, text(each, 'PolicyType'), text(each, tracking, 'PredefinedMetricSpecification', 'PredefinedMetricType'),
        text(each, tracking, 'TargetValue')].filter(part => part !== '').join(', '),
    })),
    ...own('AWS::AutoScaling::LifecycleHook').map(each => ({
      name: 'Lifecycle hook',
      value: `${each.label}: ${text(each, 'LifecycleTransition')}`,
    })),
  ];
}

/** `PT20M` in words. */
function duration(text: string): string {
  const [, hours, minutes, seconds] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text) ?? [];
  const parts = [[hours, 'hour'], [minutes, 'minute'], [seconds, 'second']]
    .flatMap(([number, noun]) => (number ? [counted(Number(number), noun)] : []));
  return parts.join(' ') || text;
}

/** A node that keeps its address when its instance is replaced. */
function addressFacts({ node }: ClusterNodes): Fact[] {
  const attached = node.document.interface;
  if (!attached) return [];
  const [id, address] = [attached.id, attached.address].map(each => textOf(partsOf(each, node.values)));
  return [{ name: 'Member\'s address', value: address, note: `Of the interface ${id}, which whichever instance this is takes over.` }];
}

function productFacts({ node, facts }: ClusterNodes): Fact[] {
  const { product } = facts;
  const { java, product: started } = node.document;
  return [
    ...(product ? [{ name: 'Kernel', value: `Carbon ${product.kernel}`, source: product.source }, { name: 'Hazelcast', value: product.hazelcast }]
      // A load balancer's kernel explains nothing here: only members are told apart by it.
      : node.document.kind ? [] : [{ name: 'Kernel', value: 'not known: the product is not in the catalogue' }]),
    ...(java ? [{
      name: 'Java',
      value: `${java.version}${java.home ? ` in ${java.home}` : ''}`,
      note: `The product runs on ${java.accepted.join(', ')}; a Java that the image has is used, otherwise it is installed.`,
    }] : []),
    ...Object.entries(started?.environment ?? {}).map(([name, value]) => ({ name, value })),
  ];
}

/** Folders that nodes have in common. */
function artifactLines({ document, values }: NodeUserData): string[] {
  const { artifacts } = document;
  if (!artifacts) return [];
  const text = (value: Parameters<typeof partsOf>[0]): string => textOf(partsOf(value, values));
  const folders = artifacts.folders.join(', ');
  if ('fileSystem' in artifacts) {
    const how = artifacts.readOnly ? ', which the node may only read' : '';
    return [`${folders} are on the file system ${text(artifacts.fileSystem)}, by the access point ${text(artifacts.accessPoint)}${how}.`];
  }
  const { bucket, prefix, seconds, publishes } = artifacts;
  return [`${folders} are ${publishes ? 'published to' : 'copied from'} s3://${text(bucket)}/${prefix} every ${seconds} seconds.`];
}

/** The phases of the boot in their order, by what the node's document says of each. */
function bootSteps({ node }: ClusterNodes): BootStep[] {
  const { document, plan } = node;
  const text = (value: Parameters<typeof partsOf>[0]): string => textOf(partsOf(value, node.values));
  const { java, pack, driver, databases, product, join, health, signal, trust, interface: attached, start } = document;
  const settings = filesOf(node).reduce((sum, file) => sum + file.settings.length, 0);
  const steps: [string, (string | undefined)[]][] = [
    ['prepare', [
      attached && `The interface ${text(attached.id)} is taken over, and its address ${text(attached.address)} becomes the node's.`,
      java && `Java ${java.version} is found, or installed.`,
    ]],
    ['pack', [
      pack && `The pack s3://${text(pack.bucket)}/${text(pack.key)} is fetched and checked by ${
        pack.sha256 ? `its SHA-256 ${pack.sha256}` : 'the checksum beside it'}.`,
      driver && (driver.source ? `The JDBC driver s3://${text(driver.source.bucket)}/${text(driver.source.key)} goes to ${driver.folder}.`
        : `The pack must have ${driver.className} in ${driver.folder}.`),
    ]],
    ['artifacts', artifactLines(node)],
    ['databases', (databases?.schemas ?? []).map(each => `The node connects to ${each.name} as its user`
      + `${each.empty ? '' : ' and finds its tables, which the deployment has made'}.`)],
    ['configuration', [
      `${counted(settings, 'setting')} in ${counted(plan.files.length, 'file')}: see below.`,
      trust?.systemRoots ? `The authorities that the machine's Java trusts go into ${trust.store}.` : undefined,
      ...(trust?.certificates ?? []).map(each => `The certificate ${each.alias} goes into ${trust.store}.`),
    ]],
    ['start', [
      start && 'It waits until a server of the cluster is a member, or founds the cluster where none is: servers that start at the same moment '
        + 'could found a cluster each.',
      product?.script && `${[product.script, ...product.arguments ?? []].join(' ')} runs as a service.`,
    ]],
    ['join', [join && `The node waits until ${join.log} says “${join.line}”.`]],
    ['health', [
      health && `The node waits until ${health.url} answers, ${health.seconds} seconds at most.`,
      signal && 'Then it tells the stack that it is in service; a failure names its phase and a code.',
    ]],
  ];
  return steps.map(([phase, lines]) => ({ phase, lines: lines.filter(line => line !== undefined), scripts: scriptsOf(node, phase) }))
    .filter(step => step.lines.length > 0 || step.scripts.length > 0);
}

function scriptsOf({ document: { scripts }, values }: NodeUserData, phase: string): BootStep['scripts'] {
  return ['before', 'after'].flatMap(when => (scripts?.[`${when}-${phase}`] ?? []).map(text => ({ when, text: textOf(partsOf(text, values)) })));
}

function fileViews(nodes: ClusterNodes, others: readonly ClusterNodes[]): FileView[] {
  const neighbours = others.map(each => ({ label: each.machines.label, files: filesOf(each.node) }));
  return filesOf(nodes.node).map((file, index) => ({
    file: file.file,
    ...(nodes.node.plan.files[index].mode ? { mode: nodes.node.plan.files[index].mode } : {}),
    settings: file.settings.map(setting => settingView(nodes, file, setting, neighbours)),
  }));
}

interface Neighbour { readonly label: string; readonly files: readonly FileSettings[] }

function settingView({ facts }: ClusterNodes, { file, settings }: FileSettings, setting: Setting, neighbours: readonly Neighbour[]): SettingView {
  const { edit, ...own } = setting;
  const isOverridden = settings.some(each => each.place === setting.place && each.edit > edit);
  return {
    ...own,
    ...reasonOf(file, setting, facts),
    ...(isOverridden ? { overridden: true } : {}),
    elsewhere: neighbours.flatMap(each => difference(each, file, setting)),
  };
}

/** Nothing where the other group sets the same. */
function difference({ label, files }: Neighbour, file: string, setting: Setting): SettingView['elsewhere'] {
  const all = files.find(each => each.file === file)?.settings.filter(each => each.place === setting.place) ?? [];
  if (all.length === 0) return [{ label }];
  if (all.some(each => textOf(each.value) === textOf(setting.value))) return [];
  return [{ label, value: textOf(all.at(-1)!.value) }];
}

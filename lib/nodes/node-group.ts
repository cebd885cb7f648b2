import { Duration, IgnoreMode, Lazy, Size, Stack, Tags, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { ICarbonNodeGroup } from './carbon-node-group';
import { oneByOne, replacementOf } from './replacement';
import { acknowledgeFindings } from '../access/findings';
import { interfaceAttachmentPolicy } from '../access/interface-attachment';
import { leavingPolicy } from '../access/leaving';
import { sessionsPolicy } from '../access/sessions';
import { BootPhase } from '../boot/boot-phase';
import { LateBoundValues } from '../boot/late-bound-values';
import { BootScripts, documentText, LogsModel, NodeContent, NodeDocument } from '../boot/node-document';
import { checkUserDataSize, PROGRAMS, userDataText } from '../boot/user-data';
import { checkNodeType } from '../facts/regional-types';
import { ClusterIdentity, ROLE_TAG } from '../network/cluster-identity';
import { FixedInterface } from '../network/fixed-interface';

export interface NodeGroupProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** Interface of the group's one node, whose address it keeps; it decides about the subnet. */
  readonly fixedInterface?: FixedInterface;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly identity: ClusterIdentity;
  /** Role of the nodes in their cluster, which their tag says. */
  readonly role: string;
  readonly instanceType: ec2.InstanceType;
  readonly machineImage: ec2.IMachineImage;
  readonly rootDeviceName: string;
  readonly rootVolumeSize: Size;
  readonly encryptionKey?: kms.IKey;
  readonly count: number;
  /** Up to how many it may grow; as many as there are where absent. */
  readonly maxCount?: number;
  /** There is never more than one at work, not even while it is replaced. A node with an interface that it keeps is always alone. */
  readonly alone?: boolean;
  /** Something on the node asks for instance metadata without a token. */
  readonly needsImdsV1: boolean;
  readonly bootTimeout: Duration;
  /** Grants what the node needs to the role, and says what it will be. */
  readonly content: (scope: Construct, role: iam.IRole, values: LateBoundValues) => NodeContent;
  /** Grants what sending logs needs to the role, and says which; absent where logs stay on the node. */
  readonly logs?: (kind: NodeContent['kind'], role: iam.IRole, values: LateBoundValues) => LogsModel;
}

const HOP_LIMIT = 1;
/** Key in the metadata of the launch template under which the document is, line by line. */
const DOCUMENT_METADATA = 'carbon-cluster:node';
/** Time that a node gets, after its boot, before the load balancer's opinion of it counts. */
const SETTLING = Duration.minutes(5);
/** Known to the node, which completes it. */
const LEAVING_HOOK = 'leave-cluster';
/** Longer than a node looks, its server stops, and AWS answers; a node that is dead is waited for no longer. */
const LEAVING_TIME = Duration.minutes(5);

export class NodeGroup extends Construct implements ICarbonNodeGroup {
  public readonly role: iam.Role;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;
  public readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  public readonly launchTemplate: ec2.LaunchTemplate;

  private readonly values = new LateBoundValues();
  private readonly scripts: Record<string, string[]> = {};
  private documentText?: string;

  public constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    checkNodeType(this, props.instanceType);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      // Sessions through Systems Manager take the place of SSH.
      managedPolicies: [sessionsPolicy(this, 'Sessions')],
    });
    this.grantPrincipal = this.role;
    this.connections = new ec2.Connections({ securityGroups: [props.securityGroup] });
    const content = this.createContent(props);
    const { userData, text } = this.createUserData(props, content);
    this.launchTemplate = this.createLaunchTemplate(props, userData);
    // The user data carries it packed: here people read it, and a changed setting is one changed line in a diff of templates.
    (this.launchTemplate.node.defaultChild as ec2.CfnLaunchTemplate).addMetadata(DOCUMENT_METADATA, Lazy.any({ produce: () => text().split('\n') }));
    this.autoScalingGroup = this.createGroup(props);
    acknowledgeFindings(this.autoScalingGroup, {
      id: 'AwsSolutions-AS3', reason: 'EventBridge has every scaling event of the group, without a topic that somebody must read',
    });
    this.waitForRoutes(props);
    this.grantSignal();
    if (isMember(content)) this.createLeaving();
    this.values.name('SignalResource', Stack.of(this).getLogicalId(this.autoScalingGroup.node.defaultChild as autoscaling.CfnAutoScalingGroup));
    this.node.addValidation({ validate: () => checkUserDataSize(this.node.path, Stack.of(this).resolve(userData.render())) });
  }

  public addScriptBefore(phase: BootPhase, script: string): void {
    this.addScript(`before-${phase}`, script);
  }

  public addScriptAfter(phase: BootPhase, script: string): void {
    this.addScript(`after-${phase}`, script);
  }

  private addScript(when: string, script: string): void {
    if (script.trim() === '') throw new Error(`script ${when} of ${this.node.path} is empty, give a bash script`);
    (this.scripts[when] ??= []).push(script);
    this.documentText = undefined;
  }

  private createContent(props: NodeGroupProps): NodeContent {
    const stack = Stack.of(this);
    this.grantPrograms();
    this.values.name('Region', stack.region);
    this.values.name('StackId', stack.stackId);
    return props.content(this, this.role, this.values);
  }

  /** Rendered as late as possible, so that scripts may still be added. */
  private createUserData(props: NodeGroupProps, content: NodeContent): { readonly userData: ec2.UserData; readonly text: () => string } {
    const logs = props.logs?.(content.kind, this.role, this.values);
    const fixed = props.fixedInterface && this.bindInterface(props.fixedInterface, props.identity);
    const make = (): string => documentText({
      ...content,
      ...(fixed ? { interface: fixed } : {}),
      ...(isMember(content) ? { leaving: { hook: LEAVING_HOOK } } : {}),
      signal: { stack: { env: 'StackId' }, resource: { env: 'SignalResource' } },
      ...(logs ? { logs } : {}),
      ...(Object.keys(this.scripts).length > 0 ? { scripts: this.valuesOfScripts() } : {}),
    });
    // Synthesis asks several times.
    const text = (): string => (this.documentText ??= make());
    return { text, userData: new LazyUserData(() => userDataText(this.values, text())) };
  }

  private valuesOfScripts(): BootScripts {
    return Object.fromEntries(Object.entries(this.scripts).map(([when, scripts]) => [when, scripts.map(each => this.values.text('Script', each))]));
  }

  private bindInterface(fixed: FixedInterface, identity: ClusterIdentity): NodeDocument['interface'] {
    const { interfaceId } = fixed;
    const { tagKey, tagValue } = identity;
    this.role.addManagedPolicy(interfaceAttachmentPolicy(this, 'InterfacePolicy', { interfaceId, tagKey, tagValue }));
    return { id: this.values.value('InterfaceId', fixed.interfaceId), address: this.values.value('OwnAddress', fixed.address) };
  }

  /** The asset hangs below this group, so that it is never exported from another stack. */
  private grantPrograms(): void {
    const programs = new assets.Asset(this, 'Programs', {
      path: PROGRAMS,
      exclude: ['__pycache__', '*.md', 'bootstrap.sh'],
      // Half the time that the default takes.
      ignoreMode: IgnoreMode.GIT,
    });
    iam.Grant.addToPrincipal({ grantee: this.role, actions: ['s3:GetObject'], resourceArns: [programs.bucket.arnForObjects(programs.s3ObjectKey)] });
    this.values.name('ProgramsBucket', programs.s3BucketName);
    this.values.name('ProgramsKey', programs.s3ObjectKey);
  }

  private createLaunchTemplate(props: NodeGroupProps, userData: ec2.UserData): ec2.LaunchTemplate {
    const template = new ec2.LaunchTemplate(this, 'LaunchTemplate', {
      instanceType: props.instanceType,
      machineImage: props.machineImage,
      role: this.role,
      securityGroup: props.securityGroup,
      userData,
      associatePublicIpAddress: false,
      httpTokens: props.needsImdsV1 ? ec2.LaunchTemplateHttpTokens.OPTIONAL : ec2.LaunchTemplateHttpTokens.REQUIRED,
      httpPutResponseHopLimit: HOP_LIMIT,
      instanceMetadataTags: false,
      detailedMonitoring: true,
      blockDevices: [{
        deviceName: props.rootDeviceName,
        volume: ec2.BlockDeviceVolume.ebs(props.rootVolumeSize.toGibibytes(), {
          volumeType: ec2.EbsDeviceVolumeType.GP3,
          encrypted: true,
          kmsKey: props.encryptionKey,
          deleteOnTermination: true,
        }),
      }],
    });
    // On the launch template, so that an instance carries the tag from its first moment: Hazelcast looks for it.
    Tags.of(template).add(props.identity.tagKey, props.identity.tagValue);
    Tags.of(template).add(ROLE_TAG, props.role);
    Tags.of(template).add('Name', this.node.path);
    return template;
  }

  private createGroup(props: NodeGroupProps): autoscaling.AutoScalingGroup {
    const replacement = replacementOf(props.count, props.maxCount ?? props.count, props.alone === true || props.fixedInterface !== undefined);
    const group = new autoscaling.AutoScalingGroup(this, 'AutoScalingGroup', {
      vpc: props.vpc,
      vpcSubnets: props.fixedInterface ? { subnets: [props.fixedInterface.subnet] } : props.vpcSubnets,
      launchTemplate: this.launchTemplate,
      minCapacity: props.count,
      maxCapacity: replacement.maxCapacity,
      signals: autoscaling.Signals.waitForCount(props.count, { timeout: props.bootTimeout }),
      updatePolicy: oneByOne(replacement, props.bootTimeout),
      healthChecks: autoscaling.HealthChecks.withAdditionalChecks({
        additionalTypes: [autoscaling.AdditionalHealthCheckType.ELB],
        gracePeriod: props.bootTimeout.plus(SETTLING),
      }),
    });
    // Otherwise a smaller count would only lower what the group may shrink to. Where it scales, that many are its own affair.
    if ((props.maxCount ?? props.count) === props.count) {
      (group.node.defaultChild as autoscaling.CfnAutoScalingGroup).desiredCapacity = String(props.count);
    }
    return group;
  }

  /** Before it ends, an instance waits until its server has left the cluster, which is its own work (`boot/programs/node_group.py`). */
  private createLeaving(): void {
    const policy = leavingPolicy(this, 'Leaving', this.role, this.autoScalingGroup);
    const hook = this.autoScalingGroup.addLifecycleHook('Leaving', {
      lifecycleHookName: LEAVING_HOOK,
      lifecycleTransition: autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
      heartbeatTimeout: LEAVING_TIME,
      defaultResult: autoscaling.DefaultResult.CONTINUE,
    });
    hook.node.addDependency(policy);
  }

  /** A node whose boot begins before its subnet has a way out fails: it needs AWS's services and packages. Imported subnets have theirs. */
  private waitForRoutes({ vpc, vpcSubnets, fixedInterface }: NodeGroupProps): void {
    const { internetConnectivityEstablished } = fixedInterface?.subnet ?? vpc.selectSubnets(vpcSubnets);
    this.autoScalingGroup.node.defaultChild!.node.addDependency(internetConnectivityEstablished);
  }

  /** The node says itself when it is in service. */
  private grantSignal(): void {
    const signal = iam.Grant.addToPrincipal({
      grantee: this.role,
      actions: ['cloudformation:SignalResource'],
      resourceArns: [Stack.of(this).stackId],
    });
    // Without the policy the first node would run into a refusal.
    signal.applyBefore(this.autoScalingGroup);
  }
}

/** Others have no cluster to leave: behind their load balancer they end as soon as it sends them nothing more. */
function isMember(content: NodeContent): boolean {
  return 'start' in content && content.start !== undefined;
}

class LazyUserData extends ec2.UserData {
  public constructor(private readonly produce: () => string) {
    super();
  }

  public render(): string {
    return this.produce();
  }

  public addCommands(): void { this.refuse(); }
  public addOnExitCommands(): void { this.refuse(); }
  public addS3DownloadCommand(): string { return this.refuse(); }
  public addExecuteFileCommand(): void { this.refuse(); }
  public addSignalOnExitCommand(): void { this.refuse(); }

  private refuse(): never {
    throw new Error('user data of a Carbon node takes no commands, use addScriptBefore or addScriptAfter of the node group');
  }
}

/** @throws if a count is no whole number of at least `minimum` */
export function checkCount(property: string, count: number, minimum: number): void {
  if (Token.isUnresolved(count)) throw new Error(`${property} must be known at synthesis, give a literal number`);
  if (Number.isInteger(count) && count >= minimum) return;
  throw new Error(`${property} ${count} is no whole number of at least ${minimum}, give one`);
}

import { Cost } from './costs';
import { Part } from './settings';
import { Connection } from './security';
import { Topology } from './topology';

/** What the page tells, as plain data: the answer of `--json`. */
export interface Explanation {
  readonly title: string;
  readonly stacks: readonly StackView[];
  readonly topology: Topology;
  readonly nodes: readonly NodeView[];
  /** Load balancers, databases, file systems, other machines. */
  readonly neighbours: readonly NeighbourView[];
  /** Names of Route 53. */
  readonly names: readonly NameView[];
  readonly discoveries: readonly DiscoveryView[];
  readonly security: SecurityView;
  readonly access: readonly PrincipalView[];
  readonly secrets: readonly SecretView[];
  readonly costs: readonly Cost[];
  /** Types of resources of which this version does not know whether they cost something. */
  readonly unknownCosts: readonly string[];
  readonly resources: readonly ResourceView[];
}

/** Something that the page tells more of, elsewhere. */
export interface Mention { readonly label: string; readonly anchor?: string }

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** What is good to know about it. */
  readonly note?: string;
  /** Where it is known from, if not from the assembly. */
  readonly source?: string;
}

export interface StackView {
  readonly title: string;
  readonly template: string;
  readonly environment: string;
  readonly description: string;
  readonly parameters: readonly { readonly name: string; readonly type: string; readonly description: string; readonly value: string }[];
  readonly outputs: readonly { readonly name: string; readonly description: string; readonly value: string }[];
}

export interface NodeView {
  readonly anchor: string;
  readonly label: string;
  readonly stack: string;
  /** Product, version and profile. */
  readonly title: string;
  /** It is a member of its cluster, not a load balancer before it. */
  readonly isMember: boolean;
  readonly count: string;
  readonly facts: readonly Fact[];
  readonly securityGroups: readonly Mention[];
  readonly role?: Mention;
  readonly boot: readonly BootStep[];
  readonly files: readonly FileView[];
  /** The programs that run on the node, where the assembly carries them. */
  readonly programs: readonly { readonly name: string; readonly does?: string }[];
}

/** One phase of a node's boot. */
export interface BootStep {
  readonly phase: string;
  readonly lines: readonly string[];
  /** The app's own. */
  readonly scripts: readonly { readonly when: string; readonly text: string }[];
}

export interface FileView {
  readonly file: string;
  readonly mode?: string;
  readonly settings: readonly SettingView[];
}

export interface SettingView {
  readonly place: string;
  readonly does?: string;
  readonly value: readonly Part[];
  readonly why?: string;
  readonly source?: string;
  /** A later edit of the same file sets the same place. */
  readonly overridden?: true;
  /** Groups of the cluster that have another value there, or none. */
  readonly elsewhere: readonly { readonly label: string; readonly value?: string }[];
}

export interface NeighbourView {
  readonly anchor: string;
  readonly label: string;
  readonly kind: string;
  readonly facts: readonly Fact[];
  readonly securityGroups: readonly Mention[];
  readonly routes: readonly RouteView[];
}

export interface RouteView {
  readonly listener: string;
  readonly condition: string;
  readonly targets: readonly Mention[];
  readonly to: string;
  readonly healthCheck: string;
  readonly stickiness: string;
}

export interface NameView {
  readonly label: string;
  readonly name: string;
  readonly type: string;
  readonly leadsTo: string;
  readonly zone: string;
}

export interface DiscoveryView {
  readonly anchor: string;
  readonly domain: string;
  readonly scheme: string;
  readonly members: readonly Mention[];
  /** Kernel and Hazelcast of the members, and what is remarkable about them. */
  readonly facts: readonly Fact[];
  readonly rule: readonly string[];
  readonly candidates: readonly { readonly machines: Mention; readonly count: string; readonly found: boolean; readonly because: string }[];
  readonly addresses: readonly string[];
  readonly checks: readonly { readonly what: string; readonly ok?: boolean; readonly otherwise: string }[];
}

export interface SecurityView {
  readonly groups: readonly SecurityGroupView[];
  readonly connections: readonly ConnectionView[];
  readonly leaving: readonly ConnectionView[];
}

export interface SecurityGroupView {
  readonly anchor: string;
  readonly label: string;
  readonly name?: string;
  readonly description: string;
  readonly members: readonly Mention[];
  readonly leavesFreely: boolean;
}

export interface ConnectionView {
  readonly from: Mention;
  readonly to: Mention;
  readonly ports: string;
  readonly description: string;
  readonly agreed: Connection['agreed'];
}

export interface PrincipalView {
  readonly anchor: string;
  readonly label: string;
  readonly kind: string;
  readonly assumedBy: readonly string[];
  readonly usedBy: readonly Mention[];
  /** Where each of a user's access keys is kept. */
  readonly accessKeys: readonly string[];
  /** What takes away the keys that rotation has made. */
  readonly keysGoWith?: readonly string[];
  readonly managedPolicies: readonly { readonly name: string; readonly why?: string }[];
  readonly grants: readonly GrantView[];
}

export interface GrantView {
  readonly policy: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resource: string;
  /** The resource for a reader. */
  readonly on: string;
  readonly condition: string;
  readonly reasons: readonly string[];
  readonly wildcard?: string;
  /** The resource is any. */
  readonly any: boolean;
}

export interface SecretView {
  readonly anchor: string;
  readonly label: string;
  readonly description: string;
  readonly origin: string;
  readonly fields: readonly string[];
  readonly purposes: readonly string[];
  readonly readers: readonly string[];
  /** How often it changes, and what changes it. */
  readonly rotation?: string;
}

export interface ResourceView {
  readonly logicalId: string;
  readonly label: string;
  readonly type: string;
  readonly stack: string;
  /** The part of the page that is about it; nothing for a type that this version does not know. */
  readonly section?: string;
}

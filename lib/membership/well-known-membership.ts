import { Annotations, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { connectionTimeout } from './connection-timeout';
import { MembershipConfig, MembershipHost, WellKnownNode } from './membership-host';
import {
  checkMemberPort, DiscoveredMembershipOptions, TcpIpMembershipOptions, WellKnownMembershipOptions, WellKnownNodesOptions,
} from './well-known-member';
import { membershipPolicy } from '../access/membership-policy';
import { LateBoundValues } from '../boot/late-bound-values';
import { Parameter } from '../configuration/node-model';
import { StaticMember } from '../configuration/plan';
import { NodeRole } from '../products/product-version';

export const FEW_WELL_KNOWN_MEMBERS = 'cdk-wso2-cluster:fewWellKnownMembers';

/** Carbon's own default. */
const DEFAULT_PORT = 4000;

/** The `wka` scheme with members that are known when the stack is synthesized. */
export function bindWellKnown(scope: Construct, options: WellKnownMembershipOptions): MembershipConfig {
  const port = checkMemberPort('localMemberPort', options.localMemberPort ?? DEFAULT_PORT);
  const parameters = parametersOf(options);
  const hosts: StaticMember[] = options.members.flatMap(member => member._hosts.map(host => ({ host, port: String(member.port ?? port) })));
  if (hosts.length < 2) {
    Annotations.of(scope).addWarningV2(FEW_WELL_KNOWN_MEMBERS, `${hosts.length} well-known member is given: no node can join while it is away, `
      + 'give at least two');
  }
  const policy = membershipPolicy(scope, 'Policy', Stack.of(scope).region);
  const ports = [port, ...hosts.map(each => Number(each.port))];
  return {
    scheme: 'wka',
    localMemberPort: () => port,
    memberPorts: [...new Set(ports)].sort((a, b) => a - b).map(each => ({ from: each, to: each })),
    needsImdsV1: false,
    needsMetadata: false,
    addresses: () => hosts,
    bindNode: role => {
      role.addManagedPolicy(policy);
      return { parameters, members: { hosts } };
    },
  };
}

/** The `wka` scheme with nodes of the cluster whose addresses outlive their instances. */
export function bindWellKnownNodes(scope: Construct, host: MembershipHost, options: WellKnownNodesOptions): MembershipConfig {
  const policy = membershipPolicy(scope, 'Policy', Stack.of(scope).region);
  const port = memberPorts(options);
  const parameters = parametersOf(options);
  const workers = options.wellKnownWorkerCount ?? 1;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new Error(`wellKnownWorkerCount ${workers} is no whole number of at least 1, give one: with the manager alone no node can join `
      + 'while it is away');
  }
  const ports = [...new Set(host.roles.map(port))].sort((a, b) => a - b);
  const addresses = (values: LateBoundValues, wellKnown: readonly WellKnownNode[]): StaticMember[] => wellKnown.map((each, index) => ({
    host: values.value(`Member${index + 1}Address`, each.address), port: String(port(each.role)),
  }));
  return {
    scheme: 'wka',
    localMemberPort: port,
    memberPorts: ports.map(each => ({ from: each, to: each })),
    needsImdsV1: false,
    needsMetadata: false,
    wellKnownCount: (role, count) => (role === 'worker' ? Math.min(workers, count) : count),
    addresses,
    bindNode: (role, values, { wellKnown }) => {
      role.addManagedPolicy(policy);
      return { parameters, members: { hosts: addresses(values, wellKnown) } };
    },
  };
}

/** Every kernel reads it by this name: WKAConstants in wso2/carbon-kernel, in its older package and in its newer one. */
function parametersOf({ connTimeout }: TcpIpMembershipOptions): Parameter[] {
  return [{ name: 'connTimeout', value: connectionTimeout(connTimeout) }];
}

function memberPorts(options: WellKnownNodesOptions): (role: NodeRole) => number {
  const port = checkMemberPort('localMemberPort', options.localMemberPort ?? DEFAULT_PORT);
  const manager = checkMemberPort('managerLocalMemberPort', options.managerLocalMemberPort ?? port);
  const worker = checkMemberPort('workerLocalMemberPort', options.workerLocalMemberPort ?? port);
  return role => ({ manager, worker, node: port })[role];
}

/** The `wka` scheme with the members that a node finds under its own role, each time its server starts. */
export function bindDiscovered(scope: Construct, host: MembershipHost, options: DiscoveredMembershipOptions): MembershipConfig {
  const port = checkMemberPort('localMemberPort', options.localMemberPort ?? DEFAULT_PORT);
  const parameters = parametersOf(options);
  const policy = membershipPolicy(scope, 'Policy', Stack.of(scope).region);
  return {
    scheme: 'wka',
    localMemberPort: () => port,
    memberPorts: [{ from: port, to: port }],
    needsImdsV1: false,
    needsMetadata: false,
    bindNode: (role, values) => {
      role.addManagedPolicy(policy);
      const tag = values.value('ClusterTagKey', host.identity.tagKey);
      const value = values.value('ClusterTagValue', host.identity.tagValue);
      return { parameters, members: { tag, value, port: String(port) } };
    },
  };
}

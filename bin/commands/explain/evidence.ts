import { AwsName, HYPHENATED, readsHyphens } from '../inspect/rules';
import { Principal } from './access';
import { ClusterNodes } from './clusters';
import { Machines } from './machines';
import { Security } from './security';
import { Resource, World } from './world';

/** What discovery is predicted from. */
export interface Evidence {
  readonly world: World;
  readonly machines: readonly Machines[];
  readonly security: Security;
  readonly principals: readonly Principal[];
}

/** What instances must have to be taken for members. */
export interface Filter { readonly tagKey?: string; readonly tagValue?: string; readonly securityGroup?: string }

/** Machines, and whether this cluster's members will take them for members. */
export interface Candidate {
  readonly machines: Machines;
  readonly count: string;
  readonly found: boolean;
  readonly because: string;
}

/** Something that must be so for members to find each other. */
export interface Check {
  readonly what: string;
  /** Nothing where the assembly does not tell. */
  readonly ok?: boolean;
  /** What goes wrong where it is not so. */
  readonly otherwise: string;
}

/** Security groups that machines are in. */
export function groupsOf({ security }: Evidence, { resource }: { readonly resource: Resource }): Security['groups'] {
  return security.groups.filter(group => group.actors.some(actor => actor.resource === resource));
}

export function groupNames(evidence: Evidence, machines: Machines): string[] {
  return groupsOf(evidence, machines).flatMap(group => group.name ?? []);
}

/** The spelling of a parameter that this kernel reads. */
export function readName({ facts }: ClusterNodes, name: AwsName): string {
  const kernel = facts.product?.kernel;
  return kernel !== undefined && readsHyphens(kernel) ? HYPHENATED.get(name)! : name;
}

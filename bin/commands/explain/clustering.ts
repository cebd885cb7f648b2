import { Members } from '../../../lib/configuration/plan';
import { NodeUserData } from '../render/node-user-data';
import { Part, partsOf, Setting, settingsOf, textOf } from './settings';

/** A file's settings. */
export interface FileSettings { readonly file: string; readonly settings: readonly Setting[] }

/** What of a node's configuration decides whom it finds. */
export interface Clustering {
  readonly scheme: string;
  readonly domain: string;
  readonly localMemberHost: readonly Part[];
  readonly localMemberPort: string;
  /** Parameters of the scheme by their names as they are written. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Well-known members: a list, or how the node finds them. */
  readonly members?: WellKnownMembers;
}

export type WellKnownMembers =
  | { readonly hosts: readonly { readonly host: string; readonly port: string }[] }
  | { readonly tag: string; readonly value: string; readonly port: string };

const PARAMETER = /^\/axisconfig\/clustering\/parameter\[@name=['"]([^'"]+)['"]\]$/;
const TABLE_KEY = /^\[clustering\] (\w+)$/;
const TABLE_PROPERTY = /^\[clustering\.properties\] (.+)$/;

/** Keys of `[clustering]` by the names of axis2.xml. */
const TOML_KEYS: Readonly<Record<string, string>> = {
  membership_scheme: 'membershipScheme', local_member_host: 'localMemberHost', local_member_port: 'localMemberPort',
};

export function filesOf({ plan, values }: NodeUserData): FileSettings[] {
  return plan.files.map(each => ({ file: each.file, settings: settingsOf(each, values) }));
}

/** What the plan says of clustering; the last edit of a parameter counts, as on the node. */
export function clusteringOf(node: NodeUserData): Clustering {
  const found = new Map(filesOf(node).flatMap(file => file.settings).flatMap((setting): [string, Setting][] => {
    const name = parameterName(setting.place);
    return name === undefined ? [] : [[name, setting]];
  }));
  const text = (name: string): string => textOf(found.get(name)?.value ?? []);
  return {
    scheme: text('membershipScheme'),
    domain: text('domain'),
    localMemberHost: found.get('localMemberHost')?.value ?? [],
    localMemberPort: text('localMemberPort'),
    parameters: new Map([...found].map(([name, setting]) => [name, textOf(setting.value)])),
    ...(node.plan.members ? { members: wellKnown(node.plan.members, node) } : {}),
  };
}

/** The name of a clustering parameter in the words of axis2.xml, wherever it is set. */
export function parameterName(place: string): string | undefined {
  const key = TABLE_KEY.exec(place)?.[1];
  if (key !== undefined) return TOML_KEYS[key] ?? key;
  return PARAMETER.exec(place)?.[1] ?? TABLE_PROPERTY.exec(place)?.[1];
}

function wellKnown(members: Members, { values }: NodeUserData): WellKnownMembers {
  const text = (value: Parameters<typeof partsOf>[0]): string => textOf(partsOf(value, values));
  if ('hosts' in members) return { hosts: members.hosts.map(each => ({ host: text(each.host), port: text(each.port) })) };
  return { tag: text(members.tag), value: text(members.value), port: text(members.port) };
}

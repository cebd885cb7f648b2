/**
 * Reads what a node is told out of its user data: the late-bound values and the configuration plan, which the boot script
 * carries in two here-documents (see lib/boot and lib/configuration/PLAN.md).
 */
import { carriedTexts, valuesOf } from '../lib/boot/carried-texts';
import { NginxDocument, NodeDocument } from '../lib/boot/node-document';
import { ConfigurationPlan, Edit, Members, TableValue } from '../lib/configuration/plan';

/** How kernels spell the parameters that membership by tag looks for instances with. */
const SPELLINGS = {
  tagKey: ['tagKey', 'tag-key'],
  tagValue: ['tagValue', 'tag-value'],
  securityGroup: ['securityGroup', 'security-group-name'],
} as const;

const PARAMETER = /^\/axisconfig\/clustering\/parameter\[@name=(['"])(.+)\1\]$/;
const PROPERTIES_TABLE = 'clustering.properties';

/** What the user data of a node says. */
export interface NodeUserData {
  /** The values that CloudFormation filled in, by name. */
  readonly values: Readonly<Record<string, string>>;
  /** The JSON document, of a node or of a load balancer; another version of this library may have written it. */
  readonly document: Partial<Omit<NodeDocument, 'kind'> & Omit<NginxDocument, 'kind'>> & { readonly kind?: string };
}

type StaticMembers = Extract<Members, { readonly hosts: unknown }>;
type TaggedMembers = Extract<Members, { readonly tag: unknown }>;

/** By what a node finds the other members. */
export interface Discovery {
  readonly tagKey?: string;
  readonly tagValue?: string;
  /** The name of the security group. */
  readonly securityGroup?: string;
  /** Addresses that are written down. */
  readonly hosts?: readonly string[];
}

/** Parses a user data text; undefined when it is not one of ours. */
export function parseUserData(text: string): NodeUserData | undefined {
  const texts = carriedTexts(text);
  return texts && { values: Object.fromEntries(valuesOf(texts)), document: JSON.parse(texts.document) };
}

/** What a node looks for the other members by; undefined when it looks for none. */
export function readDiscovery(userData: NodeUserData): Discovery | undefined {
  const plan = userData.document.configuration;
  const parameters = clusteringParameters(plan);
  const find = (names: readonly string[]) => resolve(names.map(name => parameters[name]).find(value => value !== undefined), userData.values);
  const { tag, value, hosts } = (plan?.members ?? {}) as Partial<TaggedMembers & StaticMembers>;
  const found: Discovery = {
    tagKey: find(SPELLINGS.tagKey) ?? resolve(tag, userData.values),
    tagValue: find(SPELLINGS.tagValue) ?? resolve(value, userData.values),
    securityGroup: find(SPELLINGS.securityGroup),
    hosts: hosts?.map(each => resolve(each.host, userData.values) ?? JSON.stringify(each.host)),
  };
  return Object.values(found).some(value => value !== undefined) ? found : undefined;
}

/** The parameters of the clustering element, in whichever file and form the product takes them. */
export function clusteringParameters(plan: ConfigurationPlan | undefined): Record<string, TableValue> {
  const edits = (plan?.files ?? []).flatMap(file => file.edits);
  return Object.assign({}, ...edits.map(parametersOf));
}

function parametersOf(edit: Edit): Record<string, TableValue> {
  if ('set' in edit) {
    const name = PARAMETER.exec(edit.set)?.[2];
    return name === undefined || edit.text === undefined ? {} : { [name]: edit.text };
  }
  return 'table' in edit && edit.table === PROPERTIES_TABLE ? { ...edit.values } : {};
}

/** The text that a value will be on the node, when that can be told from the user data alone. */
export function resolve(value: unknown, values: Readonly<Record<string, string>>): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  const { env, join, xml } = (value ?? {}) as { env?: string; join?: unknown[]; xml?: unknown };
  if (env !== undefined) {
    return values[env];
  }
  if (xml !== undefined) {
    return resolve(xml, values);
  }
  const parts = join?.map(part => resolve(part, values));
  return parts === undefined || parts.includes(undefined) ? undefined : parts.join('');
}

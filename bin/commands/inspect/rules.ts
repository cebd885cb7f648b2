import { generationOf, HazelcastGeneration, probedPorts } from '../../../lib/membership/hazelcast';
import { awsParameters, AwsParameters } from '../../../lib/membership/parameter-names';
import { compareVersions } from '../../../lib/products/kernel';
import { Clustering, Configuration, NamedText, parameterOf } from './model';
import { isTomlProduct } from './product';

/** What a rule says, and whether it says so of every kernel that this configuration could belong to. */
export interface Verdict<T> { readonly of: readonly T[]; readonly sure: boolean }

/** The Hazelcast in hand, or each that could read files of this style. */
export function possibleGenerations({ product, style }: Configuration): HazelcastGeneration[] {
  const known = product.hazelcast === undefined ? undefined : generationOrNone(product.hazelcast);
  if (known) return [known];
  // 3.12 read XML files in one product only, Enterprise Integrator 6.6.
  return style === 'xml' ? ['3.5', '3.12'] : ['3.12', '4.2', '5'];
}

function generationOrNone(version: string): HazelcastGeneration | undefined {
  try {
    return generationOf(version);
  } catch {
    return undefined;
  }
}

export function generationsWhere(configuration: Configuration, test: (generation: HazelcastGeneration) => boolean): Verdict<HazelcastGeneration> {
  const possible = possibleGenerations(configuration);
  const of = possible.filter(test);
  return { of, sure: of.length === possible.length };
}

/** Ranges of kernels that read parameters by the same names. */
export interface KernelRange { readonly title: string; readonly hyphenated: boolean }

const CAMEL_CASE_KERNELS: KernelRange = { title: 'Kernels up to 4.6, 4.10 and 4.12', hyphenated: false };
const HYPHEN_KERNELS: KernelRange = { title: 'Kernels 4.7 to 4.9 and 4.11 (API Manager 4.2 to 4.7, Identity Server 6)', hyphenated: true };

export function possibleKernels({ product, style }: Configuration): KernelRange[] {
  if (product.kernel !== undefined) return [readsHyphens(product.kernel) ? HYPHEN_KERNELS : CAMEL_CASE_KERNELS];
  // No kernel with hyphens is configured by XML files.
  return style === 'xml' ? [CAMEL_CASE_KERNELS] : [CAMEL_CASE_KERNELS, HYPHEN_KERNELS];
}

/** Kernels 4.7 to 4.9 and 4.11 read Hazelcast's own names (carbon-kernel commit 680d242922 repaired it for 4.10 and 4.12). */
export function readsHyphens(kernel: string): boolean {
  const [major, minor] = kernel.split('.').map(Number);
  return major === 4 && (minor === 7 || minor === 8 || minor === 9 || minor === 11);
}

/** Whether the kernel is at least `first`; nothing where that is not known. */
export function isKernelFrom({ product, style }: Configuration, first: string): boolean | undefined {
  if (product.kernel !== undefined) return compareVersions(product.kernel, first) >= 0;
  return style === 'toml' && compareVersions('4.5.0', first) >= 0 ? true : undefined;
}

/** The style is known by the product, or by the file that is there. */
export function isTomlStyle(configuration: Configuration): boolean {
  return isTomlProduct(configuration.product) ?? configuration.style === 'toml';
}

/** Parameters of the aws scheme in the documented spelling. */
export type AwsName = keyof AwsParameters | 'iamRole';

const AWS_NAMES: readonly (keyof AwsParameters)[] = ['accessKey', 'secretKey', 'securityGroup', 'connTimeout', 'hostHeader', 'region', 'tagKey',
  'tagValue'];

/** The other spelling of each, as lib/membership writes it beside the documented one. */
export const HYPHENATED: ReadonlyMap<string, string> = new Map<string, string>([
  ...AWS_NAMES.map((name): [string, string] => [name, awsParameters('4.9.0', { [name]: 'any' }).at(-1)!.name]),
  ['iamRole', 'iam-role'],
]);

const CAMEL_CASED: ReadonlyMap<string, string> = new Map([...HYPHENATED].map(([camelCase, hyphenated]) => [hyphenated, camelCase]));

/** A parameter of the aws scheme in either spelling. */
export function awsParameter(clustering: Clustering | undefined, name: AwsName): NamedText | undefined {
  return parameterOf(clustering, name) ?? parameterOf(clustering, HYPHENATED.get(name)!);
}

/** The documented name of a parameter of the aws scheme, whatever its spelling; nothing for other parameters. */
export function awsNameOf(name: string): AwsName | undefined {
  return (HYPHENATED.has(name) ? name : CAMEL_CASED.get(name)) as AwsName | undefined;
}

export function schemeOf(clustering: Clustering | undefined): string {
  return parameterOf(clustering, 'membershipScheme')?.text.trim() ?? 'multicast';
}

/** Carbon's own default of localMemberPort. */
export const DEFAULT_PORT = 4000;

/** `5701 to 5708`, for a reader. */
export function probedText(generation: HazelcastGeneration, port: number): string {
  const { from, to } = probedPorts(generation, port);
  return `${from} to ${to}`;
}

export function isProbed(generation: HazelcastGeneration, port: number): boolean {
  const { from, to } = probedPorts(generation, port);
  return port >= from && port <= to;
}

/** What to add to a sentence that is not true of every kernel in question. */
export function unlessSure(sure: boolean): string {
  return sure ? '' : ' (give --product to know for yours)';
}

import { Parameter } from '../configuration/node-model';
import { Value } from '../configuration/plan';

/** The parameters of the aws scheme, by the names that kernels up to 4.6, 4.10 and 4.12 read. */
export interface AwsParameters {
  readonly accessKey?: Value;
  readonly secretKey?: Value;
  readonly securityGroup?: Value;
  readonly connTimeout?: Value;
  readonly hostHeader?: Value;
  readonly region?: Value;
  readonly tagKey?: Value;
  readonly tagValue?: Value;
}

/** Kernels 4.7 to 4.9 and 4.11 took over Hazelcast's own property names, and silently ignore the documented ones. */
const HYPHENATED: Readonly<Record<keyof AwsParameters, string>> = {
  accessKey: 'access-key',
  secretKey: 'secret-key',
  securityGroup: 'security-group-name',
  connTimeout: 'connection-timeout-seconds',
  hostHeader: 'host-header',
  region: 'region',
  tagKey: 'tag-key',
  tagValue: 'tag-value',
};

export type ParameterSpelling = 'camelCase' | 'both';

/**
 * A parameter that a kernel does not know is never read, so from 4.6 on both spellings are written: which of the two a
 * kernel reads changed there between updates of one version (product-is#18496, carbon-kernel#3811).
 */
export function parameterSpelling(kernel: string): ParameterSpelling {
  const [major, minor] = kernel.split('.').map(Number);
  return major === 4 && minor < 6 ? 'camelCase' : 'both';
}

/** Absent parameters are left out: an empty text fails in Hazelcast's setters. */
export function awsParameters(kernel: string, parameters: AwsParameters): Parameter[] {
  const given = (Object.entries(parameters) as [keyof AwsParameters, Value | undefined][])
    .filter((entry): entry is [keyof AwsParameters, Value] => entry[1] !== undefined);
  const camelCase = given.map(([name, value]) => ({ name, value }));
  if (parameterSpelling(kernel) === 'camelCase') return camelCase;
  const others = given.filter(([name]) => HYPHENATED[name] !== name).map(([name, value]) => ({ name: HYPHENATED[name], value }));
  return [...camelCase, ...others];
}

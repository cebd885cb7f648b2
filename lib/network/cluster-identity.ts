import { Names, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** What tells one cluster from every other in the same account and region. */
export interface ClusterIdentity {
  readonly tagKey: string;
  readonly tagValue: string;
  readonly domain: string;
  readonly securityGroupName: string;
}

/** Key of the tag that tells a cluster's members apart, and from what is not one. */
export const ROLE_TAG = 'carbon-cluster-role';

const DEFAULT_TAG_KEY = 'carbon-cluster';
const NOT_IN_A_NAME = /[^A-Za-z0-9.-]+/g;

/**
 * Derived from the stack's name, which is unique in an account and region, and the path within the stack. So two
 * clusters never find each other unless somebody asks for it.
 */
export function clusterIdentity(scope: Construct, props: Partial<ClusterIdentity>): ClusterIdentity {
  if (props.tagKey !== undefined && props.tagValue === undefined) {
    throw new Error(`tagKey '${props.tagKey}' has no tagValue, give both or neither: a key alone lets every cluster that uses it in`);
  }
  const unique = uniqueName(scope);
  return {
    tagKey: notEmpty('tagKey', props.tagKey ?? DEFAULT_TAG_KEY),
    tagValue: notEmpty('tagValue', props.tagValue ?? unique),
    domain: checkedDomain(props.domain ?? unique),
    securityGroupName: checkedGroupName(props.securityGroupName ?? unique),
  };
}

function uniqueName(scope: Construct): string {
  const stack = Stack.of(scope);
  // A nested stack's name is known only to CloudFormation.
  if (Token.isUnresolved(stack.stackName)) return Names.uniqueResourceName(scope, { maxLength: 120, separator: '-' });
  const path = scope.node.path.slice(stack.node.path.length).split('/').filter(part => part !== '');
  return [stack.stackName, ...path].join('-').replace(NOT_IN_A_NAME, '-');
}

function notEmpty(property: string, value: string): string {
  if (value.trim() !== value || value === '') throw new Error(`${property} '${value}' is empty or has spaces at its ends, give a plain text`);
  return value;
}

/** Carbon does not trim the domain, and Hazelcast compares it exactly. */
function checkedDomain(domain: string): string {
  if (Token.isUnresolved(domain) || /^\S+$/.test(domain)) return domain;
  throw new Error(`domain '${domain}' is empty or has white space, give a name such as wso2.am.domain`);
}

/** Names that begin with sg- are refused by EC2, and Hazelcast compares the name, never the id. */
function checkedGroupName(name: string): string {
  if (Token.isUnresolved(name)) return name;
  if (name.startsWith('sg-')) {
    throw new Error(`securityGroupName '${name}' looks like an id, give a name: Hazelcast compares the group's name`);
  }
  if (/^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(name)) return name;
  throw new Error(`securityGroupName '${name}' is no group name, use 1 to 255 of the characters that EC2 allows`);
}

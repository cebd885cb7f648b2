import { Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
import { isOffered, OfferedBy } from './aws-facts';

/** 2 processors and 8 GiB of memory, the newest generation first. */
const NODE_TYPES: readonly string[] = ['m7i.large', 'm6i.large', 'm5.large'];
const ARM_NODE_TYPES: readonly string[] = ['m7g.large', 'm6g.large', 't4g.large'];
/** 2 processors and 4 GiB of memory. */
const DATABASE_TYPES: readonly string[] = ['t4g.medium', 't3.medium'];

/** Default type of a node: the first of the list that the stack's region offers, or the first where nobody knows. */
export function defaultNodeType(scope: IConstruct): ec2.InstanceType {
  return defaultType(scope, 'EC2', NODE_TYPES);
}

/** Default type of a database, by the same rule. */
export function defaultDatabaseType(scope: IConstruct): ec2.InstanceType {
  return defaultType(scope, 'RDS for MySQL', DATABASE_TYPES);
}

/** @throws if the stack's region is known not to offer the type */
export function checkNodeType(scope: IConstruct, type: ec2.InstanceType): void {
  const alternatives = (): readonly string[] => type.architecture === ec2.InstanceArchitecture.ARM_64 ? ARM_NODE_TYPES : NODE_TYPES;
  checkType(scope, 'EC2', type, alternatives);
}

/** @throws if the stack's region is known not to offer the type */
export function checkDatabaseType(scope: IConstruct, type: ec2.InstanceType): void {
  checkType(scope, 'RDS for MySQL', type, () => DATABASE_TYPES);
}

function defaultType(scope: IConstruct, by: OfferedBy, types: readonly string[]): ec2.InstanceType {
  return new ec2.InstanceType(firstOffered(scope, by, types) ?? types[0]);
}

function checkType(scope: IConstruct, by: OfferedBy, type: ec2.InstanceType, alternatives: () => readonly string[]): void {
  if (offered(scope, by, type.toString()) !== false) return;
  const other = firstOffered(scope, by, alternatives());
  throw new Error(`instanceType '${type}' of ${scope.node.path} is not offered by ${by} in ${Stack.of(scope).region}, use a type that is`
    + (other === undefined ? '' : `, such as ${other}`));
}

function firstOffered(scope: IConstruct, by: OfferedBy, types: readonly string[]): string | undefined {
  return types.find(each => offered(scope, by, each) === true);
}

function offered(scope: IConstruct, by: OfferedBy, type: string): boolean | undefined {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(region) || Token.isUnresolved(type)) return undefined;
  return isOffered(by, by === 'EC2' ? type : `db.${type}`, region);
}

import { isIP } from 'node:net';
import { Token } from 'aws-cdk-lib';

const LABEL = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/;

/** RFC 1123. The names go into load balancer rules and into the product's files, so a token would help neither. */
export function checkHostName(property: string, name: string): string {
  if (Token.isUnresolved(name)) throw new Error(`${property} must be known at synthesis, give a literal host name`);
  const labels = name.split('.');
  const numeric = labels.every(label => /^\d+$/.test(label));
  if (name.length <= 253 && !numeric && labels.every(label => LABEL.test(label))) return name;
  throw new Error(`${property} '${name}' is no host name, give one such as am.example.com`);
}

/** A token among them is checked on the node, where it is known. */
export function checkHostAlias(alias: { readonly address: string; readonly names: readonly string[] }): void {
  if (!Token.isUnresolved(alias.address) && isIP(alias.address) === 0) {
    throw new Error(`hostAliases: address '${alias.address}' is no IP address, give one such as 10.0.1.10`);
  }
  if (alias.names.length === 0) throw new Error(`hostAliases: ${alias.address} has no names, give at least one`);
  alias.names.forEach(name => checkHostName('hostAliases: name', name));
}

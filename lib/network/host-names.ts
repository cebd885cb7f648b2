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

export function checkDifferentHostNames(hostName: string, managementHostName: string): void {
  if (hostName.toLowerCase() !== managementHostName.toLowerCase()) return;
  throw new Error(`managementHostName '${managementHostName}' is also the hostName, give the console a name of its own: `
    + 'the load balancer tells manager and workers apart by it');
}

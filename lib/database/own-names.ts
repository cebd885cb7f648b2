import { IConstruct } from 'constructs';

const SERVERS = Symbol.for('cdk-wso2-cluster.databaseServers');

/** What two clusters on one existing server must not have in common: each gives the users a password of its own. */
export function claimNames(cluster: IConstruct, server: string, names: readonly string[]): void {
  const claimed = claimsOf(cluster.node.root, server);
  for (const name of names) {
    const other = claimed.get(name);
    if (other) throw new Error(`database ${name} of ${cluster.node.path} is also that of ${other}, give each a databasePrefix on their server`);
    claimed.set(name, cluster.node.path);
  }
}

function claimsOf(root: IConstruct, server: string): Map<string, string> {
  const holder = root as unknown as Record<symbol, Map<string, Map<string, string>>>;
  const servers = holder[SERVERS] ??= new Map();
  const known = servers.get(server) ?? new Map<string, string>();
  servers.set(server, known);
  return known;
}

import { Construct } from 'constructs';
import { CarbonClusterProps } from './carbon-cluster-props';
import { HostAliasTarget } from '../database/cluster-database';
import { LoadBalancingConfig, Purpose } from '../load-balancing/load-balancing-host';
import { BalancedName, PrivateNamesConfig } from '../network/private-names-host';

/** The names of a cluster, and what they are to lead to. */
export interface ClusterNames {
  readonly managementHostName: string;
  readonly balancing: LoadBalancingConfig;
  readonly databaseAlias?: HostAliasTarget;
}

/** @throws if a name would lead nowhere */
export function bindPrivateNames(scope: Construct, props: CarbonClusterProps, names: ClusterNames): PrivateNamesConfig {
  const { privateNames, vpc } = props;
  const alias = names.databaseAlias?.isAddress ? undefined : names.databaseAlias;
  if (!privateNames) {
    if (!alias) return [];
    throw new Error(`hostAlias '${alias.name}' of the database is in no zone, give privateNames, or the IP address of an existing server`);
  }
  const balanced = balancedNames(props, names);
  if (balanced.length === 0 && !alias) {
    throw new Error('privateNames have nothing to lead to without a load balancer and a hostAlias of the database, leave them out');
  }
  return privateNames._bind(new Construct(scope, 'PrivateNames'), {
    vpc, balanced, alias: alias && { property: 'hostAlias', name: alias.name, target: alias.target },
  });
}

function balancedNames(props: CarbonClusterProps, names: ClusterNames): BalancedName[] {
  const { aliasTarget } = names.balancing;
  if (!aliasTarget) return [];
  const of = (id: string, property: string, name: string, purpose: Purpose): BalancedName => ({ id, property, name, target: aliasTarget(purpose) });
  const service = of('Service', 'hostName', props.hostName, 'service');
  if (names.managementHostName === props.hostName) return [service];
  return [service, of('Console', 'managementHostName', names.managementHostName, 'console')];
}

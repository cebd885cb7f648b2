import { AWS_TRAPS } from './aws';
import { CLUSTERING_TRAPS } from './clustering';
import { DATASOURCE_TRAPS } from './datasources';
import { PARAMETER_TRAPS } from './parameters';
import { REGISTRY_TRAPS } from './registry';
import { SERVER_TRAPS } from './server';
import { TLS_TRAPS } from './tls';
import { Finding, Severity, Trap } from './trap';
import { Configuration } from '../model';

/** Every trap that `inspect` knows. */
export const TRAPS: readonly Trap[] = [
  ...CLUSTERING_TRAPS,
  ...PARAMETER_TRAPS,
  ...AWS_TRAPS,
  ...TLS_TRAPS,
  ...DATASOURCE_TRAPS,
  ...REGISTRY_TRAPS,
  ...SERVER_TRAPS,
];

/** A trap that a configuration has. */
export type FoundTrap = Finding & { readonly id: string; readonly severity: Severity };

const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

/** The traps of a configuration, the worst first; within a severity in the order of the table. */
export function trapsOf(configuration: Configuration): FoundTrap[] {
  const found = TRAPS.flatMap(trap => trap.find(configuration).map(finding => ({ id: trap.id, severity: trap.severity, ...finding })));
  return ORDER.flatMap(severity => found.filter(each => each.severity === severity));
}

import { Clustering, Configuration, Place } from '../model';

/**
 * `error`: the cluster does not form, a node does not start, or whoever reads the file has a secret. `warning`: something is
 * silently ignored, or goes wrong one day. `note`: worth knowing, and no reason to worry.
 */
export type Severity = 'error' | 'warning' | 'note';

export interface Finding {
  readonly place: Place;
  /** What it is, in one sentence or two, without any secret. */
  readonly what: string;
  /** What to do. */
  readonly todo: string;
  /** Where it is not the trap's own. */
  readonly severity?: Severity;
}

/** One trap: a pure function over the configuration, under an id that stays. */
export interface Trap {
  readonly id: string;
  readonly severity: Severity;
  readonly find: (configuration: Configuration) => readonly Finding[];
}

export const NONE: readonly Finding[] = [];

export type InClustering = (clustering: Clustering, configuration: Configuration) => readonly Finding[];

/** A trap of the clustering element or table; there is none where there is no such thing. */
export function inClustering(find: InClustering): Trap['find'] {
  return configuration => (configuration.clustering ? find(configuration.clustering, configuration) : NONE);
}

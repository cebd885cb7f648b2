import { ClusterFacts } from '../facts';

/** Why something is set, and where that is known from. */
export interface Reason { readonly why: string; readonly source: string }

/** The reason for the settings of a file that are at a place. The first rule that has one counts. */
export interface Rule {
  /** The file, by the end of its path. */
  readonly file: RegExp;
  /** The place of the setting, as `settingsOf` writes it. */
  readonly place: RegExp;
  readonly why: string | ((facts: ClusterFacts, setting: PlacedValue) => string | undefined);
  readonly source: string;
}

/** A setting, with the groups that the rule's pattern found in its place. */
export interface PlacedValue { readonly value: string; readonly groups: readonly string[] }

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something that this library uses by default and that comes to an end. */
export interface UsedFact {
  readonly id: string;
  readonly value: string;
  /** Last day on which the value is good, as YYYY-MM-DD. */
  readonly expires: string;
  readonly checked: string;
  readonly source: string;
  readonly what: string;
  /** What a maintainer does about it. */
  readonly then: string;
}

/** Types that are offered in the same regions. Words are separated by spaces. */
interface Offer {
  readonly types: string;
  readonly in?: string;
  readonly notIn?: string;
}

interface OffersByRegion {
  readonly regions: string;
  readonly offers: readonly Offer[];
}

interface AwsFacts {
  readonly used: readonly UsedFact[];
  readonly generated: {
    readonly instanceTypes: OffersByRegion;
    readonly databaseClasses: OffersByRegion;
    readonly mysqlVersions: readonly string[];
    readonly mysqlVersionsWithdrawn: readonly string[];
  };
}

/** What the types are types of: EC2 instances, or instances of RDS for MySQL. */
export type OfferedBy = 'EC2' | 'RDS for MySQL';

let facts: AwsFacts | undefined;

function awsFacts(): AwsFacts {
  return facts ??= JSON.parse(readFileSync(join(__dirname, 'aws-facts.json'), 'utf8')) as AwsFacts;
}

/** The value that the library uses by default. */
export function usedValue(id: string): string {
  const found = awsFacts().used.find(each => each.id === id);
  if (!found) throw new Error(`aws-facts.json has no fact with the id ${id}`);
  return found.value;
}

/** Whether the region offers the type; undefined where the facts do not know the region or the type. */
export function isOffered(by: OfferedBy, type: string, region: string): boolean | undefined {
  const { instanceTypes, databaseClasses } = awsFacts().generated;
  const { regions, offers } = by === 'EC2' ? instanceTypes : databaseClasses;
  if (!words(regions).includes(region)) return undefined;
  const offer = offers.find(each => words(each.types).includes(type));
  if (!offer) return undefined;
  return offer.in === undefined ? !words(offer.notIn!).includes(region) : words(offer.in).includes(region);
}

/** Whether RDS for MySQL had the version and makes no new instances with it. */
export function isWithdrawn(mysqlVersion: string): boolean {
  return awsFacts().generated.mysqlVersionsWithdrawn.includes(mysqlVersion);
}

function words(text: string): string[] {
  return text.split(' ');
}

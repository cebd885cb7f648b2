import { gunzipSync } from 'node:zlib';

/** Ends of the two here-documents of the bootstrap script. */
const VALUES = 'CARBON_CLUSTER_VALUES';
const NODE = 'CARBON_CLUSTER_NODE';

/** What user data carries for a node. */
export interface CarriedTexts {
  /** The values that CloudFormation fills in, `Name=value` on a line each. */
  readonly values: string;
  /** The node's document, JSON. */
  readonly document: string;
}

/**
 * What user data carries; nothing where it is not this library's.
 *
 * @throws if its document is not what this library packs
 */
export function carriedTexts(userData: string): CarriedTexts | undefined {
  const packed = hereDocument(userData, NODE);
  if (packed === undefined) return undefined;
  return { values: hereDocument(userData, VALUES) ?? '', document: unpacked(packed) };
}

/** Values by their names. */
export function valuesOf({ values }: CarriedTexts): Map<string, string> {
  const lines = values.split('\n').filter(line => line.includes('='));
  return new Map(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** User data for a reader, who finds the document elsewhere. */
export function withoutDocument(userData: string): string {
  const packed = hereDocument(userData, NODE);
  return packed === undefined ? userData : userData.replace(packed, '<document>');
}

/** The lines between one with `<<'MARK'` and one that is nothing but the mark. */
function hereDocument(text: string, mark: string): string | undefined {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex(line => line.includes(`<<'${mark}'`));
  const end = lines.indexOf(mark, start + 1);
  return start < 0 || end < 0 ? undefined : lines.slice(start + 1, end).join('\n');
}

function unpacked(text: string): string {
  try {
    return gunzipSync(Buffer.from(text, 'base64')).toString('utf8');
  } catch (error) {
    throw new Error(`the document in the user data is not gzip in base64: ${(error as Error).message}`);
  }
}

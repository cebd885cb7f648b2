import { packedDocument } from '../lib/boot/pack';

/** The two here-documents of a node's user data, of which the first may have intrinsics between its lines. */
export function carrying(document: object, values = ''): string {
  return `<<'CARBON_CLUSTER_VALUES'\n${values}\nCARBON_CLUSTER_VALUES\n${carryingOnly(JSON.stringify(document))}`;
}

export function carryingOnly(document: string): string {
  return `base64 -d <<'CARBON_CLUSTER_NODE' | gunzip\n${packedDocument(document)}\nCARBON_CLUSTER_NODE\n`;
}

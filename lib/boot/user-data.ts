import { Token, Tokenization } from 'aws-cdk-lib';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LateBoundValues } from './late-bound-values';
import { packedDocument } from './pack';

/** Where the programs that run on the node are, beside this file in the sources and in the package. */
export const PROGRAMS = join(__dirname, 'programs');

/** EC2's limit, on the text before it is encoded. */
const LIMIT = 16384;

/**
 * What a value may become that CloudFormation fills in. Names that it makes hold the logical id and a suffix; around them the
 * longest that we put into user data is the ARN of a secret, whose partition, service, region, account and suffixes are 85 characters.
 */
const AROUND_A_NAME = 96;
const ADDRESS_BYTES = '255.255.255.255'.length;
const PSEUDO_BYTES: Readonly<Record<string, number>> = {
  'AWS::Region': 32, 'AWS::AccountId': 12, 'AWS::Partition': 16, 'AWS::URLSuffix': 32, 'AWS::StackId': 256, 'AWS::StackName': 128,
};

/**
 * The user data of a node: the bootstrap script of the programs folder with the two documents in it. Neither is read by
 * the shell, so no value needs the shell's escaping.
 *
 * @throws if the document holds what only CloudFormation can fill in: it is packed before that
 */
export function userDataText(values: LateBoundValues, document: string): string {
  if (Token.isUnresolved(document)) throw new Error(`${lineWithToken(document)} takes no value that CloudFormation fills in, give a literal text`);
  const script = readFileSync(join(PROGRAMS, 'bootstrap.sh'), 'utf8').split('\n')
    .filter((line, index) => index === 0 || !line.startsWith('#'))
    .join('\n');
  return script
    .replace('@VALUES@', () => values.lines().join('\n'))
    .replace('@NODE@', () => packedDocument(document));
}

function lineWithToken(document: string): string {
  const line = document.split('\n').find(each => Token.isUnresolved(each))!;
  return Tokenization.reverseString(line).mapTokens({ mapToken: token => `<${token}>` }).join({ join: (left, right) => `${left}${right}` });
}

/** @throws if the user data may become longer than EC2 takes once CloudFormation has filled it in */
export function checkUserDataSize(path: string, resolved: unknown): string[] {
  const bytes = bytesOf(resolved);
  if (bytes <= LIMIT) return [];
  return [`user data of ${path} may become ${bytes} bytes, EC2 takes ${LIMIT}: `
    + 'move large configuration overlays into the product pack, or list fewer well-known members (Membership.aws() and discovered() list none)'];
}

function bytesOf(resolved: unknown): number {
  if (typeof resolved === 'string') return Buffer.byteLength(resolved);
  if (typeof resolved === 'number') return String(resolved).length;
  if (Array.isArray(resolved)) return resolved.reduce((sum: number, each) => sum + bytesOf(each), 0);
  if (resolved === null || typeof resolved !== 'object') return 0;
  const intrinsic = resolved as Record<string, unknown>;
  const joined = intrinsic['Fn::Join'];
  if (Array.isArray(joined)) {
    const parts = joined[1] as unknown[];
    return bytesOf(parts) + bytesOf(joined[0]) * Math.max(0, parts.length - 1);
  }
  if ('Fn::Base64' in intrinsic) return bytesOf(intrinsic['Fn::Base64']);
  if (typeof intrinsic.Ref === 'string' && intrinsic.Ref in PSEUDO_BYTES) return PSEUDO_BYTES[intrinsic.Ref];
  if (Array.isArray(intrinsic['Fn::GetAtt']) && intrinsic['Fn::GetAtt'][1] === 'PrimaryPrivateIpAddress') return ADDRESS_BYTES;
  // Whatever the intrinsic is, its text holds the logical id that the value is named after.
  return AROUND_A_NAME + JSON.stringify(intrinsic).length;
}

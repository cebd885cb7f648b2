import { SecretKind } from './secret-kind';

/** Where in a text something was found. */
export interface Match { readonly kind: SecretKind; readonly index: number }

/** Names that end so are names of passwords. */
const PASSWORD_NAME = '[\\w.:@/-]*(?:password|passwd|passphrase|pass|pwd|SecretString)';

/**
 * The passwords of WSO2's packs. Both words are names, too (of users, of the key's alias, of the service), so they count only as the
 * value of something that is called a password.
 */
const DEFAULT_VALUE = '(?:wso2carbon|admin)';
const END = '(?![\\w.@-])';

const DEFAULT_PASSWORDS: readonly RegExp[] = [
  // password = "admin", keystorePass="admin", "password": "admin", -Djavax.net.ssl.keyStorePassword=admin
  `${PASSWORD_NAME}["'\\\\]*\\s*[:=]\\s*[\\\\"']*${DEFAULT_VALUE}${END}`,
  // -storepass admin, --password admin, -padmin
  `(?<=\\s)(?:--?${PASSWORD_NAME}\\s+|-p)${DEFAULT_VALUE}${END}`,
  // <Password>admin</Password>
  `<${PASSWORD_NAME}(?:\\s[^<>]*)?>\\s*${DEFAULT_VALUE}\\s*<`,
  // <parameter name="password">admin</parameter>, <property name="password" value="admin"/>
  `<\\w+\\s[^<>]*=\\s*"${PASSWORD_NAME}"[^<>]*(?:\\svalue\\s*=\\s*"${DEFAULT_VALUE}"|>\\s*${DEFAULT_VALUE}\\s*<)`,
  // ["password", "admin"], {"name": "password", "value": "admin"}, {"set": "/a/b[@name='password']", "text": "admin"}
  `"[^"\\n]*(?:password|passwd|passphrase|pass|pwd)['\\])]*"\\s*,\\s*(?:"\\w+"\\s*:\\s*)?"${DEFAULT_VALUE}"`,
  // "AdminPassword": { "Type": "String", "Default": "admin" }
  `"${PASSWORD_NAME}"\\s*:\\s*\\{[^{}]*"Default"\\s*:\\s*"${DEFAULT_VALUE}"`,
].map(source => new RegExp(source, 'gi'));

/** AWS's documentation has keys that end so. */
const ACCESS_KEY = /\b(?:AKIA|ASIA)(?!\w*EXAMPLE\b)[A-Z0-9]{16}\b/g;

/** A program that looks for keys may hold the first line; a key has a body. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?=[\s\S]{0,200}?[A-Za-z0-9+/]{30})/g;

const JDBC_PASSWORDS: readonly RegExp[] = [
  /\bjdbc:[^\s"'<>]*[?&;](?:password|pwd)=[^\s"'<>&;${}*%]/gi,
  /\bjdbc:[\w:]+:\/\/[^\s"'<>/:@]+:[^\s"'<>/@${}*%][^\s"'<>/@]*@/gi,
  /\bjdbc:oracle:\w+:[^\s"'<>/@]+\/[^\s"'<>@${}*%][^\s"'<>@]*@/gi,
];

/** Everything in a text that looks like a secret, whatever its value. */
export function shapesIn(text: string): Match[] {
  return [
    ...matches(SecretKind.DEFAULT_PASSWORD, DEFAULT_PASSWORDS, text).filter(({ index, found }) => !isOfTrustStore(text, index, found)),
    ...matches(SecretKind.ACCESS_KEY, [ACCESS_KEY], text),
    ...matches(SecretKind.PRIVATE_KEY, [PRIVATE_KEY], text),
    ...matches(SecretKind.JDBC_PASSWORD, JDBC_PASSWORDS, text),
  ];
}

/** Given values in all their spellings. */
export function valuesIn(text: string, spelled: readonly string[]): Match[] {
  return spelled.flatMap(each => occurrences(text, each)).map(index => ({ kind: SecretKind.GIVEN_VALUE, index }));
}

function matches(kind: SecretKind, patterns: readonly RegExp[], text: string): (Match & { readonly found: string })[] {
  return patterns.flatMap(pattern => [...text.matchAll(pattern)].map(match => ({ kind, index: match.index, found: match[0] })));
}

/** The password of a store of public certificates keeps nobody out, and every pack has the same. */
function isOfTrustStore(text: string, index: number, found: string): boolean {
  if (/trust/i.test(found)) return true;
  const before = text.slice(Math.max(0, index - 1000), index);
  const inElement = before.lastIndexOf('<TrustStore') > before.lastIndexOf('</TrustStore');
  const table = before.match(/^\s*\[[^[\]\n]*\]\s*$/gm)?.at(-1) ?? '';
  return inElement || /trust/i.test(table) || /"table":"[^"]*trust[^"]*","values":\{[^{}]*$/i.test(before);
}

/** A value as it is, and as JSON, XML and URLs spell it. */
export function spellings(value: string): Set<string> {
  const xml = value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return new Set([value, JSON.stringify(value).slice(1, -1), xml, xml.replace(/"/g, '&quot;').replace(/'/g, '&apos;'), encodeURIComponent(value)]);
}

function occurrences(text: string, part: string): number[] {
  const found: number[] = [];
  for (let index = text.indexOf(part); index >= 0; index = text.indexOf(part, index + part.length)) found.push(index);
  return found;
}

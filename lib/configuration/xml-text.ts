/** Characters that XML 1.0 cannot hold in any spelling: control characters, half surrogate pairs, two non-characters. */
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** @throws if XML cannot hold the text; the message names `what`, and the character rather than the value */
export function checkXmlText(what: string, text: string): void {
  const found = IMPOSSIBLE.exec(text);
  if (!found) return;
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  throw new Error(`${what} holds the character U+${code}, which XML cannot hold, remove it`);
}

/**
 * The part of CloudWatch Logs' pattern language that is about lines without structure: quoted terms, which must all be in a line;
 * with `?` before each, one of them. Anything else is an error, not a filter that never matches.
 */
export function matcher(pattern: string): (line: string) => boolean {
  const terms = [...pattern.matchAll(/(\?)?"((?:[^"\\]|\\.)*)"/g)].map(([whole, optional, text]) => ({ whole, optional: optional === '?', text }));
  if (terms.length === 0 || terms.map(each => each.whole).join(' ') !== pattern || new Set(terms.map(each => each.optional)).size > 1) {
    throw new Error(`${pattern} is no pattern of quoted terms`);
  }
  const isIn = (line: string) => ({ text }: { text: string }): boolean => line.includes(text.replace(/\\(.)/g, '$1'));
  return line => (terms[0].optional ? terms.some(isIn(line)) : terms.every(isIn(line)));
}

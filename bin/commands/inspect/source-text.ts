/** TypeScript as text. */

/** A string literal in single quotes. */
export function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, '\\\'').replace(/[\u2028\u2029]/g, unicodeEscape);
  return `'${escaped}'`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16)}`;
}

/** A key of an object literal. */
export function keyed(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** A comment of one line: what a file says must not end it. */
export function commented(text: string): string {
  return `// ${text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')}`;
}

/** An object literal; on one line where it is short. */
export function objectLiteral(entries: readonly (readonly [string, string])[]): string {
  const parts = entries.map(([name, code]) => `${keyed(name)}: ${code}`);
  const short = `{ ${parts.join(', ')} }`;
  if (parts.length === 0) return '{}';
  return short.length <= 100 && !short.includes('\n') ? short : `{\n${parts.map(part => `${indented(part)},`).join('\n')}\n}`;
}

/** A list; on one line where it is short. */
export function listLiteral(items: readonly string[]): string {
  const short = `[${items.join(', ')}]`;
  return short.length <= 100 && !short.includes('\n') ? short : `[\n${items.map(item => `${indented(item)},`).join('\n')}\n]`;
}

export function indented(text: string): string {
  return text.split('\n').map(line => (line === '' ? line : `  ${line}`)).join('\n');
}

/** `ORDERS_DB` and `secret` become `ordersDbSecret`. */
export function constantName(...words: readonly string[]): string {
  const parts = words.flatMap(word => word.split(/[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])/)).filter(part => part !== '');
  const name = parts.map((part, index) => (index === 0 ? part.toLowerCase() : part[0].toUpperCase() + part.slice(1).toLowerCase())).join('');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

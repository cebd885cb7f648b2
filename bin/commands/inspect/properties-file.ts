import { NamedText } from './model';

/** Lines of a Java properties file. A line that goes on with a backslash counts where it begins. */
export function propertiesOf(content: string, file: string): NamedText[] {
  const found: NamedText[] = [];
  let pending: { text: string; line: number } | undefined;
  content.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = pending ? pending.text + raw.trimStart() : raw.trimStart();
    const number = pending?.line ?? index + 1;
    pending = undefined;
    if (line === '' || line.startsWith('#') || line.startsWith('!')) return;
    if (endsWithBackslash(line)) {
      pending = { text: line.slice(0, -1), line: number };
      return;
    }
    found.push(property(line, { file, line: number }));
  });
  return found;
}

function endsWithBackslash(line: string): boolean {
  return /\\*$/.exec(line)![0].length % 2 === 1;
}

function property(line: string, place: NamedText['place']): NamedText {
  const [, name, text] = /^((?:\\.|[^\\:=\s])*)\s*[:=]?\s*(.*)$/s.exec(line)!;
  return { name: unescaped(name), text: unescaped(text), place };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

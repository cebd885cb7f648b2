/** Text that is HTML already. Everything else is escaped where it is put into a page. */
export class Html {
  public constructor(public readonly text: string) {}

  public toString(): string {
    return this.text;
  }
}

type Content = Html | string | number | undefined | false | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A template text whose values are escaped, for element content and for quoted attributes. Lists are put one behind the other. */
export function html(texts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(texts.reduce((page, text, index) => `${page}${rendered(values[index - 1])}${text}`));
}

function rendered(content: Content): string {
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(rendered).join('');
  return content === undefined || content === false ? '' : escaped(String(content));
}

export function escaped(text: string): string {
  return wellFormed(text).replace(/[&<>"']/g, character => ESCAPES[character]);
}

/** Without characters that neither HTML nor XML can hold. */
export function wellFormed(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd');
}

/** A run of letters and digits that is too long for a narrow column: a logical id, a hash. */
const LONG_RUN = /[A-Za-z0-9]{24,}/g;

/** A name or an address that may be broken where its parts end. */
export function breakable(text: string): Html {
  const marked = text.replace(LONG_RUN, run => run.replace(/(?<=[a-z])(?=[A-Z])|[a-z0-9]{16}(?=[a-z0-9])/g, '$&\u200b'));
  return joined(marked.split(/(?<=[/:.,_=-])(?=[^/:.,_=\s-])|\u200b/), new Html('<wbr>'));
}

export function joined(parts: readonly Content[], separator: Content): Html {
  return html`${parts.map((part, index) => (index === 0 ? part : [separator, part]))}`;
}

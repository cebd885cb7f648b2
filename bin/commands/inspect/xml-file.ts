import { DOMParser, Element, Node } from '@xmldom/xmldom';
import { Text } from './model';

const ELEMENT = 1;

/** An XML file that is none. The message holds nothing of the file's content. */
export class MalformedFile extends Error {
  public constructor(message: string, public readonly line?: number) {
    super(message);
  }
}

/** Reads elements by their local names: the files differ in namespaces, and none uses one name in two. */
export class XmlFile {
  public readonly root: Element;

  public constructor(content: string, private readonly name: string) {
    this.root = parsed(content);
  }

  /** Elements on a path of names below another element. */
  public all(parent: Element, path: string): Element[] {
    return path.split('/').reduce<Element[]>((parents, step) => parents.flatMap(each => childElements(each, step)), [parent]);
  }

  public first(parent: Element, path: string): Element | undefined {
    return this.all(parent, path)[0];
  }

  /** Text of the first element on a path. */
  public text(parent: Element | undefined, path: string): Text | undefined {
    const element = parent && this.first(parent, path);
    return element && this.textOf(element);
  }

  public textOf(element: Element): Text {
    return { text: element.textContent ?? '', place: this.place(element), ...(isSecured(element) ? { secured: true } : {}) };
  }

  public attribute(element: Element, name: string): Text | undefined {
    const value = element.getAttribute(name);
    return value === null ? undefined : { text: value, place: this.place(element) };
  }

  public place(element: Element): { file: string; line?: number } {
    return { file: this.name, ...(element.lineNumber ? { line: element.lineNumber } : {}) };
  }
}

const NOT_XML = 'is not well-formed XML';

/** The parser forgives much that Java's does not, and says so at most in passing: whatever it says counts. */
function parsed(content: string): Element {
  const text = content.replace(/^\ufeff/, '');
  checkAmpersands(text);
  try {
    const parser = new DOMParser({ onError: (_, message, context) => { throw new ParserComplaint(message, context?.locator); } });
    return parser.parseFromString(text, 'text/xml').documentElement!;
  } catch (error) {
    throw new MalformedFile(NOT_XML, (error as ParserComplaint).locator?.lineNumber);
  }
}

class ParserComplaint extends Error {
  public constructor(message: string, public readonly locator?: { readonly lineNumber?: number }) {
    super(message);
  }
}

/** A bare `&`, the most frequent slip in a JDBC URL, passes the parser unseen. */
function checkAmpersands(text: string): void {
  const hidden = text.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, part => part.replace(/[^\n]/g, ' '));
  const bare = /&(?!(?:[A-Za-z_][\w.-]*|#\d+|#x[0-9a-fA-F]+);)/.exec(hidden);
  if (bare) throw new MalformedFile(NOT_XML, hidden.slice(0, bare.index).split('\n').length);
}

function childElements(parent: Element, name: string): Element[] {
  return Array.from(parent.childNodes).filter((node): node is Element => isElement(node) && node.localName === name);
}

function isElement(node: Node): node is Element {
  return node.nodeType === ELEMENT;
}

/** `svns:secretAlias="Axis2.clustering.aws.accessKey"`: the text is a dummy. */
function isSecured(element: Element): boolean {
  return Array.from(element.attributes).some(attribute => attribute.localName === 'secretAlias');
}

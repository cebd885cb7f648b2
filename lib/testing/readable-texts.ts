import { gunzipSync } from 'node:zlib';

/** A text to look through. */
export interface ReadableText {
  readonly text: string;
  /** Line of the file that a place in the text comes from. */
  readonly lineAt: (index: number) => number;
  /** How the text is wrapped up in the file; absent for the file itself. */
  readonly inside?: string;
}

/** Base64 on one line, or on many of one length. */
const BASE64 = /(?:[A-Za-z0-9+/]{60,76}\r?\n[ \t]*)*[A-Za-z0-9+/]{12,}={0,2}/g;
/** Base64 in base64 in base64 is nobody's accident. */
const DEEPEST = 3;
const LARGEST = 10 * 1024 * 1024;
const GZIP = [0x1f, 0x8b];

/** A file's own text and all that is wrapped up in it: strings of JSON, joined pieces of a template, base64 with or without gzip. */
export function readableTexts(content: string): ReadableText[] {
  const file: ReadableText = { text: content, lineAt: lineCounter(content) };
  return [file, ...stringsOfJson(content)].flatMap(each => [each, ...decoded(each, 0)]);
}

function decoded(text: ReadableText, depth: number): ReadableText[] {
  if (depth === DEEPEST) return [];
  return [...text.text.matchAll(BASE64)].flatMap(match => {
    const inner = textOf(Buffer.from(match[0], 'base64'));
    if (inner === undefined) return [];
    const line = text.lineAt(match.index);
    const found: ReadableText = { text: inner, lineAt: () => line, inside: 'base64' };
    return [found, ...decoded(found, depth + 1)];
  });
}

/** Nothing where the bytes are no text. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes.length >= 2 && GZIP.every((byte, index) => bytes[index] === byte)) return unzipped(bytes);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return /[\x00-\x08\x0e-\x1a\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function unzipped(bytes: Buffer): string | undefined {
  try {
    return textOf(gunzipSync(bytes, { maxOutputLength: LARGEST }));
  } catch {
    return undefined;
  }
}

function lineCounter(text: string): (index: number) => number {
  const ends = [...text.matchAll(/\n/g)].map(match => match.index);
  return index => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] < index) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

function stringsOfJson(content: string): ReadableText[] {
  if (!/^\s*[[{]/.test(content)) return [];
  try {
    return new JsonStrings(content).read(JSON.parse(content));
  } catch {
    return [];
  }
}

interface Piece { readonly text: string; readonly line: number }

/** The strings of a JSON document as what they stand for, each with the line that it is on. */
class JsonStrings {
  private position = 0;
  private readonly texts: ReadableText[] = [];
  private readonly lineOf: (index: number) => number;

  public constructor(private readonly content: string) {
    this.lineOf = lineCounter(content);
  }

  public read(value: unknown): ReadableText[] {
    this.visit(value);
    return this.texts;
  }

  private visit(value: unknown): void {
    if (typeof value === 'string' || isIntrinsic(value, 'Fn::Join') || isIntrinsic(value, 'Fn::Sub')) this.add(this.pieces(value));
    else if (Array.isArray(value)) value.forEach(each => this.visit(each));
    else if (value !== null && typeof value === 'object') this.visitEntries(value);
  }

  private visitEntries(value: object): void {
    for (const [key, each] of Object.entries(value)) {
      this.locate(key);
      this.visit(each);
    }
  }

  /** The order of pieces is that of the document, so that each is found behind the one before. */
  private pieces(value: unknown): Piece[] {
    if (typeof value === 'string') return [{ text: value, line: this.locate(value) }];
    if (isIntrinsic(value, 'Fn::Join')) {
      this.locate('Fn::Join');
      const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
      const line = this.locate(separator);
      return parts.flatMap((part, index) => [...(index > 0 ? [{ text: separator, line }] : []), ...this.pieces(part)]);
    }
    if (isIntrinsic(value, 'Fn::Sub') && typeof value['Fn::Sub'] === 'string') return this.pieces(value['Fn::Sub']);
    this.visit(value !== null && typeof value === 'object' ? Object.values(value) : value);
    return [{ text: '<>', line: this.lineOf(this.position) }];
  }

  private add(pieces: readonly Piece[]): void {
    const lineAt = (index: number): number => {
      let end = 0;
      return (pieces.find(piece => (end += piece.text.length) > index) ?? pieces[pieces.length - 1]).line;
    };
    this.texts.push({ text: pieces.map(each => each.text).join(''), lineAt, inside: 'a string of JSON' });
  }

  /** A document that escapes its strings in ways of its own keeps the line of the last one that was found. */
  private locate(text: string): number {
    const found = this.content.indexOf(JSON.stringify(text), this.position);
    if (found >= 0) this.position = found + 1;
    return this.lineOf(this.position);
  }
}

function isIntrinsic<K extends string>(value: unknown, name: K): value is Record<K, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 1 && name in value;
}

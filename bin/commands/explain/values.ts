/** Reading values of a template, whose shape nobody has promised. */

/** What is at a path of names and indexes; nothing where the path leads nowhere. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);
}

/** A list as it is, one value as a list of one, nothing as an empty list: CloudFormation takes either in many places. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) && !Array.isArray(value) ? Object.entries(value) : [];
}

export function isObject(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return value !== null && typeof value === 'object';
}

/** Name and argument of an intrinsic function. */
export function intrinsic(value: unknown): readonly [name: string, argument: unknown] | undefined {
  const entries = entriesOf(value);
  return entries.length === 1 && (entries[0][0] === 'Ref' || entries[0][0].startsWith('Fn::')) ? entries[0] : undefined;
}

/** Whether a resource is referred to anywhere in a value. */
export function mentions(value: unknown, logicalId: string): boolean {
  const [, argument] = intrinsic(value) ?? [];
  if (argument === logicalId || (Array.isArray(argument) && argument[0] === logicalId)) return true;
  return isObject(value) && Object.values(value).some(each => mentions(each, logicalId));
}

/** Value by key of a list of `{ Key, Value }`. */
export function tagsOf(value: unknown): Map<unknown, unknown> {
  return new Map(listOf(value).map(each => [at(each, 'Key'), at(each, 'Value')]));
}

/** `1 worker`, `2 workers`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

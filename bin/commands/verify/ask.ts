import { Action } from './actions';

/** A service gave no answer that one could judge by. */
export class Unanswered extends Error {}

/** A service does not know what the stack should have. */
export class Gone extends Error {}

interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const DENIED = /AccessDenied|Unauthorized|NotAuthorized|Forbidden/;
const GONE = /NotFound|NoSuchEntity/;

/**
 * Makes one call of a service.
 *
 * @throws Unanswered or Gone, with a sentence that names the action
 */
export async function ask<T>(action: Action, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw judged(action, error as ServiceError);
  }
}

/** All pages of an answer. */
export async function askAll<T>(action: Action, pages: AsyncIterable<T>): Promise<T[]> {
  return ask(action, async () => {
    const all: T[] = [];
    for await (const page of pages) all.push(page);
    return all;
  });
}

/** What is no answer of the service at all, but a page of something in between, cannot be read. */
function sentenceOf({ message, name }: ServiceError): string {
  if (message.includes('Deserialization error')) return 'what came back cannot be read';
  return message.split('\n')[0].trim() || name;
}

function judged(action: Action, error: ServiceError): Error {
  const said = sentenceOf(error);
  if (DENIED.test(error.name)) return new Unanswered(`the caller may not ${action}: ${said}`);
  if (GONE.test(error.name)) return new Gone(`it does not exist any more: ${said}`);
  const status = error.$metadata?.httpStatusCode;
  return new Unanswered(`${action} was not answered${status === undefined ? '' : ` (HTTP ${status})`}: ${said}`);
}

import { Gone, Unanswered } from './ask';

/** How a check ended. What a service did not answer has not passed. */
export type State = 'passed' | 'failed' | 'warning' | 'not answered';

/** What a check says of one thing. */
export interface Finding {
  readonly what: string;
  readonly state: State;
  readonly detail: string;
}

/** What is wrong, as a sentence. */
export interface Problem {
  readonly state: 'failed' | 'warning';
  readonly sentence: string;
}

export function failure(sentence: string): Problem {
  return { state: 'failed', sentence };
}

export function warning(sentence: string): Problem {
  return { state: 'warning', sentence };
}

/** One thing with all that is wrong with it; without a problem it has passed. */
export function finding(what: string, problems: readonly Problem[], passed: string): Finding {
  if (problems.length === 0) return { what, state: 'passed', detail: passed };
  const state = problems.some(each => each.state === 'failed') ? 'failed' : 'warning';
  return { what, state, detail: problems.map(each => each.sentence).join('; ') };
}

/** The findings about one thing; that a service does not answer, or that the thing is gone, is a finding too. */
export async function answered(what: string, find: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof Unanswered) return [{ what, state: 'not answered', detail: error.message }];
    if (error instanceof Gone) return [{ what, state: 'failed', detail: error.message }];
    throw error;
  }
}

/** `one, two, three and 4 more`, so that a sentence stays one. */
export function listed(names: readonly string[], most = 6): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

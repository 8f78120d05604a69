import { retryUntil } from '@agent-sessions/core/backend';
import { type Failure, toFailure, toSessionError } from './failure.ts';
import { type Patience, Repetitions } from './wait.ts';

/** What a failure amounts to if it is not a failure, such as 404 on a delete. */
export type Settle<T> = (
  failure: Failure,
  uncertain: boolean,
) => Promise<{ value: T } | undefined> | { value: T } | undefined;

/** Sends a request that may be repeated: a read, a delete, or the creation of an empty conversation. */
export function repeat<T>(
  action: string,
  patience: Patience,
  send: () => Promise<T>,
  settle: Settle<T> = () => undefined,
): Promise<T> {
  const repetitions = new Repetitions(patience);
  let uncertain = false;
  return counted(async () => {
    try {
      return { value: await send() };
    } catch (error) {
      const failure = toFailure(error);
      const settled = await settle(failure, uncertain);
      if (settled !== undefined) return settled;
      if (!(await repetitions.wait(failure))) throw toSessionError(action, failure);
      uncertain ||= failure.outcome === 'unknown';
      return 'again';
    }
  });
}

/** Repeats an attempt as long as it asks for it. Core's loop counts the repetitions for the trace. */
export function counted<T>(attempt: () => Promise<{ value: T } | 'again'>): Promise<T> {
  return retryUntil<T>(Number.POSITIVE_INFINITY, async () => {
    const outcome = await attempt();
    return outcome === 'again' ? { retry: () => new Error('unreachable') } : outcome;
  });
}

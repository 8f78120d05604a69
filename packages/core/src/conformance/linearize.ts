import { type Command, type Model, type Step, step } from './model.ts';

/** A command and what it gave. */
export interface Observed {
  readonly command: Command;
  readonly outcome: Step['outcome'];
}

/**
 * All models in which a session can be after some calls that overlapped: those that some order of the
 * calls explains, with each caller's own calls in the order in which it made them. None: the calls
 * were not atomic. This is linearizability (Herlihy and Wing, "Linearizability: a correctness
 * condition for concurrent objects", 1990), decided by trying every order, as the groups are small.
 */
export function explain(
  model: Model,
  callers: readonly (readonly Observed[])[],
  equal: (left: Step['outcome'], right: Step['outcome']) => boolean,
): Model[] {
  if (callers.every((calls) => calls.length === 0)) return [model];
  return callers.flatMap((calls, caller) => {
    const [next, ...later] = calls;
    if (next === undefined) return [];
    const after = step(model, next.command);
    if (!equal(after.outcome, next.outcome)) return [];
    return explain(after.model, callers.with(caller, later), equal);
  });
}

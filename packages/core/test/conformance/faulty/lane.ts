import { turn } from './fault.ts';

/** Lets the calls that it is given run one after the other, by default each a turn later. */
export function lane(pause: () => Promise<void> = turn): <T>(work: () => Promise<T>) => Promise<T> {
  let newest: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = newest.then(pause).then(work);
    newest = result.catch(() => {});
    return result;
  };
}

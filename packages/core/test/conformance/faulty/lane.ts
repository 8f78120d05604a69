/** Lets the calls that it is given run one after the other, each a turn of the event loop later. */
export function lane(): <T>(work: () => Promise<T>) => Promise<T> {
  let newest: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = newest.then(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return work();
    });
    newest = result.catch(() => {});
    return result;
  };
}

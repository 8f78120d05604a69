/** How often the event loop turns while something is done, and how long that takes, in milliseconds. */
export async function turnsDuring(
  work: () => Promise<unknown>,
): Promise<{ turns: number; milliseconds: number }> {
  const begin = performance.now();
  const working = work();
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await working;
  isOver = true;
  return { turns, milliseconds: performance.now() - begin };
}

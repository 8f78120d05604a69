/**
 * Does the work, and tells for how long this thread computed at most without a turn of the event loop,
 * in milliseconds. Other processes on the machine do not count.
 */
export async function longestStall<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly stallMs: number }> {
  const computed = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let [last, stallMs, isDone] = [computed(), 0, false];
  const look = (): void => {
    const now = computed();
    stallMs = Math.max(stallMs, now - last);
    last = now;
    if (!isDone) setImmediate(look);
  };
  setImmediate(look);
  const result = await work();
  isDone = true;
  look();
  return { result, stallMs };
}

/**
 * Waits for `work`, but not for ever.
 *
 * @throws Error if it takes longer
 */
export async function within<T>(
  timeoutMs: number,
  what: string,
  work: () => T | Promise<T>,
): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(new Error(`${what} did not settle within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    return await Promise.race([work(), timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

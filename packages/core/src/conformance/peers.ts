/** fast-check, if it is installed next to this package. */
export async function loadFastCheck(): Promise<typeof import('fast-check') | undefined> {
  return optional(() => import('fast-check'));
}

/** The SDK with its own compaction session. */
export async function loadResponsesCompaction(): Promise<
  typeof import('@openai/agents') | undefined
> {
  return optional(() => import('@openai/agents'));
}

async function optional<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch {
    return undefined;
  }
}

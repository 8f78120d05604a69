import { setImmediate } from 'node:timers/promises';

/** Standard streams, and reads of files that are about to end. */
const HARMLESS = new Set(['TTYWrap', 'PipeWrap', 'FSReqPromise', 'FSReqCallback', 'CloseReq']);

/** How long what was closed may take to be gone. */
const PATIENCE_MS = 500;

/**
 * What keeps this process running besides its standard streams, such as `2 TCPSocketWrap`; without
 * what kept it running before.
 */
export async function leftOpen(before: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const open = countOpen(before);
    if (open.length === 0 || performance.now() > deadline) return open;
    await setImmediate();
  }
}

function countOpen(before: readonly string[]): string[] {
  const counts = new Map<string, number>();
  const count = (kind: string, change: number): void => {
    if (!HARMLESS.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + change);
  };
  for (const kind of process.getActiveResourcesInfo()) count(kind, 1);
  for (const kind of before) count(kind, -1);
  return [...counts]
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => `${number} ${kind}`);
}

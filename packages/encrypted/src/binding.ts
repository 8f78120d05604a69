import { createHash } from 'node:crypto';
import type { OwnedId } from '@agent-sessions/core/backend';
import { invalidOptions } from './failures.ts';

/** What records are bound to besides their session, such as tenant and application. */
export type EncryptionContext = Readonly<Record<string, string>>;

const LENGTH_BYTES = 4;

/** A copy of a context, checked. */
export function readContext(context: unknown = {}): ReadonlyMap<string, string> {
  const isPlain = (value: object) =>
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  if (typeof context !== 'object' || context === null || !isPlain(context)) {
    throw invalidOptions('`context` is not a plain object, such as { tenant: "acme" }');
  }
  const entries: [string, unknown][] = Object.entries(context);
  for (const [name, value] of entries) {
    // An empty tenant is most likely one that is missing.
    if (isText(name) && isText(value)) continue;
    throw invalidOptions(
      `\`context\` has an entry ${JSON.stringify(name)} whose name or value is not a non-empty, well-formed string`,
    );
  }
  return new Map(entries as [string, string][]);
}

/**
 * What records are bound to, as 32 bytes: SHA-256 of owner, session id and context, each with its length before it.
 * So neither a long id nor one that continues another has a twin.
 */
export function bindingOf(
  { owner, sessionId }: OwnedId,
  context: ReadonlyMap<string, string>,
): Buffer {
  const entries = [...context].map((entry) => entry.map((text) => Buffer.from(text)));
  entries.sort(([a = Buffer.of()], [b = Buffer.of()]) => Buffer.compare(a, b));
  const hash = createHash('sha256').update('agent-sessions/binding/1\0');
  for (const text of [Buffer.from(owner), Buffer.from(sessionId), ...entries.flat()]) {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(text.length);
    hash.update(length).update(text);
  }
  return hash.digest();
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}

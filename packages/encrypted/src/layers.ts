import { type SessionInternals, sessionInternals } from '@agent-sessions/core/backend';
import type { Session } from '@openai/agents';
import { invalidOptions } from './failures.ts';

/** Registered, for another installed copy of this package has to know it. */
const ENCRYPTED = Symbol.for('agent-sessions.encrypted');

/** Marks a session as an encrypted one. */
export function markEncrypted(session: Session): void {
  Object.defineProperty(session, ENCRYPTED, { value: true });
}

/**
 * What is inside a session over a store; `undefined` for any other session.
 *
 * @throws SessionError `invalid_options` for one that is encrypted already: two layers of one kind protect no better
 * than one, and of the view inside an encrypted session the first cipher would be lost
 */
export function internalsOfPlain(session: Session): SessionInternals | undefined {
  const internals = sessionInternals(session);
  if (!(ENCRYPTED in session) && internals?.isSealed !== true) return internals;
  throw invalidOptions(
    '`session` is encrypted already. Pass the session inside it; for several keys, use `keys`',
  );
}

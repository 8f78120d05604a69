import type { CloseOptions, StoredSession } from '@agent-sessions/core';
import { type SessionInternals, sessionInternals } from '@agent-sessions/core/backend';
import type { Session } from '@openai/agents';
import type { EnvelopeBox } from './envelope-box.ts';
import type { PlainSession } from './envelope-session.ts';
import type { Expiry } from './expiry.ts';
import { Maintenance } from './maintenance.ts';
import { refuseOverrides } from './overrides.ts';
import { MixedCipher, SessionCipher } from './session-cipher.ts';

/** What an encrypted session consists of, whatever it is around. */
export interface Sealed extends PlainSession {
  isEncrypted(): Promise<boolean>;
  close(options?: CloseOptions): Promise<void>;
}

/**
 * The session seen through a cipher, and what else the encrypted session offers.
 *
 * @throws SessionError `unsupported` for a session with methods of its own
 */
export function encryptStored(
  session: Session,
  internals: SessionInternals,
  box: EnvelopeBox,
  expiry: Expiry,
): { view: StoredSession; sealed: Sealed; maintenance: Maintenance } {
  // Straight from the backend, for this is called while a call on the session is under way; and from
  // that of the view, which can read what it finds.
  const newest = async () => sessionInternals(view)?.backend.window(internals.key, 1) ?? [];
  const view = internals.withCipher(new SessionCipher(box, expiry, newest));
  refuseOverrides(session, view);
  const assertOpen = () => view.getSessionId();
  // A session with branches may have to be told first what its records are, which takes the key.
  const mixed = sessionInternals(internals.withCipher(new MixedCipher(box, expiry))) ?? internals;
  const maintenance = new Maintenance({
    internals: mixed,
    store: view.store,
    box,
    expiry,
    assertOpen,
  });
  const sealed: Sealed = {
    getSessionId: () => view.getSessionId(),
    getItems: (...args) => view.getItems(...args),
    addItems: (...args) => view.addItems(...args),
    popItem: (...args) => view.popItem(...args),
    clearSession: (...args) => view.clearSession(...args),
    isEncrypted: () => maintenance.isEncrypted(),
    close: (options) => view.close(options),
  };
  return { view, sealed, maintenance };
}

/**
 * Gives `target` every member of `view` that it does not have: the SDK's optional methods, which the
 * SDK looks for with `typeof`, and those of a session with branches. What a subclass of the target
 * defines stays.
 */
export function offerMembers(target: object, view: object): void {
  for (let owner = view; owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (name in target) continue;
      Object.defineProperty(
        target,
        name,
        get === undefined
          ? {
              value: typeof value === 'function' ? value.bind(view) : value,
              configurable: true,
              writable: true,
            }
          : { get: get.bind(view), configurable: true },
      );
    }
  }
}

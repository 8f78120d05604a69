import type { SessionStore } from '@agent-sessions/core';
import type { RecordCipher } from '@agent-sessions/core/adapter';
import type { Session } from '@openai/agents-core';
import type { EnvelopeBox } from './envelope-box.ts';
import type { PlainSession } from './envelope-session.ts';
import type { Expiry } from './expiry.ts';
import { Maintenance } from './maintenance.ts';
import { SessionCipher } from './session-cipher.ts';

/** What an encrypted session consists of, whatever it is around. */
export interface Sealed extends PlainSession {
  isEncrypted(): Promise<boolean>;
  close(): Promise<void>;
}

/** A session over a store, as `StoredSession` of `@agent-sessions/core`. */
interface Stored extends Session {
  readonly store: SessionStore;
  withCipher(cipher: RecordCipher): PlainSession & { close(): Promise<void> };
}

/** What `withCipher` of a session gives; `undefined` if it has none. */
export type EncryptedView<TSession> = TSession extends {
  withCipher(cipher: RecordCipher): infer View;
}
  ? View
  : undefined;

/** A member of the encrypted view; `never` where it is absent. */
export type CapabilityOf<TSession, Name extends PropertyKey> =
  EncryptedView<TSession> extends { readonly [key in Name]: infer Member } ? Member : never;

/** True if the SDK is to pass its run context; `never` where the member is absent. */
export type ContextOf<TSession> = TSession extends { readonly acceptsRunContext: true }
  ? true
  : never;

/** As {@link CapabilityOf}, for the one that the SDK's type of a session has as well. */
export type CompactionOf<TSession> =
  EncryptedView<TSession> extends {
    replaceHistoryWithCompaction: infer Method extends NonNullable<
      Session['replaceHistoryWithCompaction']
    >;
  }
    ? Method
    : never;

/** A method of maintenance; `never` for a session without an encrypted view. */
export type MaintenanceOf<
  TSession,
  Name extends 'rotate' | 'purgeExpired' | 'encryptExisting',
> = TSession extends { withCipher(cipher: RecordCipher): unknown } ? Maintenance[Name] : never;

/** The SDK finds out with `typeof` whether a session has them. */
const CAPABILITIES = [
  'applyHistoryTransaction',
  'applyHistoryMutations',
  'replaceHistoryWithCompaction',
  'prepareHistoryItemForModelInput',
  'prepareHistoryItemsForPersistenceComparison',
  'preserveReasoningItemIdsForPersistence',
] as const;

/** True for a session that takes a cipher. */
export function isStored(session: Session): session is Stored {
  return 'withCipher' in session && typeof session.withCipher === 'function';
}

/** The session seen through a cipher, and what else the encrypted session offers. */
export function encryptStored(
  session: Stored,
  box: EnvelopeBox,
  expiry: Expiry,
): { sealed: Sealed; offers: Readonly<Record<string, unknown>> } {
  const { store } = session;
  // Straight from the store: this is called while a call on the session is under way.
  const newest = async (): Promise<string[]> => store.window(await session.getSessionId(), 1);
  const view = session.withCipher(new SessionCipher(box, expiry, newest));
  const maintenance = new Maintenance({ store, box, expiry, sessionId: () => view.getSessionId() });
  const offers: Record<string, unknown> = {
    session: view,
    store,
    acceptsRunContext: Reflect.get(view, 'acceptsRunContext'),
    rotate: maintenance.rotate.bind(maintenance),
    purgeExpired: maintenance.purgeExpired.bind(maintenance),
    encryptExisting: maintenance.encryptExisting.bind(maintenance),
  };
  for (const name of CAPABILITIES) {
    const method: unknown = Reflect.get(view, name);
    if (typeof method === 'function') offers[name] = method.bind(view);
  }
  const sealed: Sealed = {
    getSessionId: () => view.getSessionId(),
    getItems: (...args) => view.getItems(...args),
    addItems: (...args) => view.addItems(...args),
    popItem: (...args) => view.popItem(...args),
    clearSession: (...args) => view.clearSession(...args),
    isEncrypted: () => maintenance.isEncrypted(),
    close: () => view.close(),
  };
  return { sealed, offers };
}

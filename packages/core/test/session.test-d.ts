import {
  Agent,
  type RunContextAwareSession,
  run,
  type Session,
  type SessionHistoryRewriteAwareSession,
  type SessionHistoryTransactionAwareSession,
  type SessionInputCallback,
} from '@openai/agents';
import { expectTypeOf } from 'vitest';
import type { SessionBackend } from '../src/backend.ts';
import {
  copySession,
  exportSession,
  importSession,
  isSessionError,
  keepRecentItems,
  keepRecentTurns,
  MemorySessionStore,
  type SessionDirectory,
  SessionError,
  type SessionErrorCode,
  type SessionInfo,
  SessionStore,
  StoredSession,
} from '../src/index.ts';

// Checked by `tsc`, never run.

const store = new MemorySessionStore();
const session = store.session('user-123');

// A stored session is all that the SDK knows of sessions.
expectTypeOf(session).toExtend<Session>();
expectTypeOf(session).toExtend<SessionHistoryTransactionAwareSession>();
expectTypeOf(session).toExtend<SessionHistoryRewriteAwareSession>();
expectTypeOf(session).toExtend<RunContextAwareSession>();
expectTypeOf<StoredSession>().toExtend<Session>();
expectTypeOf(session.replaceHistoryWithCompaction).toExtend<
  NonNullable<Session['replaceHistoryWithCompaction']>
>();

const agent = new Agent({ name: 'Assistant' });
await run(agent, 'Hello', { session, sessionInputCallback: keepRecentTurns(10) });
expectTypeOf(keepRecentTurns).returns.toEqualTypeOf<SessionInputCallback>();
expectTypeOf(keepRecentItems).returns.toEqualTypeOf<SessionInputCallback>();

// A session knows what kind of store it has.
class OwnStore extends SessionStore {
  readonly own: boolean = true;
}
declare const backend: SessionBackend;
expectTypeOf(new StoredSession({ store: new OwnStore(backend) }).store).toEqualTypeOf<OwnStore>();
expectTypeOf(session.store).toEqualTypeOf<SessionStore>();
expectTypeOf(store).toExtend<SessionStore>();
expectTypeOf(store).toExtend<SessionDirectory>();

new StoredSession({ store, sessionId: 'a', logger: console });
// @ts-expect-error: a session needs a store
new StoredSession({ sessionId: 'a' });
// @ts-expect-error: a backend is no store
new StoredSession({ store: backend });
// @ts-expect-error: what a store looks like is no store
new StoredSession({ store: { ...store } });
// @ts-expect-error: who closes a store is nobody's choice
new StoredSession({ store, ownsStore: true });
// @ts-expect-error: EncryptedSession encrypts
new StoredSession({ store, cipher: undefined });
// @ts-expect-error: there is no such option
new StoredSession({ store, id: 'a' });
// @ts-expect-error: an id is a string
store.session(7);
// @ts-expect-error: the store of a session does not change
session.store = store;

// Nothing raw is on what an application holds, so that every record is an item.
// @ts-expect-error: records are the backend's
store.append;
// @ts-expect-error: records are the backend's
store.window;
// @ts-expect-error: records are the backend's
store.snapshot;
// @ts-expect-error: records are the backend's
store.replaceTail;
// @ts-expect-error: records are the backend's
store.rewrite;
// @ts-expect-error: records are the backend's
store.clear;
// @ts-expect-error: `storeInternals` gives it to authors of backends and sessions
store.backend;
// @ts-expect-error: `storeInternals` gives it to authors of backends and sessions
session.backend;
// @ts-expect-error: EncryptedSession encrypts
session.withCipher;
// @ts-expect-error: a store is made of a backend
new SessionStore();
// @ts-expect-error: a store is no backend
new SessionStore(store);

// @ts-expect-error: a limit is a number
await session.getItems('5');
// @ts-expect-error: items are a list
await session.addItems({ role: 'user', content: 'Hello' });
// @ts-expect-error: a user message has content
await session.addItems([{ role: 'user' }]);
// @ts-expect-error: there is no such transaction
await session.applyHistoryTransaction({ operationId: 'o', transaction: { type: 'drop_items' } });

// Errors
declare const error: unknown;
if (isSessionError(error)) {
  expectTypeOf(error).toEqualTypeOf<SessionError>();
  expectTypeOf(error.code).toEqualTypeOf<SessionErrorCode>();
  // @ts-expect-error: there is no such code
  expectTypeOf(error.code === 'locked').toBeBoolean();
  // @ts-expect-error: a code does not change
  error.code = 'busy';
}
// @ts-expect-error: there is no such code
isSessionError(error, 'locked');
// @ts-expect-error: there is no such code
new SessionError('locked', 'Locked.');

// Windows
// @ts-expect-error: a number of turns is a number
keepRecentTurns('10');
// @ts-expect-error: a window has a size
keepRecentItems();

// Transfer, with any session of the SDK
declare const anySession: Session;
expectTypeOf(exportSession(anySession)).toExtend<AsyncIterable<string>>();
expectTypeOf(importSession(anySession, exportSession(session))).resolves.toEqualTypeOf<{
  items: number;
  sessionId: string;
}>();
expectTypeOf(copySession(anySession, session)).resolves.toBeNumber();
await importSession(session, [new Uint8Array(1), 'text'], {
  onProgress: ({ items }) => items.toFixed(),
});
// @ts-expect-error: there is no such choice
await copySession(session, anySession, { ifNotEmpty: 'overwrite' });
// @ts-expect-error: an export does not ask about its target
void exportSession(session, { ifNotEmpty: 'append' });

// The directory
const { sessions, cursor } = await store.listSessions({ prefix: 'user-', limit: 20 });
expectTypeOf(sessions).toEqualTypeOf<readonly SessionInfo[]>();
expectTypeOf(cursor).toEqualTypeOf<string | undefined>();
expectTypeOf<SessionInfo['updatedAt']>().toEqualTypeOf<Date>();
// @ts-expect-error: there is no such option
await store.listSessions({ offset: 20 });
// @ts-expect-error: metadata is an object
await store.setMetadata('a', 'title');

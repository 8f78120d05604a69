import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { StoredSession } from '@agent-sessions/core';
import { sessionConformance } from '@agent-sessions/core/conformance';
import type { Session } from '@openai/agents';
import { sql } from 'kysely';
import { afterAll, describe, it } from 'vitest';
import { largestItem } from '../../../encrypted/test/support/largest-item.ts';
import {
  type Backend,
  backends,
  mysql,
  type TestKysely,
} from '../../../kysely/test/support/backends.ts';
import { user } from './items.ts';

/** The suite damages records on purpose. */
const logger = { warn: () => {} };

/** Opens a session of the suite's over one of two stores. */
type Opener = (store: AdvancedSessionStore, sessionId: string) => Promise<Session>;

/** A way in which a session may be opened. */
export interface Variant {
  readonly name: string;
  readonly open: Opener;
  /** Rules that cannot hold for it, and why. */
  readonly exempt?: Readonly<Record<string, string>>;
  /** Whether records are stored encrypted, which makes them larger. */
  readonly sealed?: boolean;
}

const EXISTS = 'a session with branches exists before the suite writes to it';
const COUNTS_MAIN = 'itemCount is what `main` shows, and these sessions are on another branch';

/** The session as it is first opened. */
export const onMain: Variant = {
  name: 'on main',
  open: async (store, sessionId) => new AdvancedSession({ store, sessionId, logger }),
};

/** A session that knows of no branches, over the same store. */
export const onPlain: Variant = {
  name: 'by a plain session',
  open: async (store, sessionId) => new StoredSession({ store, sessionId, logger }),
};

/** The third branch of a session; the two that it was made from hold an item each. */
export const onBranchOfBranch: Variant = {
  name: 'on a branch of a branch',
  open: openBranchOfBranch,
  exempt: {
    'reading, popping and clearing do not create a session': EXISTS,
    'addItems([]) does not create a session': EXISTS,
    'a transaction that is refused does not create a session': EXISTS,
    'a compaction that is refused does not create a session': EXISTS,
    'deleteSession() removes items, metadata and ledger, and tells whether it was there': EXISTS,
    'metadata that is no object of JSON values is refused': EXISTS,
    'metadata outlives writes and clearSession()': COUNTS_MAIN,
    'itemCount and updatedAt follow every write, createdAt stays': COUNTS_MAIN,
    'itemCount and updatedAt follow transactions, mutations and compactions': COUNTS_MAIN,
    'getSession() describes a session that was written, and knows no other': COUNTS_MAIN,
  },
};

/** Runs the suite for a variant on each of these databases. */
export async function conformanceOf(
  variant: Variant,
  on: readonly Backend[] = backends,
): Promise<void> {
  for (const backend of on) {
    const name = `Advanced ${backend.name}, ${variant.name}`;
    if (backend.missing === undefined) await register(name, backend, variant);
    else describe.skip(`session conformance: ${name} — skipped: ${backend.missing}`);
  }
}

async function register(name: string, backend: Backend, variant: Variant): Promise<void> {
  const database = await backend.create();
  const admin = database.connect();
  const openStore = () => new AdvancedSessionStore({ db: database.connect(), createTables: true });
  const [store, elsewhere] = [openStore(), openStore()];
  const isBounded = variant.sealed && backend.name === mysql.name;
  const maxItemBytes = isBounded ? await largestItem(admin) : undefined;
  afterAll(() => database.drop());
  sessionConformance(
    { describe, it },
    {
      name,
      open: (sessionId) => variant.open(store, sessionId),
      openElsewhere: (sessionId) => variant.open(elsewhere, sessionId),
      restart: () => undefined,
      corruptNewest: (sessionId) => corruptNewest(admin, sessionId),
      ...(variant.exempt && { exempt: variant.exempt }),
      ...(maxItemBytes !== undefined && { limits: { maxItemBytes } }),
    },
  );
}

const branched = new Map<string, Promise<unknown>>();

/** Shows nothing at first, for each branch begins where the first turn of its parent does. */
async function openBranchOfBranch(
  store: AdvancedSessionStore,
  sessionId: string,
): Promise<Session> {
  const session = new AdvancedSession({ store, sessionId, logger });
  const made = branched.get(sessionId) ?? makeBranches(session);
  branched.set(sessionId, made);
  await made;
  return session;
}

async function makeBranches(session: AdvancedSession): Promise<void> {
  await session.addItems([user('on main')]);
  await session.createBranchFromTurn(1, 'child');
  await session.addItems([user('on the child')]);
  await session.createBranchFromTurn(1, 'grandchild');
}

/** Damages the newest record of a session, as a bad disk or a careless hand might. */
async function corruptNewest(db: TestKysely, sessionId: string): Promise<void> {
  const id = db.getExecutor().adapter.supportsReturning ? sessionId : Buffer.from(sessionId);
  const { rows } = await sql<{ id: number }>`
    select id from agent_messages where session_id = ${id}
    order by position desc limit 1`.execute(db);
  await sql`update agent_messages set message_data = '{"role"' where id = ${rows[0]?.id}`.execute(
    db,
  );
}

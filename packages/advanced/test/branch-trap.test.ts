import { randomBytes } from 'node:crypto';
import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { copySession, StoredSession } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { KyselySession } from '@agent-sessions/kysely';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { run } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { turn, user } from './support/items.ts';
import { openSessions } from './support/open.ts';
import { agentWith, answer } from './support/runs.ts';

const first = turn('Paris?', 'Yes.');
const onMain = turn('Rome?', 'Too.');
const onAlt = turn('Oslo?', 'No.');

/** A session on `alt`, which shares its first turn with `main`. */
async function branched(
  store: AdvancedSessionStore,
  sessionId: string,
): Promise<{ main: AdvancedSession; alt: AdvancedSession }> {
  const alt = store.session(sessionId);
  await alt.addItems([...first, ...onMain]);
  await alt.createBranchFromTurn(2, 'alt');
  await alt.addItems(onAlt);
  return { main: store.session(sessionId, { branchId: 'main' }), alt };
}

onEveryBackend((_backend, database) => {
  const open = () => new AdvancedSessionStore({ db: database().connect(), createTables: true });

  describe('a session that a store makes', () => {
    test('is on the branch that was current last', async () => {
      const store = open();
      await branched(store, 'current');
      const session = store.session('current');
      expect(session).toBeInstanceOf(AdvancedSession);
      expect(await session.getItems()).toEqual([...first, ...onAlt]);
      expect(await session.popItem()).toEqual(onAlt[1]);
      expect(await store.session('current').getItems(1)).toEqual([onAlt[0]]);
    });

    test('is on the branch that it was told', async () => {
      const store = open();
      const { alt } = await branched(store, 'told');
      const session = store.session('told', { branchId: 'main' });
      expect(await session.getItems()).toEqual([...first, ...onMain]);
      await session.popItem();
      await session.popItem();
      expect(await session.getItems()).toEqual(first);
      expect(await alt.getItems()).toEqual([...first, ...onAlt]);
    });

    test('rejects on a branch that never was', async () => {
      const store = open();
      await branched(store, 'never');
      const session = store.session('never', { branchId: 'other' });
      await expect(session.getItems()).rejects.toMatchObject({ code: 'branch_not_found' });
    });
  });

  describe('a session that knows of no branches, over a store of sessions with branches', () => {
    test('shows `main`, whatever branch others are on', async () => {
      const store = open();
      await branched(store, 'shows');
      const plain = new StoredSession({ store, sessionId: 'shows' });
      expect(await plain.getItems()).toEqual([...first, ...onMain]);
      expect(await plain.getItems(1)).toEqual([onMain[1]]);
    });

    test('takes items from `main` alone, and leaves what another branch shows', async () => {
      const store = open();
      const { main, alt } = await branched(store, 'takes');
      const plain = new StoredSession({ store, sessionId: 'takes' });
      const taken = [];
      for (let item = await plain.popItem(); item; item = await plain.popItem())
        taken.unshift(item);
      expect(taken).toEqual([...first, ...onMain]);
      expect(await main.getItems()).toEqual([]);
      expect(await alt.getItems()).toEqual([...first, ...onAlt]);
    });

    test('clears `main` alone, and leaves what another branch shows', async () => {
      const store = open();
      const { main, alt } = await branched(store, 'clears');
      await new StoredSession({ store, sessionId: 'clears' }).clearSession();
      expect(await main.getItems()).toEqual([]);
      expect(await alt.getItems()).toEqual([...first, ...onAlt]);
      expect((await alt.listBranches()).map(({ branchId }) => branchId)).toEqual(['main', 'alt']);
      await main.addItems(onMain);
      expect(await store.session('clears', { branchId: 'main' }).getItems()).toEqual(onMain);
      expect(await store.session('clears', { branchId: 'alt' }).getItems()).toEqual([
        ...first,
        ...onAlt,
      ]);
    });

    test('forgets operations of `main` when it clears, and no branch forgets what it shows', async () => {
      const store = open();
      const shared = {
        operationId: 'shared',
        transaction: { type: 'append_items' as const, items: first },
      };
      const alt = store.session('operations');
      await alt.applyHistoryTransaction(shared);
      await alt.addItems(onMain);
      await alt.createBranchFromTurn(2, 'alt');
      const plain = new StoredSession({ store, sessionId: 'operations' });
      await plain.clearSession();
      await alt.applyHistoryTransaction(shared);
      expect(await alt.getItems()).toEqual(first);
      for (const session of [plain, plain, store.session('operations', { branchId: 'main' })]) {
        await session.applyHistoryTransaction(shared);
      }
      expect(await plain.getItems()).toEqual(first);
    });

    test('adds to `main` alone', async () => {
      const store = open();
      const { main, alt } = await branched(store, 'adds');
      await new StoredSession({ store, sessionId: 'adds' }).addItems([user('Bonn?')]);
      expect(await main.getItems()).toEqual([...first, ...onMain, user('Bonn?')]);
      expect(await alt.getItems()).toEqual([...first, ...onAlt]);
    });

    test('compacts `main` alone', async () => {
      const store = open();
      const { main, alt } = await branched(store, 'compacts');
      const plain = new StoredSession({ store, sessionId: 'compacts' });
      await plain.getItems();
      await plain.replaceHistoryWithCompaction([user('summary')]);
      expect(await main.getItems()).toEqual([user('summary')]);
      expect(await alt.getItems()).toEqual([...first, ...onAlt]);
    });
  });
});

test('usage that was stored for `main` goes when a session that knows of no branches clears it', async () => {
  const { store, session } = openSessions();
  const ours = session();
  await ours.storeRunUsage(await run(agentWith(answer('Yes.')), 'Paris?', { session: ours }));
  await ours.createBranchFromTurn(1, 'alt');
  await ours.storeRunUsage(await run(agentWith(answer('Yes.')), 'Oslo?', { session: ours }));
  await new StoredSession({ store, sessionId: 'conversation' }).clearSession();
  expect(await ours.getSessionUsage('main')).toBeUndefined();
  expect(await ours.getSessionUsage('alt')).toMatchObject({ requests: 1 });
});

test('a session over a store of another class is refused', () => {
  const { store } = openSessions();
  const make = (Class: new (options: never) => object, options: object) => () =>
    Reflect.construct(Class, [options]);
  for (const [Class, other] of [
    [KyselySession, store],
    [AdvancedSession, new SQLiteSessionStore()],
  ] as const) {
    expect(make(Class, { store: other })).toThrow(
      expect.objectContaining({
        code: 'invalid_options',
        message: expect.stringContaining('`store`'),
      }),
    );
  }
});

test('the store of a session is the one that others share, and shows each id its own items', async () => {
  const { store } = openSessions();
  const { alt } = await branched(store, 'one');
  expect(alt.store).toBe(store);
  const other = new StoredSession({ store: alt.store, sessionId: 'another' });
  expect(await other.getItems()).toEqual([]);
  await other.addItems([user('Bonn?')]);
  expect(await alt.getItems()).toEqual([...first, ...onAlt]);
});

test('a copy of a session has the branch that it is on, on `main`', async () => {
  const { store } = openSessions();
  const { alt } = await branched(store, 'from');
  const to = store.session('to');
  await copySession(alt, to);
  expect(await to.getItems()).toEqual([...first, ...onAlt]);
  expect((await to.listBranches()).map(({ branchId }) => branchId)).toEqual(['main']);
});

describe('an encrypted session over one with branches', () => {
  const key = randomBytes(32);

  test('has its branches', async () => {
    const { store } = openSessions();
    const session = new EncryptedSession({ session: store.session('a'), key });
    await session.addItems([...first, ...onMain]);
    expect(await session.createBranchFromTurn(2, 'alt')).toBe('alt');
    await session.addItems(onAlt);
    expect(await session.currentBranchId()).toBe('alt');
    await session.switchToBranch('main');
    expect(await session.getItems()).toEqual([...first, ...onMain]);
    expect((await session.listBranches()).map(({ branchId }) => branchId)).toEqual(['main', 'alt']);
    await session.rewindToTurn(2);
    expect(await session.getItems()).toEqual(first);
    await session.deleteBranch('alt');
    expect(await session.listBranches()).toHaveLength(1);
  });

  test('reads through the encryption what it is asked of turns and tools', async () => {
    const { store } = openSessions();
    const session = new EncryptedSession({ session: store.session('a'), key });
    await session.addItems([...first, ...onMain]);
    expect((await session.findTurnsByContent('rome')).map(({ turn }) => turn)).toEqual([2]);
    expect((await session.getConversationTurns()).map(({ content }) => content)).toEqual([
      'Paris?',
      'Rome?',
    ]);
    expect(await session.createBranchFromContent('ROME', 'alt')).toBe('alt');
    expect(await session.getToolUsage()).toEqual([]);
    expect((await session.getConversationByTurns()).size).toBe(1);
  });

  test('stores the usage of a run in the turn to which it belongs', async () => {
    const { store } = openSessions();
    const session = new EncryptedSession({ session: store.session('a'), key });
    await session.storeRunUsage(await run(agentWith(answer('Yes.')), 'Paris?', { session }));
    await session.storeRunUsage(await run(agentWith(answer('Yes.')), 'Rome?', { session }));
    expect(await session.getTurnUsage(2)).toMatchObject({ userTurnNumber: 2, requests: 1 });
    expect(await session.getSessionUsage()).toMatchObject({ requests: 2 });
  });

  describe('over records that a plain session has sealed', () => {
    /** Two turns, sealed by a session that knows of no branches: nothing tells yet what they are. */
    async function sealedByPlain() {
      const { database, elsewhere } = openSessions();
      const plain = new SQLiteSessionStore({ database }).session('conversation');
      await new EncryptedSession({ session: plain, key }).addItems([...first, ...onMain]);
      return {
        open: (own = key) => new EncryptedSession({ session: elsewhere(), key: own }),
      };
    }

    test.each<[string, (session: EncryptedSession<AdvancedSession>) => Promise<unknown>]>([
      ['getItems()', (session) => session.getItems()],
      ['popItem()', async (session) => session.addItems([await session.popItem()].flatMap(some))],
      ['listBranches()', (session) => session.listBranches()],
      ['isEncrypted()', (session) => session.isEncrypted()],
      ['rotate()', (session) => session.rotate()],
      ['encryptExisting()', (session) => session.encryptExisting()],
      ['storeRunUsage()', async (session) => session.storeRunUsage({} as never)],
    ])('%s is a first look that knows the turns', async (_name, look) => {
      const { open } = await sealedByPlain();
      await look(open());
      const session = open();
      expect((await session.getConversationTurns()).map(({ content }) => content)).toEqual([
        'Paris?',
        'Rome?',
      ]);
      await session.createBranchFromTurn(2, 'alt');
      expect(await session.getItems()).toEqual(first);
    });

    test('a first look with a wrong key is an error, and leaves it to whoever has the key', async () => {
      const { open } = await sealedByPlain();
      const wrong = open(randomBytes(32));
      for (const look of [
        () => wrong.getItems(),
        () => wrong.isEncrypted(),
        () => wrong.rotate(),
      ]) {
        await expect(look()).rejects.toMatchObject({ code: 'decryption_failed' });
      }
      expect(await open().getConversationTurns()).toHaveLength(2);
    });
  });

  test('encrypts what plain sessions have written, and knows its turns', async () => {
    const { database, elsewhere } = openSessions();
    await new SQLiteSessionStore({ database }).session('conversation').addItems(first);
    const session = new EncryptedSession({ session: elsewhere(), key });
    expect(await session.isEncrypted()).toBe(false);
    expect(await session.encryptExisting()).toBe(2);
    expect(await session.getConversationTurns()).toHaveLength(1);
  });
});

function some<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

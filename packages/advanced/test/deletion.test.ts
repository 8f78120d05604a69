import { once } from 'node:events';
import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { Usage } from '@openai/agents';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backends, pglite } from '../../kysely/test/support/backends.ts';
import { turn, user } from './support/items.ts';

// PGlite has one connection, which nobody else uses meanwhile.
const chosen = backends.filter((backend) => backend !== pglite && backend.missing === undefined);

describe.each(chosen)('deleting a session on $name', (backend) => {
  test('leaves alone what others begin under its id at that moment', async () => {
    const database = await backend.create();
    onTestFinished(() => database.drop());
    const moments = new EventTarget();
    let isDeleting = false;
    const db = database.connect({
      log: async ({ query: { sql } }) => {
        if (/^delete from .?agent_sessions/i.test(sql)) isDeleting = true;
        if (!isDeleting || !/^commit/i.test(sql)) return;
        isDeleting = false;
        const goOn = once(moments, 'go on');
        moments.dispatchEvent(new Event('deleted'));
        await goOn;
      },
    });
    const store = new AdvancedSessionStore({ db, createTables: true });
    await new AdvancedSession({ store, sessionId: 'a' }).addItems([user('old')]);

    const isDeleted = once(moments, 'deleted');
    const deletion = store.deleteSession('a');
    await isDeleted;
    const elsewhere = new AdvancedSessionStore({ db: database.connect() });
    const session = new AdvancedSession({ store: elsewhere, sessionId: 'a' });
    await session.addItems([...turn('one', '1'), ...turn('two', '2')]);
    await session.createBranchFromTurn(2, 'branch');
    await session.addItems([user('on the branch')]);
    moments.dispatchEvent(new Event('go on'));
    expect(await deletion).toBe(true);

    expect(await session.getItems()).toEqual([...turn('one', '1'), user('on the branch')]);
    await session.switchToBranch('main');
    expect(await session.getItems()).toEqual([...turn('one', '1'), ...turn('two', '2')]);
  });

  const usage = { state: { usage: new Usage({ requests: 1 }) } };
  const ofBranch = /^select b\.branch_key/i;
  const ofSession = /^select 1 from .?agent_sessions/i;

  test.each<[string, RegExp, (session: AdvancedSession) => Promise<unknown>]>([
    ['storing usage', ofBranch, (session) => session.storeRunUsage(usage)],
    ['switching to main', ofBranch, (session) => session.switchToBranch('main')],
    ['listing the branches of a plain session', ofSession, (session) => session.listBranches()],
  ])('is not undone by %s, which has just seen it', async (_name, lastLook, call) => {
    const database = await backend.create();
    onTestFinished(() => database.drop());
    const store = new AdvancedSessionStore({ db: database.connect(), createTables: true });
    await new AdvancedSession({ store, sessionId: 'a' }).addItems([user('old')]);
    if (lastLook === ofSession) {
      const plain = new KyselySessionStore({ db: database.connect() });
      await plain.session('a').addItems([user('plain')]);
    }
    let deleted: boolean | undefined;
    const db = database.connect({
      log: async ({ query: { sql } }) => {
        if (deleted === undefined && lastLook.test(sql)) deleted = await store.deleteSession('a');
      },
    });
    const elsewhere = new AdvancedSessionStore({ db });
    const logger = { warn: () => {} };
    await call(new AdvancedSession({ store: elsewhere, sessionId: 'a', branchId: 'main', logger }));

    expect(deleted).toBe(true);
    expect(await store.getSession('a')).toBeUndefined();
  });
});

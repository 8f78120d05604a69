import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { Usage } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { turn, user } from './support/items.ts';

const ID = 'chat-1';

onEveryBackend((_backend, database) => {
  const open = () => new AdvancedSessionStore({ db: database().connect(), createTables: true });

  describe('sessions of the same id of two owners, and of none', () => {
    test('have branches and usage of their own', async () => {
      const store = open();
      const stores = [store.forOwner('alice'), store.forOwner('bob'), store];
      for (const [index, of] of stores.entries()) {
        const session = of.session(ID);
        expect(session).toBeInstanceOf(AdvancedSession);
        await session.addItems([...turn(`a${index}`, 'a'), ...turn(`b${index}`, 'b')]);
        await session.createBranchFromTurn(2, 'other');
        await session.addItems([user(`c${index}`)]);
        const usage = new Usage({ requests: 1, inputTokens: index + 1 });
        await session.storeRunUsage({ state: { usage } });
      }
      await stores[1]?.session(ID).deleteBranch('other', { force: true });
      await stores[2]?.deleteSession(ID);
      const alice = open().forOwner('alice').session(ID);
      expect(await alice.getItems()).toEqual([...turn('a0', 'a'), user('c0')]);
      expect(await alice.getSessionUsage()).toMatchObject({ inputTokens: 1 });
      const bob = open().forOwner('bob').session(ID);
      expect(await bob.getItems()).toEqual([...turn('a1', 'a'), ...turn('b1', 'b')]);
      expect(await open().session(ID).listBranches()).toHaveLength(1);
    });

    test('are listed by owner, and count what `main` shows', async () => {
      const store = open();
      const ofAlice = store.forOwner('alice');
      const { sessions } = await ofAlice.listSessions();
      expect(
        sessions.map(({ owner, sessionId, itemCount }) => [owner, sessionId, itemCount]),
      ).toEqual([['alice', ID, 4]]);
      expect(await ofAlice.getSession(ID)).toMatchObject({ owner: 'alice', sessionId: ID });
    });
  });

  test('the store of an owner opens sessions that take it as theirs, and has no owners', async () => {
    const ofCarol = open().forOwner('carol');
    const session = new AdvancedSession({ store: ofCarol, sessionId: ID });
    await session.addItems([user('hello')]);
    expect(await ofCarol.session(ID).getItems()).toEqual([user('hello')]);
    expect(() => ofCarol.forOwner('dave')).toThrowError(
      expect.objectContaining({ code: 'invalid_options' }),
    );
    await ofCarol.close();
    expect(await session.getItems()).toEqual([user('hello')]);
  });
});

import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { sessionInternals } from '@agent-sessions/core/backend';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backends } from '../../kysely/test/support/backends.ts';
import { turn, user } from './support/items.ts';
import { beginningSlowly, type Meanwhile, readingSlowly } from './support/meanwhile.ts';

describe.each(backends.filter(({ missing }) => missing === undefined))(
  'while another process writes on $name',
  (backend) => {
    /**
     * Two sessions, of two stores, on a branch of two ranges, which are read one after the other.
     * `during` happens whenever ours was given records, `before` before each of its transactions.
     */
    async function open() {
      const database = await backend.create();
      onTestFinished(() => database.drop());
      const hooks: { during: Meanwhile; before: Meanwhile } = {
        during: async () => {},
        before: async () => {},
      };
      const db = beginningSlowly(database.connect(), () => hooks.before());
      const slow = new AdvancedSessionStore({ db, createTables: true }).session('a');
      const ours = sessionInternals(slow)?.withCipher(readingSlowly(() => hooks.during()));
      if (!(ours instanceof AdvancedSession)) throw new Error('its views are of its class');
      await ours.addItems([...turn('one', '1'), ...turn('two', '2')]);
      await ours.createBranchFromTurn(2, 'branch');
      await ours.addItems([...turn('three', '3'), ...turn('four', '4')]);
      const store = new AdvancedSessionStore({ db: database.connect() });
      const theirs = new AdvancedSession({ store, sessionId: 'a' });
      await theirs.getItems();
      return { ours, theirs, hooks };
    }

    type Opened = Awaited<ReturnType<typeof open>>;

    /** Has something happen the first time only. */
    function once(hooks: Opened['hooks'], moment: 'during' | 'before', what: Meanwhile): void {
      hooks[moment] = async () => {
        hooks[moment] = async () => {};
        await what();
      };
    }

    async function compact(session: AdvancedSession): Promise<void> {
      await session.getItems();
      await session.replaceHistoryWithCompaction([user('summary of all four')]);
    }

    const contents = (turns: readonly { content: string }[]) => turns.map(({ content }) => content);

    test('getConversationTurns() shows the branch as it was at one moment', async () => {
      const { ours, theirs, hooks } = await open();
      once(hooks, 'during', () => compact(theirs));
      expect(contents(await ours.getConversationTurns())).toEqual(['summary of all four']);
    });

    test('findTurnsByContent() searches the branch as it was at one moment', async () => {
      const { ours, theirs, hooks } = await open();
      once(hooks, 'during', async () => {
        await theirs.rewindToTurn(2);
        await theirs.addItems([user('one more')]);
      });
      expect(contents(await ours.findTurnsByContent('o'))).toEqual(['one', 'one more']);
    });

    test('a branch that is deleted while it is read is an error', async () => {
      const { ours, theirs, hooks } = await open();
      once(hooks, 'during', () => theirs.deleteBranch('branch', { force: true }));
      await expect(ours.getConversationTurns()).rejects.toMatchObject({ code: 'branch_deleted' });
    });

    test('reading comes to an end, however many writes there are', async () => {
      const { ours, theirs, hooks } = await open();
      let writes = 0;
      hooks.during = async () => {
        if (writes === 50) return;
        writes += 1;
        await theirs.addItems([user('more')]);
      };
      hooks.before = async () => {
        hooks.during = async () => {};
      };
      const turns = await ours.getConversationTurns();
      expect(turns).toHaveLength(3 + writes);
      expect(writes).toBeLessThan(50);
    });

    test('createBranchFromContent() makes the branch from the turn that has the text by then', async () => {
      const { ours, theirs, hooks } = await open();
      once(hooks, 'before', async () => {
        await theirs.rewindToTurn(3);
        await theirs.addItems([...turn('five', '5'), ...turn('four', '4')]);
      });
      await ours.createBranchFromContent('four', 'found');
      expect(contents(await ours.getConversationTurns())).toEqual(['one', 'three', 'five']);
    });

    test('createBranchFromContent() comes to an end, however many writes there are', async () => {
      const { ours, theirs, hooks } = await open();
      let writes = 0;
      hooks.before = async () => {
        if (writes === 50) return;
        writes += 1;
        await theirs.addItems([user('more')]);
      };
      await ours.createBranchFromContent('four', 'found');
      expect(contents(await ours.getConversationTurns())).toEqual(['one', 'three']);
      expect(writes).toBeLessThan(50);
    });
  },
);

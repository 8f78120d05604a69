import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backends, mysql, postgres } from '../../kysely/test/support/backends.ts';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { turn, user } from './support/items.ts';

describe.each(backends.filter(({ missing }) => missing === undefined))(
  "in a caller's transaction on $name",
  (backend) => {
    /** A new database, and a session in it that is used outside any transaction. */
    async function open() {
      const database = await backend.create();
      onTestFinished(() => database.drop());
      const db = database.connect();
      const store = new AdvancedSessionStore({ db, createTables: true });
      return { db, outside: new AdvancedSession({ store, sessionId: 'a' }) };
    }

    test('branches are made, and undone with it', async () => {
      const { db, outside } = await open();
      await outside.addItems([...turn('one', '1'), ...turn('two', '2')]);

      const failed = db.transaction().execute(async (transaction) => {
        const session = new AdvancedSession({ db: transaction, sessionId: 'a' });
        await session.createBranchFromTurn(2, 'undone');
        await session.addItems([user('undone')]);
        expect(await session.getItems()).toHaveLength(3);
        throw new Error('the caller changes their mind');
      });
      await expect(failed).rejects.toThrow('changes their mind');
      expect(await outside.listBranches()).toHaveLength(1);
      expect(await outside.getItems()).toHaveLength(4);

      await db.transaction().execute(async (transaction) => {
        const session = new AdvancedSession({ db: transaction, sessionId: 'a' });
        await session.createBranchFromTurn(2, 'kept');
      });
      expect(await outside.listBranches()).toHaveLength(2);
    });

    test('a write that a savepoint took back is not built upon, even if its revision comes again', async () => {
      const { db, outside } = await open();
      await outside.addItems([user('before')]);

      const transaction = await db.startTransaction().execute();
      onTestFinished(async () => {
        if (!transaction.isCommitted) await transaction.rollback().execute();
      });
      const session = () => new AdvancedSession({ db: transaction, sessionId: 'a' });
      const first = session();
      const savepoint = await transaction.savepoint('caller').execute();
      await first.addItems([...turn('undone', '1'), user('undone')]);
      await savepoint.rollbackToSavepoint('caller').execute();
      await session().addItems([user('1'), user('2'), user('3')]);
      await first.addItems([user('4')]);
      await transaction.commit().execute();

      const items = ['before', '1', '2', '3', '4'].map((text) => user(text));
      expect(await outside.getItems()).toEqual(items);
      expect((await outside.listBranches())[0]).toMatchObject({ messageCount: 5, userTurns: 5 });
    });

    test('a read that a savepoint took back is not built upon, even if its rows come again', async () => {
      const { db, outside } = await open();
      await outside.addItems([user('1'), user('2')]);
      await outside.createBranchFromTurn(2, 'branch');
      await outside.addItems([user('b3'), user('b4')]);

      const transaction = await db.startTransaction().execute();
      onTestFinished(async () => {
        if (!transaction.isCommitted) await transaction.rollback().execute();
      });
      const session = new AdvancedSession({ db: transaction, sessionId: 'a' });
      const savepoint = await transaction.savepoint('caller').execute();
      await session.rewindToTurn(1);
      await session.addItems([user('undone')]);
      await session.getItems();
      await savepoint.rollbackToSavepoint('caller').execute();
      const other = new AdvancedSession({ db: transaction, sessionId: 'b' });
      await other.addItems([user('of another session')]);
      await session.addItems([user('y')]);
      await session.addItems([user('z')]);

      expect(await session.getItems()).toEqual(['1', 'b3', 'b4', 'y', 'z'].map(user));
      expect(await session.popItem()).toEqual(user('z'));
      await transaction.commit().execute();
    });

    // On MySQL no tables are created there: that would commit the transaction.
    test.skipIf(backend === mysql)(
      'tables are created, and created again when it takes them back',
      async () => {
        const database = await backend.create();
        onTestFinished(() => database.drop());
        const db = database.connect();
        for (let number = 0; number < 2; number += 1) {
          const failed = db.transaction().execute(async (transaction) => {
            for (const sessionId of ['a', 'b']) {
              const options = { db: transaction, sessionId, createTables: true };
              await new AdvancedSession(options).addItems([user('undone')]);
            }
            throw new Error('the caller changes their mind');
          });
          await expect(failed).rejects.toThrow('changes their mind');
        }
        const session = new AdvancedSession({ db, sessionId: 'a', createTables: true });
        await session.addItems([user('kept')]);
        expect(await session.getItems()).toEqual([user('kept')]);
      },
    );
  },
);

onEveryBackend(
  (_backend, database) => {
    test('a write on a history that has changed since is refused where the transaction cannot see it', async () => {
      const db = database().connect();
      const store = new AdvancedSessionStore({ db, createTables: true });
      const outside = store.session('a');
      await outside.addItems(turn('one', '1'));
      const write = db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (transaction) => {
          const session = new AdvancedSession({ db: transaction, sessionId: 'a' });
          expect(await session.getItems()).toHaveLength(2);
          await outside.addItems(turn('two', '2'));
          await session.addItems([user('late')]);
        });
      await expect(write).rejects.toMatchObject({ code: expect.stringMatching(/conflict|busy/) });
      expect(await outside.getItems()).toEqual([...turn('one', '1'), ...turn('two', '2')]);
      expect(await outside.listBranches()).toMatchObject([{ messageCount: 4, userTurns: 2 }]);
    });
  },
  // In the others, one connection is all that there is.
  [postgres, mysql],
);

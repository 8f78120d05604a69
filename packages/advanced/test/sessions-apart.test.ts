import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { operationChannel, type SessionOperation } from '@agent-sessions/core';
import { expect, onTestFinished, test } from 'vitest';
import { mysql, postgres } from '../../kysely/test/support/backends.ts';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { turn, user } from './support/items.ts';

const SESSIONS = 6;
const ROUNDS = 20;

/** Counts calls, and those that the database took back because of others' locks. */
function countRetries(): { calls: number; repeated: number } {
  const counts = { calls: 0, repeated: 0 };
  const asyncEnd = ({ retries }: SessionOperation) => {
    counts.calls += 1;
    if (retries > 0) counts.repeated += 1;
  };
  const nothing = () => {};
  const told = { start: nothing, end: nothing, asyncStart: nothing, asyncEnd, error: nothing };
  operationChannel.subscribe(told);
  onTestFinished(() => operationChannel.unsubscribe(told));
  return counts;
}

onEveryBackend(
  (_backend, database) => {
    test('calls on different sessions do not take back each other', async () => {
      const stores = [0, 1].map(() => {
        return new AdvancedSessionStore({ db: database().connect(), createTables: true });
      });
      await stores[0]?.migrate();
      const counts = countRetries();
      const works = Array.from({ length: SESSIONS }, async (_, number) => {
        const store = stores[number % stores.length] as AdvancedSessionStore;
        for (let round = 0; round < ROUNDS; round += 1) {
          const session = new AdvancedSession({ store, sessionId: `session ${number}` });
          await session.addItems([...turn('one', '1'), ...turn('two', '2'), user('three')]);
          await session.popItem();
          await session.createBranchFromTurn(2, `branch ${round}`);
          await session.addItems(turn('own', 'own'));
          await session.rewindToTurn(2);
          await session.replaceHistoryWithCompaction([user('all')]);
          await session.switchToBranch('main');
          await session.deleteBranch(`branch ${round}`);
          await session.clearSession();
          await turnOfEventLoop();
        }
        await store.deleteSession(`session ${number}`);
      });
      await Promise.all(works);
      console.log(`${counts.repeated} of ${counts.calls} calls were repeated`);
      expect(counts.repeated).toBeLessThanOrEqual(1);
    });
  },
  [postgres, mysql],
);

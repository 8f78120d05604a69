/**
 * Wrote `sessions.db`, which must open for ever. Run by hand, once for each version of the tables:
 *
 *     node --conditions=@agent-sessions/source packages/advanced/test/golden/write.ts <path>
 */
import { AdvancedSQLiteSessionStore } from '@agent-sessions/advanced';
import { Usage } from '@openai/agents';
import SQLite from 'better-sqlite3';
import { call, turn, user } from '../support/items.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('Pass the path of the file to write.');

const used = (inputTokens: number) => ({
  state: {
    usage: new Usage({ requests: 1, inputTokens, outputTokens: 5, totalTokens: inputTokens + 5 }),
  },
});

{
  await using store = new AdvancedSQLiteSessionStore({ path, createTables: true });

  const branched = store.session('branched');
  await branched.addItems([...turn('first question', 'first answer'), call('call_1', '{"n":1}')]);
  await branched.addItems(turn('second question', 'second answer'));
  await branched.storeRunUsage(used(10));
  await branched.createBranchFromTurn(2, 'other');
  await branched.addItems(turn('another question', 'another answer'));
  await branched.storeRunUsage(used(20));
  await branched.createBranchFromTurn(1, 'deleted');
  await branched.deleteBranch('deleted', { force: true });
  await branched.switchToBranch('other');

  const owned = store.forOwner('alice').session('branched');
  await owned.addItems(turn("Alice's question", 'her answer'));
  await owned.createBranchFromTurn(1, 'other');
  await owned.addItems([user("Alice's other question")]);

  const gaps = store.session('gaps');
  await gaps.addItems([...turn('kept', 'popped')]);
  await gaps.popItem();
  await gaps.applyHistoryTransaction({
    operationId: 'operation',
    transaction: { type: 'append_items', items: [user('by an operation')] },
  });
  await store.setMetadata('gaps', { title: 'With a gap' });

  const archived = store.session('archived');
  await archived.addItems(turn('long ago', 'forgotten'));
  await store.session('cleared').addItems([user('gone')]);
  await store.session('cleared').clearSession();
}

const database = new SQLite(path);
database.pragma('journal_mode = DELETE');
database.close();

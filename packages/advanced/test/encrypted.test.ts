import { randomBytes } from 'node:crypto';
import type { AdvancedSession } from '@agent-sessions/advanced';
import { isSessionError } from '@agent-sessions/core';
import { type RecordBackend, sessionInternals } from '@agent-sessions/core/backend';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { describe, expect, test } from 'vitest';
import { assistant, call, turn, user } from './support/items.ts';
import { openSessions } from './support/open.ts';

/** What a session on a branch reads from and writes to. */
function backendOf(session: AdvancedSession): RecordBackend {
  const internals = sessionInternals(session);
  if (internals === undefined) throw new Error('a session over a store has a backend');
  return internals.backend;
}

function openEncrypted() {
  const sessions = openSessions();
  const plain = sessions.session();
  const key = randomBytes(32);
  const encrypted = new EncryptedSession({ session: plain, key });
  return { ...sessions, plain, key, encrypted, session: encrypted.session };
}

test('branches work, and the database holds no text of the conversation', async () => {
  const { session, database } = openEncrypted();
  await session.addItems([
    ...turn('Paris?', 'Yes.'),
    ...turn('Rome?', 'Too.'),
    call('c', '{"a":1}'),
  ]);
  await session.createBranchFromTurn(2, 'branch');
  await session.addItems([user('Oslo?')]);
  expect(await session.getItems()).toEqual([...turn('Paris?', 'Yes.'), user('Oslo?')]);
  const stored = database.prepare('SELECT message_data FROM agent_messages').pluck().all().join();
  for (const word of ['Paris', 'Rome', 'Oslo', 'lookup']) expect(stored).not.toContain(word);
});

test('previews, search and tool usage read through the encryption', async () => {
  const { session } = openEncrypted();
  await session.addItems([...turn('Paris?', 'Rain.'), user('Rome?'), call('c', '{"city":"Rome"}')]);
  expect((await session.getConversationTurns()).map(({ content }) => content)).toEqual([
    'Paris?',
    'Rome?',
  ]);
  expect((await session.findTurnsByContent('rAIN')).map((found) => found.turn)).toEqual([1]);
  expect(await session.getToolUsage()).toEqual([{ toolName: 'lookup', count: 1, turn: 2 }]);
  await session.createBranchFromContent('rome', 'from_content');
  expect(await session.getItems()).toEqual(turn('Paris?', 'Rain.'));
});

test('the encrypted session and the one inside are on the same branch', async () => {
  const { session, plain, encrypted } = openEncrypted();
  await session.addItems([user('Paris?')]);
  await plain.createBranchFromTurn(1, 'branch');
  expect(await session.currentBranchId()).toBe('branch');
  expect(await encrypted.getItems()).toEqual([]);
});

test('a wrong key is an error for search, and for a write that would have to read', async () => {
  const { session, elsewhere, key } = openEncrypted();
  await session.addItems([user('Paris?')]);
  const other = new EncryptedSession({ session: elsewhere(), key: randomBytes(32) });
  const search = await other.session.findTurnsByContent('Paris').catch((reason) => reason);
  expect(isSessionError(search)).toBe(true);
  await expect(other.popItem()).rejects.toThrow();
  const again = new EncryptedSession({ session: elsewhere(), key });
  expect(await again.getItems()).toEqual([user('Paris?')]);
});

test('a new key keeps what all branches show, and what is known of their items', async () => {
  const { session, elsewhere, key } = openEncrypted();
  await session.addItems([...turn('Paris?', 'Yes.'), user('Rome?'), call('c')]);
  await session.createBranchFromTurn(2, 'branch');
  await session.addItems([assistant('own')]);
  const current = randomBytes(32);
  const keys = { current: 'new', ring: { key, new: current } };
  const rotating = new EncryptedSession({ session: elsewhere(), keys });
  expect(await rotating.getItems()).toEqual([...turn('Paris?', 'Yes.'), assistant('own')]);
  expect(await rotating.rotate()).toBeGreaterThan(0);
  expect(await rotating.getItems()).toEqual([...turn('Paris?', 'Yes.'), assistant('own')]);
  expect((await rotating.session.getConversationByTurns()).get(1)).toEqual([
    { type: 'user' },
    { type: 'assistant' },
    { type: 'assistant' },
  ]);
  await rotating.session.switchToBranch('main');
  expect(await rotating.getItems()).toEqual([...turn('Paris?', 'Yes.'), user('Rome?'), call('c')]);
});

describe('maintenance reaches every branch, from whichever the session is on', () => {
  /** Two branches that share two items, and have one or two of their own. */
  async function openBranches() {
    const opened = openEncrypted();
    const { session } = opened;
    await session.addItems([...turn('Paris?', 'Yes.'), user('Rome?'), call('c')]);
    await session.createBranchFromTurn(2, 'branch');
    await session.addItems([assistant('own')]);
    return opened;
  }
  const histories = {
    main: [...turn('Paris?', 'Yes.'), user('Rome?'), call('c')],
    branch: [...turn('Paris?', 'Yes.'), assistant('own')],
  };
  const countRows = `SELECT count(*) FROM agent_messages`;

  test('after rotate() the new key alone opens all of them, and no row was copied', async () => {
    const { elsewhere, key, database } = await openBranches();
    const before = database.prepare(countRows).pluck().get();
    const current = randomBytes(32);
    const rotating = new EncryptedSession({
      session: elsewhere(),
      keys: { current: 'new', ring: { key, new: current } },
    });
    const progress: number[] = [];
    expect(await rotating.rotate({ onProgress: ({ done }) => progress.push(done) })).toBe(5);
    expect(progress.at(-1)).toBe(5);
    expect(database.prepare(countRows).pluck().get()).toBe(before);
    const alone = new EncryptedSession({
      session: elsewhere(),
      keys: { current: 'new', ring: { new: current } },
    });
    for (const [branchId, items] of Object.entries(histories)) {
      await alone.session.switchToBranch(branchId);
      expect(await alone.getItems()).toEqual(items);
    }
  });

  test('rotate() rejects and changes nothing if a record of another branch does not decrypt', async () => {
    const { elsewhere, key, database } = await openBranches();
    const rows = 'SELECT id, message_data FROM agent_messages ORDER BY id';
    // The newest row of `main`, while the session is on `branch`.
    database.exec(`UPDATE agent_messages SET message_data = '{"v":1}' WHERE id = 4`);
    const before = database.prepare(rows).all();
    const keys = { current: 'new', ring: { key, new: randomBytes(32) } };
    const rotating = new EncryptedSession({ session: elsewhere(), keys });
    await expect(rotating.rotate()).rejects.toMatchObject({ code: 'decryption_failed' });
    expect(database.prepare(rows).all()).toEqual(before);
  });

  test('what was read on another branch before its rows were sealed anew is not written back', async () => {
    const { elsewhere } = await openBranches();
    const onMain = elsewhere();
    await onMain.switchToBranch('main');
    const main = backendOf(onMain);
    const { state, records } = await main.snapshot('conversation');
    const onBranch = elsewhere();
    await onBranch.switchToBranch('branch');
    const branch = backendOf(onBranch);
    // Seals what the branch shows, and nothing else.
    const shown = await branch.snapshot('conversation', { positions: true });
    const changes = new Map(shown.positions?.map((at, index) => [at, shown.records[index] ?? '']));
    if (shown.state === undefined) throw new Error('the session exists');
    await branch.rewrite('conversation', { state: shown.state, changes });
    expect(await main.replaceTail('conversation', { state, drop: 'all', records })).toBeUndefined();
  });

  test('a branch that is deleted meanwhile is passed over', async () => {
    const { session, plain, key } = openEncrypted();
    await session.addItems(turn('Paris?', 'Yes.'));
    await session.createBranchFromTurn(1, 'doomed');
    await session.addItems([user('Oslo?')]);
    await session.switchToBranch('main');
    const keys = { current: 'new', ring: { key, new: randomBytes(32) } };
    const rotating = new EncryptedSession({ session: plain, keys });
    let deletion: Promise<void> | undefined;
    const onProgress = () => {
      deletion ??= session.deleteBranch('doomed');
    };
    expect(await rotating.rotate({ onProgress })).toBe(2);
    await deletion;
    expect(await rotating.getItems()).toEqual(turn('Paris?', 'Yes.'));
  });

  test('encryptExisting() leaves no plain item on any of them', async () => {
    const { session, elsewhere, database } = openSessions();
    const plain = session();
    await plain.addItems(histories.main);
    await plain.createBranchFromTurn(2, 'branch');
    await plain.addItems([assistant('own')]);
    const encrypted = new EncryptedSession({ session: elsewhere(), key: randomBytes(32) });
    expect(await encrypted.isEncrypted()).toBe(false);
    expect(await encrypted.encryptExisting()).toBe(5);
    expect(await encrypted.isEncrypted()).toBe(true);
    const stored = database.prepare('SELECT message_data FROM agent_messages').pluck().all();
    expect(stored.join()).not.toMatch(/Paris|Rome|own/);
  });

  test('isEncrypted() sees a plain item of another branch', async () => {
    const { session, elsewhere, key } = await openBranches();
    const plain = elsewhere();
    await plain.switchToBranch('main');
    await plain.addItems([user('plain')]);
    await session.switchToBranch('branch');
    const encrypted = new EncryptedSession({ session: elsewhere(), key });
    expect(await encrypted.getItems()).toEqual(histories.branch);
    expect(await encrypted.isEncrypted()).toBe(false);
  });

  test('purgeExpired() deletes what is over on all of them', async () => {
    const { elsewhere, key, database } = await openBranches();
    const now = () => Date.now() + 3_600_000;
    const later = new EncryptedSession({ session: elsewhere(), key, ttlSeconds: 60, now });
    await later.addItems([user('new')]);
    await later.purgeExpired();
    expect(database.prepare(countRows).pluck().get()).toBe(1);
    expect(await later.getItems()).toEqual([user('new')]);
    await later.session.switchToBranch('main');
    expect(await later.getItems()).toEqual([]);
  });
});

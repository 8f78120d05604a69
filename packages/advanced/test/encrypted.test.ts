import { randomBytes } from 'node:crypto';
import { isSessionError } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { expect, test } from 'vitest';
import { assistant, call, turn, user } from './support/items.ts';
import { openSessions } from './support/open.ts';

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

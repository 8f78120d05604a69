import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { type AgentInputItem, MemorySession, type Session } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { KEY, OTHER_KEY } from './support/keys.ts';
import { ListSession } from './support/list-session.ts';
import { user } from './support/records.ts';

describe('what is encrypted already', () => {
  const stored = new EncryptedSession({ session: new MemorySessionStore().session('s'), key: KEY });
  const plain = new EncryptedSession({ session: new MemorySession(), key: KEY });
  const sessions: Readonly<Record<string, Session>> = {
    'an encrypted session over a store': stored,
    'the session inside it': stored.session,
    'an encrypted session over another one': plain,
    'an object that inherits from one': Object.create(plain),
  };

  test.each(Object.entries(sessions))('is refused: %s', (_, session) => {
    expect(() => new EncryptedSession({ session, key: OTHER_KEY })).toThrow(
      expect.objectContaining({
        code: 'invalid_options',
        message: expect.stringContaining('encrypted already'),
      }),
    );
  });
});

describe('a session over a store with members of its own is refused', () => {
  class Audited extends SQLiteSession {
    override async addItems(items: AgentInputItem[]): Promise<void> {
      await super.addItems(items);
    }
  }
  class WithMethod extends StoredSession<MemorySessionStore> {
    async describe(): Promise<string> {
      return `${(await this.getItems()).length} items`;
    }
  }
  class WithGetter extends StoredSession<MemorySessionStore> {
    override get damagedRecords(): number {
      return 0;
    }
  }
  class WithField extends StoredSession<MemorySessionStore> {
    readonly tenant = 'acme';
  }
  const store = new MemorySessionStore();
  const patched = Object.assign(store.session('s'), { popItem: async () => undefined });
  const sessions: readonly [string, string, () => Session][] = [
    ['a subclass that overrides a method', 'addItems', () => new Audited()],
    ['a subclass with a method', 'describe', () => new WithMethod({ store })],
    ['a subclass that overrides a getter', 'damagedRecords', () => new WithGetter({ store })],
    ['a subclass with a field', 'tenant', () => new WithField({ store })],
    ['an object with a method of its own', 'popItem', () => patched],
  ];

  test.each(sessions)('%s', (_, name, open) => {
    expect(() => new EncryptedSession({ session: open(), key: KEY })).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringContaining(`"${name}"`),
      }),
    );
  });

  test('a subclass that only passes options is taken', async () => {
    class Named extends SQLiteSession {
      constructor(sessionId: string) {
        super({ sessionId });
      }
    }
    const session = new EncryptedSession({ session: new Named('s'), key: KEY });
    await session.addItems([user('hello')]);
    expect(await session.getItems()).toEqual([user('hello')]);
  });
});

test('a subclass of a session that is not over a store keeps its overrides', async () => {
  const audit: number[] = [];
  class Audited extends ListSession {
    override async addItems(items: AgentInputItem[]): Promise<void> {
      audit.push(items.length);
      await super.addItems(items);
    }
  }
  const session = new EncryptedSession({ session: new Audited('audited'), key: KEY });
  await session.addItems([user('one'), user('two')]);
  expect(audit).toEqual([2]);
  expect(await session.getItems()).toEqual([user('one'), user('two')]);
});

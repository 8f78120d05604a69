import type { AgentInputItem, SessionHistoryTransaction } from '@openai/agents';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemorySessionStore, SessionStore, type StoredSession } from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { carrying, nested, user } from './items.ts';

let store: MemorySessionStore;
let session: StoredSession;

beforeEach(async () => {
  store = new MemorySessionStore();
  session = store.session('a');
  await session.addItems(['1', '2', '3'].map(user));
});

function append(...items: AgentInputItem[]): SessionHistoryTransaction {
  return { type: 'append_items', items };
}

function replace(
  expectedSuffix: AgentInputItem[],
  replacement: AgentInputItem[],
): SessionHistoryTransaction {
  return { type: 'replace_suffix', expectedSuffix, replacement };
}

function apply(operationId: string, transaction: SessionHistoryTransaction): Promise<void> {
  return session.applyHistoryTransaction({ operationId, transaction });
}

async function texts(): Promise<unknown[]> {
  return (await session.getItems()).map((item) => 'content' in item && item.content);
}

describe('a transaction is applied once', () => {
  test('however often and through whichever session object it is repeated', async () => {
    const transaction = append(user('new'));
    await apply('o', transaction);
    await apply('o', structuredClone(transaction));
    await store.session('a').applyHistoryTransaction({ operationId: 'o', transaction });
    expect(await texts()).toEqual(['1', '2', '3', 'new']);
  });

  test('if it is repeated while it is being applied', async () => {
    await Promise.all(Array.from({ length: 10 }, () => apply('o', append(user('new')))));
    expect(await texts()).toEqual(['1', '2', '3', 'new']);
  });

  test('also if what it replaced is no longer there', async () => {
    const transaction = replace([user('3')], [user('new')]);
    await apply('o', transaction);
    await session.addItems([user('later')]);
    await apply('o', transaction);
    expect(await texts()).toEqual(['1', '2', 'new', 'later']);
  });

  test('also if it was empty', async () => {
    await apply('o', append());
    await apply('o', append());
    await expect(apply('o', append(user('x')))).rejects.toThrow('already applied');
    expect(await texts()).toEqual(['1', '2', '3']);
  });

  test('whatever the order of keys, and with or without undefined properties', async () => {
    await apply('o', append({ type: 'message', role: 'user', content: 'new' }));
    await apply(
      'o',
      append({ content: 'new', role: 'user', id: undefined, type: 'message' } as never),
    );
    expect(await texts()).toEqual(['1', '2', '3', 'new']);
  });

  test.each([
    ['other content', append(user('other'))],
    ['another kind', replace([], [user('new')])],
    ['more items', append(user('new'), user('new'))],
    ['a property more', append({ ...user('new'), id: 'x' } as AgentInputItem)],
    ['nothing', append()],
  ])('and an operation id that is used again for %s is refused', async (_what, transaction) => {
    await apply('o', append(user('new')));
    await expect(apply('o', transaction)).rejects.toMatchObject({
      name: 'UserError',
      message: 'Session history operation was already applied with a different transaction.',
    });
    expect(await texts()).toEqual(['1', '2', '3', 'new']);
  });

  test('for each session id', async () => {
    await apply('o', append(user('new')));
    const transaction = append(user('elsewhere'));
    await store.session('b').applyHistoryTransaction({ operationId: 'o', transaction });
    expect(await store.session('b').getItems()).toEqual([user('elsewhere')]);
  });

  test('until clearSession, which forgets it', async () => {
    await apply('o', append(user('new')));
    await session.clearSession();
    await apply('o', append(user('again')));
    expect(await texts()).toEqual(['again']);
  });

  test('and one that failed was not applied', async () => {
    await expect(apply('o', replace([user('2')], []))).rejects.toThrow('no longer matches');
    await apply('o', append(user('new')));
    expect(await texts()).toEqual(['1', '2', '3', 'new']);
  });
});

describe('an operation id', () => {
  test.each([
    ['very long ids', 'x'.repeat(5000), `${'x'.repeat(5000)}y`],
    ['case', 'op', 'OP'],
    ['spaces', 'op', 'op '],
    ['Unicode form', 'caf\u00e9', 'cafe\u0301'],
    ['which lone surrogate', 'op\ud800', 'op\ud801'],
  ])('is told apart by %s', async (_by, one, two) => {
    await apply(one, append(user('one')));
    await apply(two, append(user('two')));
    await apply(one, append(user('one')));
    expect(await texts()).toEqual(['1', '2', '3', 'one', 'two']);
  });
});

describe('replace_suffix', () => {
  test.each([
    ['the newest items', [user('2'), user('3')], [user('x')], ['1', 'x']],
    ['everything', ['1', '2', '3'].map(user), [], []],
    ['nothing, which appends', [], [user('x')], ['1', '2', '3', 'x']],
    ['an item by itself', [user('3')], [user('3')], ['1', '2', '3']],
  ])('replaces %s', async (_what, expected, replacement, after) => {
    await apply('o', replace(expected, replacement));
    expect(await texts()).toEqual(after);
  });

  test.each([
    ['other items', [user('2')]],
    ['the items in another order', [user('3'), user('2')]],
    ['more items than there are', ['0', '1', '2', '3'].map(user)],
    ['an item with a property more', [{ ...user('3'), id: 'x' } as AgentInputItem]],
  ])('with %s for a suffix is refused and changes nothing', async (_what, expected) => {
    await expect(apply('o', replace(expected, [user('x')]))).rejects.toThrow(
      'Session history suffix no longer matches the transaction precondition.',
    );
    expect(await texts()).toEqual(['1', '2', '3']);
  });

  test('finds an item with bytes by its bytes', async () => {
    await session.addItems([carrying({ bytes: Uint8Array.of(1, 2) })]);
    const wrong = apply('o', replace([carrying({ bytes: Uint8Array.of(1, 3) })], []));
    await expect(wrong).rejects.toThrow('no longer matches');
    await apply('o', replace([carrying({ bytes: Uint8Array.of(1, 2) })], []));
    expect(await texts()).toEqual(['1', '2', '3']);
  });
});

describe('the items of a transaction', () => {
  test('are read before the call returns', async () => {
    const item = { type: 'message' as const, role: 'user' as const, content: 'new' };
    const applied = apply('o', append(item));
    item.content = 'changed';
    await applied;
    expect(await texts()).toEqual(['1', '2', '3', 'new']);
  });

  test('may be nested as deep as those of addItems', async () => {
    const deep = [carrying(nested(499))];
    await session.addItems(deep);
    await apply('append', append(...deep));
    await apply('replace', replace([...deep, ...deep], deep));
    expect((await session.getItems()).slice(3)).toEqual(deep);
  });

  test('are never shown in an error', async () => {
    const secret = carrying({ secret: 1n });
    const errors = await Promise.all(
      [append(secret), replace([secret], []), replace([user('secret')], [])].map((transaction) =>
        apply('o', transaction).then(() => 'accepted', String),
      ),
    );
    expect(errors).toEqual([
      'UserError: Session history transaction items contain invalid or unsupported data.',
      'UserError: Session history transaction items contain invalid or unsupported data.',
      'UserError: Session history suffix no longer matches the transaction precondition.',
    ]);
  });

  test('may not be over the bound of the store', async () => {
    class SmallBackend extends MemoryBackend {
      readonly maxRecordBytes = 100;
    }
    session = new SessionStore(new SmallBackend()).session();
    await expect(apply('o', append(user('x'.repeat(100))))).rejects.toMatchObject({
      code: 'item_too_large',
    });
    await apply('o', append(user('x')));
    expect(await texts()).toEqual(['x']);
  });
});

test('a transaction with many bytes takes no longer than adding them', async () => {
  const session = new MemorySessionStore().session('bytes');
  const item = {
    role: 'user' as const,
    content: 'x',
    providerData: { bytes: new Uint8Array(8e6) },
  };
  const begin = performance.now();
  const transaction = { type: 'append_items' as const, items: [item] };
  await session.applyHistoryTransaction({ operationId: 'bytes', transaction });
  expect(performance.now() - begin).toBeLessThan(2000);
  expect(await session.getItems()).toEqual([item]);
});

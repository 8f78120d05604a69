import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Append, type TailReplacement, traceOperation } from '../src/backend.ts';
import {
  MemorySessionStore,
  operationChannel,
  type SessionOperation,
  SessionStore,
  type StoredSession,
} from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { user } from './items.ts';

/** What was told, event by event, in the order in which it happened. */
const events: string[] = [];
const finished: SessionOperation[] = [];
const note = (event: string) => (operation: SessionOperation) => {
  events.push(`${event} ${operation.operation}`);
  if (event === 'asyncEnd') finished.push(operation);
};
const subscribers = {
  start: note('start'),
  end: note('end'),
  asyncStart: note('asyncStart'),
  asyncEnd: note('asyncEnd'),
  error: note('error'),
};

beforeEach(() => {
  events.length = 0;
  finished.length = 0;
  operationChannel.subscribe(subscribers);
});
afterEach(() => {
  operationChannel.unsubscribe(subscribers);
});

const open = (): StoredSession => new MemorySessionStore().session('ada');
const openOn = (backend: MemoryBackend): StoredSession => new SessionStore(backend).session('ada');

describe('the tracing channel of operations', () => {
  test('tells of a call where it is made, and again when its work is done', async () => {
    const added = open().addItems([user('Hello')]);
    expect(events).toEqual(['start addItems', 'end addItems']);
    await added;
    expect(events.slice(2)).toEqual(['asyncStart addItems', 'asyncEnd addItems']);
  });

  test('tells the operation, the store, the session, the items and the time of each call', async () => {
    const session = open();
    await session.addItems([user('1'), user('2'), user('3')]);
    await session.getItems();
    await session.getItems(2);
    await session.popItem();
    await session.applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'append_items', items: [user('4')] },
    });
    await session.replaceHistoryWithCompaction([user('summary')]);
    await session.clearSession();
    await session.popItem();
    await session.store.setMetadata('ada', { title: 'Hello' });
    await session.store.listSessions();
    await session.store.deleteSession('ada');
    expect(finished.map(({ operation, itemCount }) => [operation, itemCount])).toEqual([
      ['addItems', 3],
      ['getItems', 3],
      ['getItems', 2],
      ['popItem', 1],
      ['applyHistoryTransaction', 1],
      ['replaceHistoryWithCompaction', 1],
      ['clearSession', undefined],
      ['popItem', 0],
      ['setMetadata', undefined],
      ['listSessions', undefined],
      ['deleteSession', undefined],
    ]);
    for (const { operation, store, sessionId, durationMs, retries } of finished) {
      expect(store).toBe('MemorySessionStore');
      expect(sessionId).toBe(operation === 'listSessions' ? undefined : 'ada');
      expect(durationMs).toBeGreaterThanOrEqual(0);
      // A session that was born in this millisecond is deleted in the next one.
      if (operation !== 'deleteSession') expect(retries).toBe(0);
    }
  });

  test('counts an operation that the ledger held as no items', async () => {
    const session = open();
    const transaction = { type: 'append_items' as const, items: [user('1')] };
    for (let time = 0; time < 2; time += 1) {
      await session.applyHistoryTransaction({ operationId: 'o', transaction });
    }
    expect(finished.map(({ itemCount }) => itemCount)).toEqual([1, 0]);
  });

  test('gives the hash of the session id to who must not log ids', async () => {
    await open().getItems();
    const hash = createHash('sha256').update('ada').digest('hex');
    expect(finished[0]?.sessionIdHash).toBe(hash);
  });

  test('counts the attempts that others got in before', async () => {
    class Contested extends MemoryBackend {
      wins = 3;
      override async replaceTail(id: string, replacement: TailReplacement) {
        if (this.wins > 0) {
          this.wins -= 1;
          await this.append(id, { records: [JSON.stringify(user('theirs'))] });
        }
        return super.replaceTail(id, replacement);
      }
    }
    const session = openOn(new Contested());
    await session.addItems([user('mine')]);
    await session.popItem();
    expect(finished.map(({ operation, retries }) => [operation, retries])).toEqual([
      ['addItems', 0],
      ['popItem', 3],
    ]);
  });

  test('tells why a call rejected, and the caller gets the same error', async () => {
    class Full extends MemoryBackend {
      override append(): Promise<never> {
        return Promise.reject(new Error('full'));
      }
    }
    await expect(openOn(new Full()).addItems([user('Hello')])).rejects.toThrow('full');
    expect(events).toContain('error addItems');
    expect(finished[0]?.error).toEqual(new Error('full'));
  });

  test('holds nothing of what was said', async () => {
    const session = open();
    await session.addItems([user('secret')]);
    await session.getItems();
    await session.popItem();
    for (const operation of finished) {
      expect(Object.keys(operation).sort()).not.toContain('error');
      expect(JSON.stringify({ ...operation })).not.toContain('secret');
    }
  });

  test('includes the wait for the calls that were made before', async () => {
    let release = () => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    class Slow extends MemoryBackend {
      override async append(id: string, append: Append) {
        await blocked;
        return super.append(id, append);
      }
    }
    const session = openOn(new Slow());
    const calls = [session.addItems([user('1')]), session.getItems()];
    expect(events).toEqual(['start addItems', 'end addItems', 'start getItems', 'end getItems']);
    release();
    await Promise.all(calls);
    const [first, second] = finished;
    expect(second?.durationMs).toBeGreaterThan((first?.durationMs ?? 0) / 2);
    expect(second?.itemCount).toBe(1);
  });

  test('carries a context of the subscriber through the work of the call', async () => {
    const spans = new AsyncLocalStorage<string>();
    operationChannel.start.bindStore(spans, ({ operation }) => `span of ${operation}`);
    const seen: (string | undefined)[] = [];
    class Watching extends MemoryBackend {
      override append(id: string, append: Append) {
        seen.push(spans.getStore());
        return super.append(id, append);
      }
    }
    await openOn(new Watching()).addItems([user('Hello')]);
    operationChannel.start.unbindStore(spans);
    expect(seen).toEqual(['span of addItems']);
  });

  test('is told nothing once it is left, and nothing is made for it', async () => {
    operationChannel.unsubscribe(subscribers);
    const work = async () => 'done';
    const call = {
      operation: 'addItems',
      get store(): object {
        throw new Error('nobody asked');
      },
      sessionId: () => undefined,
    };
    expect(await traceOperation(call, work)).toBe('done');
    expect(events).toEqual([]);
  });
});

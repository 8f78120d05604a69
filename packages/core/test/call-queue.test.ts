import { describe, expect, test } from 'vitest';
import { type Append, type Appended, CallQueue } from '../src/backend.ts';
import {
  MemorySessionStore,
  SessionError,
  SessionStore,
  type StoredSession,
} from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { call, user } from './items.ts';

/** Holds back each write until `open` is called, as a slow database does. */
class SlowBackend extends MemoryBackend {
  readonly #gate: Promise<void>;
  open: () => void = () => {};

  constructor() {
    super();
    this.#gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  override async append(id: string, append: Append): Promise<Appended | undefined> {
    if (id !== 'fast') await this.#gate;
    return super.append(id, append);
  }
}

describe('calls on one session id take effect in the order in which they were made', () => {
  test('without being awaited, reads included', async () => {
    const session = new MemorySessionStore().session('a');
    const calls = [
      session.addItems([user('1')]),
      session.addItems([user('2'), user('3')]),
      session.getItems(),
      session.popItem(),
      session.getItems(2),
      session.clearSession(),
      session.popItem(),
      session.addItems([user('4')]),
      session.getItems(),
    ];
    expect(await Promise.all(calls)).toEqual([
      undefined,
      undefined,
      ['1', '2', '3'].map(user),
      user('3'),
      ['1', '2'].map(user),
      undefined,
      undefined,
      undefined,
      [user('4')],
    ]);
  });

  test('on a slow store, through any number of session objects', async () => {
    const slowly = new SlowBackend();
    const store = new SessionStore(slowly);
    const numbers = Array.from({ length: 20 }, (_, index) => String(index));
    const adding = numbers.map((number) => store.session('a').addItems([user(number)]));
    const reading = store.session('a').getItems();
    slowly.open();
    await Promise.all(adding);
    expect(await reading).toEqual(numbers.map(user));
  });

  test('transactions, mutations and compaction included', async () => {
    const session = new MemorySessionStore().session('a');
    const first = call('c', '{"n":1}');
    const second = call('c', '{"n":2}');
    const calls = [
      session.addItems([first]),
      session.applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId: 'c', replacement: second }],
      }),
      session.applyHistoryTransaction({
        operationId: 'o',
        transaction: {
          type: 'replace_suffix',
          expectedSuffix: [second],
          replacement: [user('x')],
        },
      }),
      session.getItems(),
      session.replaceHistoryWithCompaction([user('summary')]),
      session.getItems(),
    ];
    const results = await Promise.all(calls);
    expect([results[3], results[5]]).toEqual([[user('x')], [user('summary')]]);
  });

  test('also if a call before failed', async () => {
    const session = new MemorySessionStore().session('a');
    const failing = session.applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'replace_suffix', expectedSuffix: [user('no')], replacement: [] },
    });
    const adding = session.addItems([user('1')]);
    await expect(failing).rejects.toThrow('suffix no longer matches');
    await adding;
    expect(await session.getItems()).toEqual([user('1')]);
  });

  test('and calls on other ids do not wait for them', async () => {
    const slowly = new SlowBackend();
    const store = new SessionStore(slowly);
    const slow = store.session('slow').addItems([user('1')]);
    await store.session('fast').addItems([user('2')]);
    expect(await store.session('fast').getItems()).toEqual([user('2')]);
    slowly.open();
    await slow;
  });

  test('calls of the directory included', async () => {
    const store = new MemorySessionStore();
    const session = store.session('a');
    const adding = [session.addItems([user('1')]), session.addItems([user('2')])];
    const info = store.getSession('a');
    const deleted = store.deleteSession('a');
    await Promise.all(adding);
    expect(await info).toMatchObject({ itemCount: 2 });
    expect(await deleted).toBe(true);
    expect(await session.getItems()).toEqual([]);
  });
});

describe('N concurrent pops over N items', () => {
  test('give N different items', async () => {
    const store = new MemorySessionStore();
    const items = Array.from({ length: 50 }, (_, index) => user(String(index)));
    await store.session('a').addItems(items);
    const popped = await Promise.all(items.map(() => store.session('a').popItem()));
    expect(popped).toEqual(items.toReversed());
  });
});

describe('a queue of an author of sessions', () => {
  test('closes once, after all calls made before, ordered or not', async () => {
    const queue = new CallQueue();
    const done: string[] = [];
    const note = (what: string) => async () => {
      await Promise.resolve();
      done.push(what);
    };
    const calls = [
      queue.run('a', note('first')),
      queue.run('a', note('second')),
      queue.runUnordered(note('of no session')),
    ];
    await Promise.all([queue.close(note('released')), queue.close(note('again'))]);
    await Promise.all(calls);
    expect(done.toSorted()).toEqual(['first', 'of no session', 'released', 'second']);
    expect(done.at(-1)).toBe('released');
  });

  test('refuses every call once it was closed, without running it', async () => {
    const queue = new CallQueue();
    queue.assertOpen();
    await queue.close(() => {});
    const work = () => Promise.reject(new Error('ran'));
    await expect(queue.run('a', work)).rejects.toMatchObject({ code: 'closed' });
    await expect(queue.runUnordered(work)).rejects.toMatchObject({ code: 'closed' });
    expect(() => queue.assertOpen()).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});

describe('work that runs alone', () => {
  test('begins after all calls made before, and calls made later begin after it', async () => {
    const queue = new CallQueue();
    const order: string[] = [];
    const note = (what: string) => async () => {
      order.push(`${what} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${what} ends`);
    };
    await Promise.all([
      queue.run('a', note('a')),
      queue.runAlone(note('alone')),
      queue.run('a', note('later a')),
      queue.runAlone(note('alone again')),
      queue.runUnordered(note('a list')),
    ]);
    expect(order).toEqual(
      ['a', 'alone', 'later a', 'alone again', 'a list'].flatMap((what) => [
        `${what} begins`,
        `${what} ends`,
      ]),
    );
  });

  test('lets others go on when it rejects, and closing waits for it', async () => {
    const queue = new CallQueue();
    const failing = queue.runAlone(() => Promise.reject(new Error('mine')));
    const later = queue.run('a', async () => 'done');
    await expect(failing).rejects.toThrow('mine');
    expect(await later).toBe('done');
    let isDone = false;
    const last = queue.runAlone(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isDone = true;
    });
    await queue.close(() => expect(isDone).toBe(true));
    await last;
    await expect(queue.runAlone(async () => {})).rejects.toMatchObject({ code: 'closed' });
  });
});

test('a refusal is asked for when a call is made, however long the call would wait', async () => {
  let refusal: SessionError | undefined;
  const queue = new CallQueue({ refusal: () => refusal });
  const waiting = [queue.runAlone(async () => {}), queue.run('a', async () => 'runs')];
  refusal = new SessionError('unsupported', 'Not now.');
  const work = () => Promise.reject(new Error('ran'));
  await expect(queue.run('a', work)).rejects.toBe(refusal);
  await expect(queue.runUnordered(work)).rejects.toBe(refusal);
  await expect(queue.runAlone(work)).rejects.toBe(refusal);
  await expect(queue.close(work)).rejects.toBe(refusal);
  refusal = undefined;
  expect(await Promise.all(waiting)).toEqual([undefined, 'runs']);
});

test('a queue that was closed refuses with the error that it was given', async () => {
  const queue = new CallQueue();
  const over = new SessionError('closed', 'It is over.');
  await queue.close(() => {}, { error: () => over });
  await expect(queue.run('a', async () => {})).rejects.toBe(over);
  expect(() => queue.assertOpen()).toThrow(over);
});

const methods: [string, (session: StoredSession) => Promise<unknown>][] = [
  ['getSessionId', (session) => session.getSessionId()],
  ['getItems', (session) => session.getItems()],
  ['getItems(0)', (session) => session.getItems(0)],
  ['addItems', (session) => session.addItems([user('x')])],
  ['addItems([])', (session) => session.addItems([])],
  ['popItem', (session) => session.popItem()],
  ['clearSession', (session) => session.clearSession()],
  [
    'applyHistoryTransaction',
    (session) =>
      session.applyHistoryTransaction({
        operationId: 'o',
        transaction: { type: 'append_items', items: [] },
      }),
  ],
  ['applyHistoryMutations', (session) => session.applyHistoryMutations({ mutations: [] })],
  ['replaceHistoryWithCompaction', (session) => session.replaceHistoryWithCompaction([])],
];

describe.each(methods)('%s', (_name, method) => {
  test('rejects after the session was closed', async () => {
    const session = new MemorySessionStore().session('a');
    await session.close();
    await expect(method(session)).rejects.toMatchObject({ code: 'closed' });
  });

  test('rejects after the store was closed', async () => {
    const store = new MemorySessionStore();
    const session = store.session('a');
    await store.close();
    await expect(method(session)).rejects.toMatchObject({ code: 'closed' });
  });
});

import { MemorySessionStore } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import {
  Agent,
  type AgentInputItem,
  MemorySession,
  Runner,
  RunState,
  type Session,
  tool,
} from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing';
import { describe, expect, test } from 'vitest';
import { KEY } from './support/keys.ts';
import { recordsOf, setRecords, user, users } from './support/records.ts';

const TTL = 60;

/** A clock that stands still until it is moved, in seconds. */
class Clock {
  #ms = Date.UTC(2026, 0, 1);
  readonly now = (): number => this.#ms;

  pass(seconds: number): void {
    this.#ms += seconds * 1000;
  }
}

type Opened = { session: Session; clock: Clock };

const kinds: Readonly<Record<string, () => Opened>> = {
  'over a store': () => {
    const clock = new Clock();
    const inner = new MemorySessionStore().session('s');
    const options = { key: KEY, ttlSeconds: TTL, now: clock.now };
    return { clock, session: new EncryptedSession({ session: inner, ...options }) };
  },
  "over the SDK's MemorySession": () => {
    const clock = new Clock();
    const options = { key: KEY, ttlSeconds: TTL, now: clock.now };
    return { clock, session: new EncryptedSession({ session: new MemorySession(), ...options }) };
  },
};

describe.each(Object.entries(kinds))('expiry %s', (_, open) => {
  test('an item is visible until its time is over, to the millisecond', async () => {
    const { session, clock } = open();
    await session.addItems([user('old')]);
    clock.pass(TTL - 0.001);
    expect(await session.getItems()).toEqual([user('old')]);
    clock.pass(0.001);
    expect(await session.getItems()).toEqual([]);
    expect(await session.getItems(1)).toEqual([]);
  });

  test('each item has its own time', async () => {
    const { session, clock } = open();
    await session.addItems(users('old', 3));
    clock.pass(TTL / 2);
    await session.addItems(users('new', 2));
    clock.pass(TTL / 2);
    expect(await session.getItems()).toEqual(users('new', 2));
  });

  test('limits count only what is visible, also if what is over lies between', async () => {
    const { session, clock } = open();
    clock.pass(100 * TTL);
    await session.addItems(users('a', 3));
    clock.pass(-100 * TTL);
    await session.addItems(users('over', 40));
    clock.pass(100 * TTL);
    await session.addItems(users('b', 2));
    const visible = [...users('a', 3), ...users('b', 2)];
    expect(await session.getItems()).toEqual(visible);
    for (let limit = 1; limit <= 7; limit += 1) {
      expect(await session.getItems(limit)).toEqual(visible.slice(-limit));
    }
  });

  test('popping gives visible items only, and nothing when all are over', async () => {
    const { session, clock } = open();
    await session.addItems(users('old', 2));
    clock.pass(TTL / 2);
    await session.addItems(users('new', 1));
    clock.pass(TTL / 2);
    expect(await session.popItem()).toEqual(user('new-0'));
    expect(await session.popItem()).toBeUndefined();
    clock.pass(-TTL / 2);
    expect(await session.getItems()).toEqual(users('old', 2));
  });

  test('a session whose items are all over goes on', async () => {
    const { session, clock } = open();
    await session.addItems(users('old', 2));
    clock.pass(TTL);
    await session.addItems(users('new', 2));
    expect(await session.getItems()).toEqual(users('new', 2));
  });

  test('a clock that is behind that of the writer hides nothing', async () => {
    const { session, clock } = open();
    await session.addItems(users('item', 2));
    clock.pass(-3600);
    expect(await session.getItems()).toEqual(users('item', 2));
  });
});

test('without `ttlSeconds` nothing is ever over', async () => {
  const store = new MemorySessionStore();
  const clock = new Clock();
  const options = { session: store.session('s'), key: KEY, now: clock.now };
  await new EncryptedSession(options).addItems([user('old')]);
  clock.pass(1000 * 365 * 86_400);
  expect(await new EncryptedSession(options).getItems()).toEqual([user('old')]);
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '60' as unknown as number])(
  '`ttlSeconds: %s` is refused',
  (ttlSeconds) => {
    const session = new MemorySession();
    expect(() => new EncryptedSession({ session, key: KEY, ttlSeconds })).toThrow(
      expect.objectContaining({ code: 'invalid_options' }),
    );
  },
);

test.each([Number.NaN, -1, 1e15])('a clock that says %s is refused', async (time) => {
  const session = new MemorySession();
  const encrypted = new EncryptedSession({ session, key: KEY, now: () => time });
  await expect(encrypted.addItems([user('x')])).rejects.toMatchObject({ code: 'invalid_options' });
});

test('a compaction does not put what is over after its summary, where a reader without `ttlSeconds` finds it', async () => {
  const store = new MemorySessionStore();
  const clock = new Clock();
  const options = { session: store.session('s'), key: KEY, now: clock.now };
  const session = new EncryptedSession({ ...options, ttlSeconds: TTL });
  const everything = new EncryptedSession(options);
  await session.addItems(users('old', 2));
  clock.pass(TTL);
  await session.addItems(users('new', 2));
  await session.getItems();
  await session.replaceHistoryWithCompaction([user('summary')]);
  expect(await everything.getItems()).toEqual([...users('old', 2), user('summary')]);
  await session.getItems();
  const longer = [user('summary'), ...users('more', 3)];
  await session.replaceHistoryWithCompaction(longer);
  expect(await everything.getItems()).toEqual([...users('old', 2), ...longer]);
  expect(await session.getItems()).toEqual(longer);
});

describe('purgeExpired()', () => {
  test('goes by the clock of its process: one that is ahead deletes what others still see', async () => {
    const store = new MemorySessionStore();
    const clock = new Clock();
    const options = { session: store.session('s'), key: KEY, ttlSeconds: TTL, now: clock.now };
    const session = new EncryptedSession(options);
    await session.addItems(users('new', 2));
    const ahead = new EncryptedSession({ ...options, now: () => clock.now() + TTL * 1000 });
    expect(await ahead.purgeExpired()).toBe(2);
    expect(await session.getItems()).toEqual([]);
  });

  test('deletes what is over and nothing else', async () => {
    const store = new MemorySessionStore();
    const clock = new Clock();
    const options = { key: KEY, ttlSeconds: TTL, now: clock.now };
    const session = new EncryptedSession({ session: store.session('s'), ...options });
    await session.addItems(users('old', 450));
    clock.pass(TTL / 2);
    await session.addItems(users('new', 3));
    clock.pass(TTL / 2);
    expect(await session.purgeExpired()).toBe(450);
    expect(await recordsOf(store, 's')).toHaveLength(3);
    expect(await session.purgeExpired()).toBe(0);
    clock.pass(-TTL);
    expect(await session.getItems()).toEqual(users('new', 3));
  });

  test('does not delete what only says that it is over', async () => {
    const store = new MemorySessionStore();
    const session = new EncryptedSession({
      session: store.session('s'),
      key: KEY,
      ttlSeconds: TTL,
    });
    await session.addItems(users('item', 2));
    const records = await recordsOf(store, 's');
    const forged = records.map((record) => JSON.stringify({ ...JSON.parse(record), ts: 1 }));
    await setRecords(store, 's', forged);
    await expect(session.purgeExpired()).rejects.toMatchObject({ code: 'decryption_failed' });
    expect(await recordsOf(store, 's')).toEqual(forged);
  });

  test('needs `ttlSeconds`', async () => {
    const session = new EncryptedSession({
      session: new MemorySessionStore().session('s'),
      key: KEY,
    });
    await expect(session.purgeExpired()).rejects.toMatchObject({ code: 'invalid_options' });
  });
});

describe('a run that was interrupted for longer than `ttlSeconds`', () => {
  const runner = new Runner({ tracingDisabled: true });

  async function interrupted(): Promise<{
    agent: Agent;
    model: ScriptedModel;
    json: string;
    open: () => EncryptedSession<ReturnType<MemorySessionStore['session']>>;
    clock: Clock;
  }> {
    const store = new MemorySessionStore();
    const clock = new Clock();
    const open = () =>
      new EncryptedSession({
        session: store.session('s'),
        key: KEY,
        ttlSeconds: TTL,
        now: clock.now,
      });
    const lookup = tool({
      name: 'lookup',
      description: 'Looks something up.',
      parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
      needsApproval: true,
      execute: async () => 'found',
    });
    const model = new ScriptedModel([
      modelResponse([functionCall('lookup', {}, { callId: 'c1' })]),
      modelResponse([assistantMessage('done')]),
    ]);
    const agent = new Agent({ name: 'Scripted', model, tools: [lookup] });
    await open().addItems([user('earlier')]);
    const { state } = await runner.run(agent, 'look up', { session: open() });
    return { agent, model, json: state.toString(), open, clock };
  }

  async function approve(agent: Agent, json: string): Promise<RunState<unknown, Agent>> {
    const state = await RunState.fromString(agent, json);
    for (const item of state.getInterruptions()) state.approve(item);
    return state;
  }

  const typesOf = (items: readonly AgentInputItem[]): unknown[] => items.map(({ type }) => type);

  test('goes on from its own state, and leaves a result without its call in the session', async () => {
    const { agent, model, json, open, clock } = await interrupted();
    clock.pass(TTL);
    const { finalOutput } = await runner.run(agent, await approve(agent, json), {
      session: open(),
    });
    expect(finalOutput).toBe('done');
    const input = model.calls[1]?.request.input;
    expect(Array.isArray(input) && typesOf(input)).toContain('function_call_result');
    expect(typesOf(await open().getItems())).toEqual(['function_call_result', 'message']);
  });

  test('cannot make good a write whose answer was lost: it rejects, and writes nothing', async () => {
    const { agent, json, open, clock } = await interrupted();
    const state = await approve(agent, json);
    const lossy = open();
    const failing = new Proxy(lossy, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key === 'addItems') return () => Promise.reject(new Error('connection lost'));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(runner.run(agent, state, { session: failing })).rejects.toThrow('connection lost');
    clock.pass(TTL);
    const again = await RunState.fromString(agent, state.toString());
    await expect(runner.run(agent, again, { session: open() })).rejects.toThrow(
      'Session history changed while a resumed write was unacknowledged',
    );
    expect(await open().getItems()).toEqual([]);
  });
});

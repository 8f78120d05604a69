import { applySessionHistoryMutations, type SessionHistoryMutation } from '@openai/agents';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySessionStore } from '../src/index.ts';
import { backendOf, call, carrying, result, user } from './items.ts';

function replaceCall(callId: string, replacement = call(callId, '"new"')): SessionHistoryMutation {
  return { type: 'replace_function_call', callId, replacement };
}

describe('applyHistoryMutations', () => {
  test('keeps one replacement in the place of the first call, drops the others of that id, and touches nothing else', async () => {
    const session = new MemorySessionStore().session('a');
    await session.addItems([user('1'), call('c'), call('d'), result('c'), call('c'), user('2')]);
    await session.applyHistoryMutations({ mutations: [replaceCall('c')] });
    expect(await session.getItems()).toEqual([
      user('1'),
      call('c', '"new"'),
      call('d'),
      result('c'),
      user('2'),
    ]);
  });

  test('leaves every other record at its position', async () => {
    const store = new MemorySessionStore();
    const session = store.session('a');
    await session.addItems([call('c'), call('c'), user('1')]);
    const before = await backendOf(store).snapshot('a', { positions: true });
    await session.applyHistoryMutations({ mutations: [replaceCall('c')] });
    const after = await backendOf(store).snapshot('a', { positions: true });
    expect(after.positions).toEqual([before.positions?.[0], before.positions?.[2]]);
    expect(after.state?.revision).toBeGreaterThan(before.state?.revision ?? 0);
  });

  test.each([
    ['there are no mutations', []],
    ['no call has the id', [replaceCall('elsewhere')]],
  ])('writes nothing if %s', async (_when, mutations) => {
    const store = new MemorySessionStore();
    const session = store.session('a');
    await session.addItems([call('c')]);
    const before = await backendOf(store).snapshot('a');
    await session.applyHistoryMutations({ mutations });
    expect(await backendOf(store).snapshot('a')).toEqual(before);
  });

  test("gives what the SDK's own function gives, for any history and any mutations", async () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const item = fc.oneof(
      id.map((callId) => call(callId)),
      id.map((callId) => result(callId)),
      fc.string().map(user),
    );
    const mutation = fc
      .tuple(id, id, fc.string())
      .map(([callId, newId, args]) => replaceCall(callId, call(newId, args)));
    await fc.assert(
      fc.asyncProperty(fc.array(item), fc.array(mutation), async (history, mutations) => {
        const session = new MemorySessionStore().session();
        await session.addItems(history);
        await session.applyHistoryMutations({ mutations });
        expect(await session.getItems()).toEqual(applySessionHistoryMutations(history, mutations));
      }),
    );
  });

  test.each([
    ['no arguments', undefined],
    ['no mutations', {}],
    ['null for a mutation', { mutations: [null] }],
    ['an unknown type', { mutations: [{ ...replaceCall('c'), type: 'drop' }] }],
    ['a call id that is not a string', { mutations: [{ ...replaceCall('c'), callId: 5 }] }],
  ])('refuses %s', async (_what, args) => {
    const session = new MemorySessionStore().session('a');
    await session.addItems([call('c')]);
    await expect(session.applyHistoryMutations(args as never)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining('Invalid history mutation'),
    });
    expect(await session.getItems()).toEqual([call('c')]);
  });

  test('refuses a replacement that cannot be stored', async () => {
    const session = new MemorySessionStore().session('a');
    await session.addItems([call('c')]);
    const replacement = { ...call('c'), ...carrying({ n: 1n }) } as never;
    await expect(
      session.applyHistoryMutations({
        mutations: [replaceCall('c'), replaceCall('c', replacement)],
      }),
    ).rejects.toMatchObject({ code: 'invalid_item' });
    expect(await session.getItems()).toEqual([call('c')]);
  });
});

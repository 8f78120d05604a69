import { expect, test } from 'vitest';
import { type SessionBackend, type State, storeInternals } from '../../src/backend.ts';
import { SessionStore } from '../../src/index.ts';
import { user } from '../items.ts';

const LOSSES = 4;

/** Two stores over one database, as two processes have them. */
interface TwoStores {
  readonly mine: SessionStore;
  readonly other: SessionStore;
}

/** The same backend, with some methods replaced. */
function replacing(backend: SessionBackend, replaced: Partial<SessionBackend>): SessionBackend {
  return new Proxy(backend, {
    get(target, name) {
      const value = Reflect.get(Reflect.has(replaced, name) ? replaced : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** What a backend that has turns has to have. */
function turnsOf(backend: SessionBackend): NonNullable<SessionBackend['exclusively']> {
  if (backend.exclusively === undefined) throw new Error('it has no turns');
  return backend.exclusively.bind(backend);
}

/** Tests that who keeps losing gets a turn. `undoes`: what was written in it is undone if it fails. */
export function testTurns(stores: () => TwoStores, { undoes }: { readonly undoes: boolean }): void {
  function open(id: string) {
    const [mine, other] = [stores().mine, stores().other].map(
      (store) => storeInternals(store).backend,
    );
    if (mine === undefined || other === undefined) throw new Error('no stores');
    return { mine, other, id, text: JSON.stringify(user('theirs')) };
  }

  test(`a change that has lost ${LOSSES} times is made in a turn`, async () => {
    const { mine, other, id, text } = open('in a turn');
    let losses = 0;
    let turns = 0;
    const store = new SessionStore(
      replacing(mine, {
        async replaceTail(...change) {
          losses += 1;
          await other.append(id, { records: [text] });
          return mine.replaceTail(...change);
        },
        exclusively(...turn) {
          turns += 1;
          return turnsOf(mine)(...turn);
        },
      }),
    );
    await store.session(id).addItems([user('mine')]);
    expect(await store.session(id).popItem()).toEqual(user('theirs'));
    expect([losses, turns]).toEqual([LOSSES, 1]);
    expect((await other.snapshot(id)).records).toHaveLength(LOSSES);
  });

  test('no write of others gets in between the read and the write of a turn', async () => {
    const { mine, other, id, text } = open('in between');
    await mine.append(id, { records: ['"first"'] });
    let appending: Promise<unknown> | undefined;
    const written = await turnsOf(mine)(id, async (session) => {
      const { state } = await session.snapshot(id);
      appending = other.append(id, { records: [text] });
      // Time enough for it, if it could.
      for (let look = 0; look < 50; look += 1) await session.snapshot(id, { limit: 1 });
      return session.replaceTail(id, { state, drop: 1, records: ['"second"'] });
    });
    expect(written).toBeDefined();
    await appending;
    expect((await other.snapshot(id)).records).toEqual(['"second"', text]);
  });

  test('of many that take turns at once each one writes', async () => {
    const { mine, other, id } = open('many');
    await mine.append(id, { records: ['"0"'] });
    const raise = (backend: SessionBackend) =>
      turnsOf(backend)(id, async (session) => {
        const { state, records } = await session.snapshot(id);
        const next = JSON.stringify(String(Number(JSON.parse(records[0] ?? '"0"')) + 1));
        return session.replaceTail(id, { state, drop: 'all', records: [next] });
      });
    const raised = await Promise.all(
      Array.from({ length: 20 }, (_, index) => raise(index % 2 === 0 ? mine : other)),
    );
    expect(raised).not.toContain(undefined);
    expect((await other.snapshot(id)).records).toEqual(['"20"']);
  });

  test('a turn on a session that does not exist can make it', async () => {
    const { mine, other, id, text } = open('not there');
    await turnsOf(mine)(id, async (session) => {
      const { state } = await session.snapshot(id);
      return session.replaceTail(id, { state, drop: 0, records: [text] });
    });
    expect((await other.snapshot(id)).records).toEqual([text]);
  });

  test.each(undoes ? ['read', 'written'] : ['read'])(
    'what the work of a turn rejects with after it has %s passes unchanged, and nothing is written',
    async (progress) => {
      const { mine, other, id, text } = open(`refused when ${progress}`);
      await mine.append(id, { records: [text] });
      const { state: before } = await other.snapshot(id);
      const refusal = new Error('no');
      const turn = turnsOf(mine)(id, async (session) => {
        const { state } = await session.snapshot(id);
        if (progress === 'written') await session.replaceTail(id, { state, drop: 1, records: [] });
        throw refusal;
      });
      await expect(turn).rejects.toBe(refusal);
      expect(await other.snapshot(id)).toEqual({ state: before, records: [text] });
    },
  );

  test('after a turn that failed others write at once', async () => {
    const { mine, other, id, text } = open('afterward');
    await mine.append(id, { records: [text] });
    const failing = turnsOf(mine)(id, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    const start = performance.now();
    await other.append(id, { records: [text] });
    expect(performance.now() - start).toBeLessThan(1500);
  });

  test('a turn that sees another state than the one it is told writes nothing', async () => {
    const { mine, id, text } = open('stale');
    await mine.append(id, { records: [text] });
    const { state } = await mine.snapshot(id);
    const stale: State | undefined = state && { ...state, token: 'another' };
    const written = await turnsOf(mine)(id, (session) =>
      session.replaceTail(id, { state: stale, drop: 'all', records: [] }),
    );
    expect(written).toBeUndefined();
  });
}

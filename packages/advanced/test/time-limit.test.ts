import { type AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { isSessionError } from '@agent-sessions/core';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { mysql, postgres } from '../../kysely/test/support/backends.ts';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { type ServerProxy, startProxy } from '../../kysely/test/support/proxy.ts';
import { turn } from './support/items.ts';
import { openSessions } from './support/open.ts';

const LIMIT_MS = 2_000;
const SLACK_MS = 1_000;

/** What branches add to a session, each on a session of its own. */
const METHODS: Readonly<Record<string, (session: AdvancedSession) => Promise<unknown>>> = {
  getItems: (session) => session.getItems(),
  addItems: (session) => session.addItems(turn('late', 'late')),
  popItem: (session) => session.popItem(),
  createBranchFromTurn: (session) => session.createBranchFromTurn(1),
  createBranchFromContent: (session) => session.createBranchFromContent('question'),
  switchToBranch: (session) => session.switchToBranch('other'),
  listBranches: (session) => session.listBranches(),
  deleteBranch: (session) => session.deleteBranch('other', { force: true }),
  rewindToTurn: (session) => session.rewindToTurn(1),
  getConversationTurns: (session) => session.getConversationTurns(),
  findTurnsByContent: (session) => session.findTurnsByContent('question'),
  getToolUsage: (session) => session.getToolUsage(),
  getSessionUsage: (session) => session.getSessionUsage(),
  getTurnUsage: (session) => session.getTurnUsage(),
  clearSession: (session) => session.clearSession(),
};

async function prepare(store: AdvancedSessionStore, prefix: string): Promise<void> {
  for (const name of Object.keys(METHODS)) {
    const session = store.session(prefix + name);
    await session.addItems(turn('question', 'answer'));
    await session.createBranchFromTurn(1, 'other');
    await session.switchToBranch('main');
  }
}

interface Outcome {
  readonly name: string;
  readonly code: string;
  readonly tookMs: number;
}

function callAll(store: AdvancedSessionStore, prefix: string): Promise<Outcome[]> {
  return Promise.all(
    Object.entries(METHODS).map(async ([name, call]) => {
      const begin = performance.now();
      const code = await call(store.session(prefix + name)).then(
        () => 'done',
        (error: unknown) => (isSessionError(error) ? error.code : String(error)),
      );
      return { name, code, tookMs: performance.now() - begin };
    }),
  );
}

function wrongOf(outcomes: readonly Outcome[], codes: readonly string[]): readonly Outcome[] {
  return outcomes.filter(
    ({ code, tookMs }) => !codes.includes(code) || tookMs > LIMIT_MS + SLACK_MS,
  );
}

onEveryBackend(
  (_backend, database) => {
    beforeAll(async () => {
      await using store = new AdvancedSessionStore({ url: database().url ?? '' });
      await store.migrate();
    });

    async function behindProxy(): Promise<{ store: AdvancedSessionStore; proxy: ServerProxy }> {
      const proxy = await startProxy(database().url ?? '');
      const store = new AdvancedSessionStore({ url: proxy.url, timeoutMs: LIMIT_MS });
      onTestFinished(async () => {
        await store.close();
        await proxy.stop();
      });
      return { store, proxy };
    }

    test('a server that falls silent: every call on a branch settles in time, and works when it answers', async () => {
      const { store, proxy } = await behindProxy();
      await prepare(store, 'silent ');
      proxy.fallSilent();
      const codes = ['connection_lost', 'unreachable', 'busy'];
      expect(wrongOf(await callAll(store, 'silent '), codes)).toEqual([]);
      proxy.recover();
      await prepare(store, 'silent, then ');
      expect(wrongOf(await callAll(store, 'silent, then '), ['done'])).toEqual([]);
    });

    test('a server that hangs up: every call on a branch settles in time, and works when it stays', async () => {
      const { store, proxy } = await behindProxy();
      await prepare(store, 'hung up ');
      proxy.hangUp();
      const codes = ['connection_lost', 'unreachable', 'busy'];
      expect(wrongOf(await callAll(store, 'hung up '), codes)).toEqual([]);
      proxy.recover();
      await prepare(store, 'hung up, then ');
      expect(wrongOf(await callAll(store, 'hung up, then '), ['done'])).toEqual([]);
    });
  },
  [postgres, mysql],
);

test('a search rejects with the reason of its signal', async () => {
  const { session } = openSessions();
  const reason = new Error('the reader typed on');
  const search = session().findTurnsByContent('x', { signal: AbortSignal.abort(reason) });
  await expect(search).rejects.toBe(reason);
});

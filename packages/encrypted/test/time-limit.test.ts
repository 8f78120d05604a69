import type { StoredSession } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { expect, onTestFinished, test } from 'vitest';
import { mysql, postgres } from '../../kysely/test/support/backends.ts';
import { callEveryMethod } from '../../kysely/test/support/every-method.ts';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { startProxy } from '../../kysely/test/support/proxy.ts';
import { KEY } from './support/keys.ts';

const LIMIT_MS = 2_000;
const SLACK_MS = 1_000;

/** The encrypted session offers every method of the one that it wraps. */
const encrypt = (session: StoredSession): StoredSession =>
  new EncryptedSession({ session, key: KEY }) as unknown as StoredSession;

onEveryBackend(
  (_backend, database) => {
    test('a server that falls silent: every call on an encrypted session settles in time, and works when it answers', async () => {
      const proxy = await startProxy(database().url ?? '');
      await using direct = new KyselySessionStore({ url: database().url ?? '' });
      await direct.migrate();
      const store = new KyselySessionStore({ url: proxy.url, timeoutMs: LIMIT_MS });
      onTestFinished(async () => {
        await store.close();
        await proxy.stop();
      });
      const wrongOf = async (prefix: string, codes: readonly string[]) => {
        const outcomes = await callEveryMethod(store, prefix, encrypt);
        return outcomes.filter(
          ({ code, tookMs }) => !codes.includes(code) || tookMs > LIMIT_MS + SLACK_MS,
        );
      };
      expect(await wrongOf('before ', ['done'])).toEqual([]);
      proxy.fallSilent();
      const codes = ['connection_lost', 'unreachable', 'busy'];
      expect(await wrongOf('before ', codes)).toEqual([]);
      proxy.recover();
      expect(await wrongOf('after ', ['done'])).toEqual([]);
    });
  },
  [postgres, mysql],
);

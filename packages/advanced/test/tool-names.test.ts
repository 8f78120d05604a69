import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { KyselySessionStore } from '@agent-sessions/kysely';
import type { AgentInputItem } from '@openai/agents';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backends } from '../../kysely/test/support/backends.ts';
import { call, user } from './support/items.ts';

/** Calls of tools whose names, or those of their servers, are no text for every database. */
const calls: AgentInputItem[] = [
  user('q'),
  call('1', '{}', 'look\0up'),
  call('2', '{}', 'half \ud83d'),
  {
    type: 'hosted_tool_call',
    name: 'search',
    providerData: { type: 'mcp_call', server_label: 'do\0cs' },
  },
];

const names = ['look?up', 'half \ufffd', 'do?cs.search'];

describe.each(backends.filter(({ missing }) => missing === undefined))(
  'tools with names that are no text on $name',
  (backend) => {
    async function open() {
      const database = await backend.create();
      onTestFinished(() => database.drop());
      const store = new AdvancedSessionStore({ db: database.connect(), createTables: true });
      return { database, session: new AdvancedSession({ store, sessionId: 'a' }) };
    }

    async function toolsOf(session: AdvancedSession): Promise<string[]> {
      return (await session.getToolUsage()).map(({ toolName }) => toolName);
    }

    test('are stored, each with a name like it', async () => {
      const { session } = await open();
      await session.addItems(calls);
      expect(await session.getItems()).toEqual(calls);
      expect(await toolsOf(session)).toEqual(names);
    });

    test('do not keep a history of a plain session from being opened and gone on with', async () => {
      const { database, session } = await open();
      const plain = new KyselySessionStore({ db: database.connect(), createTables: true });
      await plain.session('a').addItems(calls);
      await session.addItems([user('next')]);
      expect(await session.getItems()).toEqual([...calls, user('next')]);
      expect(await toolsOf(session)).toEqual(names);
    });
  },
);

import { SQLiteSession } from '@agent-sessions/sqlite';
import { Agent, run, setTracingDisabled, user } from '@openai/agents';
import { assistantMessage, modelResponder, ScriptedModel } from '@openai/agents/testing';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/folder.ts';
import { message, start } from './support/processes.ts';
import { turnOf } from './support/turns.ts';

setTracingDisabled(true);

test('a run whose model compacts the history keeps what another process adds meanwhile', async () => {
  const path = temporaryFile();
  await using session = new SQLiteSession({ path, sessionId: 'shared' });
  await session.addItems([user('an old question'), assistantMessage('an old answer')]);

  const model = new ScriptedModel([
    modelResponder(async () => {
      await message(start('appender.ts', path, 'shared', 'other'));
      return [
        { type: 'compaction', encrypted_content: 'summary' },
        assistantMessage('a new answer'),
      ];
    }),
  ]);
  await run(new Agent({ name: 'Assistant', model }), 'a new question', { session });

  const history = await session.getItems();
  expect(history.map(({ type }) => type)).toContain('compaction');
  expect(history[0]?.type).toBe('compaction');
  expect(JSON.stringify(history)).not.toContain('an old');
  expect(JSON.stringify(history)).toContain('a new answer');
  expect(history.slice(-4)).toEqual(turnOf('other', 0));
});

/** An interactive chat whose conversations stay in a file. */
import { createInterface } from 'node:readline/promises';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { type AgentInputItem, run } from '@openai/agents';
import { describe } from '../support/show.ts';
import { shopAgent } from './agent.ts';

const HELP = '/history  /undo  /clear  /sessions  /quit';

/** Without a real model: says what it was given, as a scripted model has nothing else to say. */
function recall(given: readonly AgentInputItem[]): string {
  const said = given.filter((item) => 'role' in item && item.role === 'user').map(describe);
  return `I was given ${given.length} items; your first words were "${said[0]?.slice(11) ?? ''}".`;
}

export async function chat(path: string, sessionId: string): Promise<void> {
  await using store = new SQLiteSessionStore({ path });
  const session = store.session(sessionId);

  const commands: Record<string, () => Promise<void>> = {
    '/history': async () => {
      for (const item of await session.getItems()) console.log(describe(item));
    },
    '/undo': async () => {
      const taken = await takeBackTurn();
      console.log(taken === 0 ? 'There is nothing to undo.' : `Took back ${taken} item(s).`);
    },
    '/clear': async () => {
      await session.clearSession();
      console.log('Cleared.');
    },
    '/sessions': async () => {
      const { sessions } = await store.listSessions();
      for (const { sessionId: id, itemCount, updatedAt } of sessions) {
        console.log(`${id}: ${itemCount} items, last used ${updatedAt.toISOString()}`);
      }
    },
  };

  /** Removes the newest items up to the user's last message. */
  async function takeBackTurn(): Promise<number> {
    for (let taken = 1; ; taken += 1) {
      const item = await session.popItem();
      if (item === undefined) return taken - 1;
      if ('role' in item && item.role === 'user') return taken;
    }
  }

  /** A run that fails, for lack of a network for example, does not end the chat. */
  async function ask(question: string): Promise<void> {
    try {
      const { finalOutput } = await run(shopAgent(recall), question, { session });
      console.log(finalOutput);
    } catch (error) {
      console.log(`There is no answer: ${error instanceof Error ? error.message : error}`);
    }
  }

  console.log(
    `Conversation "${sessionId}" in ${path}: ${(await session.getItems()).length} items.`,
  );
  console.log(HELP);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  let ended = false;
  terminal.on('close', () => {
    ended = true;
  });
  terminal.setPrompt('> ');
  terminal.prompt();
  for await (const line of terminal) {
    const text = line.trim();
    if (text === '/quit') break;
    const command = text.startsWith('/') ? commands[text] : undefined;
    if (command) await command();
    else if (text.startsWith('/')) console.log(HELP);
    else if (text !== '') await ask(text);
    // Piped input may end while its last line is being worked on.
    if (!ended) terminal.prompt();
  }
  terminal.close();
}

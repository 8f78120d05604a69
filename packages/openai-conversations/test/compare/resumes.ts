import { Agent, type AgentInputItem, Runner, RunState, type Session, tool } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing';
import type { LocalTarget } from '../support.ts';
import type { Contender } from './classes.ts';
import { foreignItems } from './foreign.ts';

/** How many runs went on, and ended with every item stored once. */
export interface Resumes {
  readonly good: number;
  readonly all: number;
}

const TYPES = ['message', 'function_call', 'function_call_output', 'message'];

/**
 * Has a run wait for an approval in a conversation with an item of another program, loses the
 * acknowledgement of the write after it, and goes on from the serialized state in a new instance.
 *
 * @param step - Every so manieth of the items of other programs.
 */
export async function measureResumes(
  target: LocalTarget,
  contender: Contender,
  step: number,
): Promise<Resumes> {
  const items = foreignItems().filter((_, index) => index % step === 0);
  let good = 0;
  for (const item of items) {
    const isGood = await resumes(target, contender, item).catch(() => false);
    if (isGood) good += 1;
  }
  return { good, all: items.length };
}

async function resumes(
  { client, server }: LocalTarget,
  { open }: Contender,
  foreign: Record<string, unknown>,
): Promise<boolean> {
  let calls = 0;
  const runner = new Runner({ tracingDisabled: true });
  const agent = new Agent({
    name: 'Scripted',
    model: new ScriptedModel([
      modelResponse([functionCall('weather', {}, { callId: 'call_of_test' })]),
      modelResponse([assistantMessage('done')]),
    ]),
    tools: [
      tool({
        name: 'weather',
        description: 'Tells the weather.',
        parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
        needsApproval: true,
        execute: async () => {
          calls += 1;
          return 'sunny';
        },
      }),
    ],
  });
  const { id: conversationId } = await client.conversations.create({});
  server.state.stored(conversationId).push(foreign);
  const session = (): Session => open({ client, conversationId });
  const { state } = await runner.run(agent, 'How is it?', { session: session() });
  const resumed = await RunState.fromString(agent, state.toString());
  for (const interruption of resumed.getInterruptions()) resumed.approve(interruption);
  const dying = session();
  const addItems = dying.addItems.bind(dying);
  dying.addItems = async (items: AgentInputItem[]): Promise<void> => {
    await addItems(items);
    throw new Error('died');
  };
  await runner.run(agent, resumed, { session: dying }).catch(() => undefined);
  const again = await RunState.fromString(agent, resumed.toString());
  await runner.run(agent, again, { session: session() });
  const types = server.state.stored(conversationId).map(({ type }) => type);
  return calls === 1 && types.slice(1).join() === TYPES.join();
}

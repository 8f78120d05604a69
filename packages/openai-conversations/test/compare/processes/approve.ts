/** One process of a run that waits for an approval: takes a state or none, prints the next one. */

import { text } from 'node:stream/consumers';
import { Agent, type AgentInputItem, Runner, RunState, tool } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing';
import OpenAI from 'openai';
import { contenders } from '../classes.ts';
import { outputs } from '../outputs.ts';

const [contender = '', baseURL = '', conversationId = '', output = '', dies = ''] =
  process.argv.slice(2);
const given = await text(process.stdin);

let calls = 0;
const agent = new Agent({
  name: 'Scripted',
  model: new ScriptedModel([
    ...(given === ''
      ? [
          modelResponse([
            {
              type: 'reasoning' as const,
              id: 'rs_of_test',
              content: [],
              providerData: { encrypted_content: 'gAAAA' },
            },
            functionCall('weather', {}, { callId: 'call_of_test' }),
          ]),
        ]
      : []),
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
        return outputs[output];
      },
    }),
  ],
});
const client = new OpenAI({ apiKey: 'sk-test', baseURL });
const session = contenders.find(({ name }) => name === contender)?.open({ client, conversationId });
if (session === undefined) throw new Error(`There is no class ${contender}.`);
const addItems = session.addItems.bind(session);
session.addItems = async (items: AgentInputItem[]): Promise<void> => {
  if (dies === 'before the write') throw new Error('died');
  await addItems(items);
  if (dies === 'after the write') throw new Error('died');
};
const state = given === '' ? undefined : await RunState.fromString(agent, given);
for (const item of state?.getInterruptions() ?? []) state?.approve(item);
const runner = new Runner({ tracingDisabled: true });
const result = await runner.run(agent, state ?? 'How is it?', { session }).catch((error: Error) => {
  if (error.message !== 'died') throw error;
  return { state };
});
console.log(JSON.stringify({ calls, state: result.state?.toString() }));

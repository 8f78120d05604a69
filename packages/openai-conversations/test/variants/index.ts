import type { AgentInputItem } from '@openai/agents';
import { functions } from './functions.ts';
import { hostedTools } from './hosted-tools.ts';
import { localTools } from './local-tools.ts';
import { assistant, raw, result, text } from './make.ts';
import { messages } from './messages.ts';
import { others } from './others.ts';
import { reasoning } from './reasoning.ts';
import { searches } from './searches.ts';

/** One kind of item of the SDK's protocol. */
export interface Variant {
  readonly name: string;
  readonly item: AgentInputItem;
  /** What the model should get. */
  readonly replaysAs: AgentInputItem;
}

/** What the model should get, where it is not the item itself. */
const replays: Readonly<Record<string, AgentInputItem>> = {
  'function_call_output, as the Responses API gives it': result('done'),
  // The SDK refuses to send a failed one; the API takes it.
  'code_interpreter_call, failed': raw({
    type: 'code_interpreter_call',
    container_id: 'c_1',
    code: '1',
    outputs: [],
  }),
  "assistant, another provider's metadata": assistant([text('Hi')]),
};

/** Every kind of item that we know of. */
export const variants: readonly Variant[] = Object.entries({
  ...messages,
  ...functions,
  ...reasoning,
  ...hostedTools,
  ...searches,
  ...localTools,
  ...others,
}).map(([name, item]) => ({ name, item, replaysAs: replays[name] ?? item }));

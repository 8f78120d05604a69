import type { AgentInputItem } from '@openai/agents';

/**
 * Items of many kinds, with keys that the SDK's schema does not know: a store that parses items with
 * it loses them. By what the report calls them.
 */
export const sampleItems: Readonly<Record<string, AgentInputItem>> = {
  'a user message with an image and a file': item({
    type: 'message',
    role: 'user',
    content: [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image: 'data:image/png;base64,AA==', detail: 'high' },
      { type: 'input_file', file: { id: 'file_1' }, filename: 'a.pdf' },
    ],
  }),
  'a system message': item({ type: 'message', role: 'system', content: 'Be brief.' }),
  'a raw developer message': item({
    type: 'message',
    role: 'developer',
    content: [{ type: 'input_text', text: 'Be brief.' }],
  }),
  'an assistant message with annotations and logprobs': item({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    phase: 'final_answer',
    content: [
      {
        type: 'output_text',
        text: 'See the source.',
        annotations: [{ type: 'url_citation', url: 'https://example.com', start_index: 0 }],
        logprobs: [{ token: 'See', logprob: -0.1, top_logprobs: [] }],
        providerData: { extra: true },
      },
      { type: 'refusal', refusal: 'No.' },
    ],
  }),
  'a reasoning item with encrypted content': item({
    id: 'rs_1',
    type: 'reasoning',
    content: [{ type: 'input_text', text: 'thinking' }],
    rawContent: [{ type: 'reasoning_text', text: 'thinking aloud' }],
    encrypted_content: 'gAAAA',
    summary: [{ type: 'summary_text', text: 'thought' }],
  }),
  'a function call with a namespace and an id': item({
    id: 'fc_1',
    type: 'function_call',
    callId: 'c1',
    name: 'lookup',
    namespace: 'crm',
    status: 'in_progress',
    arguments: '{"q":"\\u0000"}',
    caller: { type: 'program' },
  }),
  'a function result with a list of parts': item({
    type: 'function_call_result',
    callId: 'c1',
    name: 'lookup',
    status: 'completed',
    output: [{ type: 'input_text', text: 'found', extra: { kept: true } }],
  }),
  'a hosted tool call': item({
    id: 'ht_1',
    type: 'hosted_tool_call',
    name: 'web_search_call',
    status: 'completed',
    output: null,
    providerData: { action: { type: 'search', query: 'x', sources: [] } },
  }),
  'a computer call': item({
    id: 'cu_1',
    type: 'computer_call',
    callId: 'c2',
    status: 'completed',
    action: { type: 'click', x: 1, y: 2, button: 'left' },
    pending_safety_checks: [],
  }),
  'a compaction item': item({
    id: 'cmp_1',
    type: 'compaction',
    encrypted_content: 'gAAAA',
    created_by: 'server',
  }),
  'an item of unknown type': item({
    type: 'unknown',
    providerData: { type: 'of_tomorrow', nested: { list: [1] } },
    more: 1,
  }),
  'a raw Responses item': item({
    id: 'msg_2',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'raw', annotations: [], logprobs: [] }],
    agent: null,
  }),
  'a raw Responses tool call': item({
    type: 'function_call_output',
    call_id: 'c3',
    output: '{"raw":true}',
    status: null,
  }),
};

/** Items of tomorrow's SDK do not fit today's types. */
function item(value: Readonly<Record<string, unknown>>): AgentInputItem {
  return value as unknown as AgentInputItem;
}

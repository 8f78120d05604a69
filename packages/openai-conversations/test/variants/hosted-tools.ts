import type { AgentInputItem } from '@openai/agents';
import { done, hosted, loose, raw, URL_OF_IMAGE } from './make.ts';

export const hostedTools: Record<string, AgentInputItem> = {
  'web_search_call, search': hosted({
    type: 'web_search_call',
    action: { type: 'search', query: 'x', sources: [{ type: 'url', url: URL_OF_IMAGE }] },
  }),
  'web_search_call, open page': hosted({
    type: 'web_search_call',
    action: { type: 'open_page', url: URL_OF_IMAGE },
  }),
  'web_search_call, find in page': hosted({
    type: 'web_search_call',
    action: { type: 'find_in_page', url: URL_OF_IMAGE, pattern: 'x' },
  }),
  'web_search_call, without action': hosted({ type: 'web_search_call' }),
  'web_search_call, without id': loose({
    type: 'hosted_tool_call',
    name: 'web_search_call',
    ...done,
    providerData: { type: 'web_search_call', action: { type: 'search', query: 'x' } },
  }),
  file_search_call: hosted({ type: 'file_search_call', queries: ['x'] }),
  'file_search_call, results': hosted({
    type: 'file_search_call',
    queries: ['x'],
    results: [{ file_id: 'file_1', text: 'a', filename: 'a', score: 0.5, attributes: { a: 1 } }],
  }),
  code_interpreter_call: hosted({
    type: 'code_interpreter_call',
    container_id: 'c_1',
    code: '1',
    outputs: [
      { type: 'logs', logs: '1' },
      { type: 'image', url: URL_OF_IMAGE },
    ],
  }),
  'code_interpreter_call, without outputs': hosted({
    type: 'code_interpreter_call',
    container_id: 'c_1',
    code: null,
    outputs: null,
  }),
  'code_interpreter_call, failed': hosted(
    { type: 'code_interpreter_call', container_id: 'c_1', code: '1', outputs: [] },
    { status: 'failed' },
  ),
  'code_interpreter_call, program caller': hosted(
    { type: 'code_interpreter_call', container_id: 'c_1', code: '1', outputs: [] },
    { caller: { type: 'program', callerId: 'call_p' } },
  ),
  image_generation_call: hosted({ type: 'image_generation_call' }, { output: 'iVBORw0KGgo=' }),
  mcp_list_tools: hosted({
    type: 'mcp_list_tools',
    server_label: 's',
    tools: [
      {
        name: 't',
        description: 'd',
        input_schema: { type: 'object', properties: { userId: { type: 'string' } } },
        annotations: { readOnly: true },
      },
    ],
  }),
  mcp_approval_request: hosted({
    type: 'mcp_approval_request',
    server_label: 's',
    name: 't',
    arguments: '{}',
  }),
  mcp_approval_response: hosted({
    type: 'mcp_approval_response',
    approval_request_id: 'ht_1',
    approve: true,
    reason: 'fine',
  }),
  mcp_call: hosted(
    { type: 'mcp_call', server_label: 's', name: 't', arguments: '{}' },
    { output: 'done' },
  ),
  'mcp_call, error': hosted({
    type: 'mcp_call',
    server_label: 's',
    name: 't',
    arguments: '{}',
    error: { type: 'mcp_protocol_error', code: 1, message: 'no' },
  }),
  'additional_tools, raw': raw({
    type: 'additional_tools',
    role: 'developer',
    tools: [{ type: 'function', name: 'tool', parameters: {}, strict: true }],
  }),
  'hosted tool that nobody knows': hosted({ type: 'telepathy_call' }),
};

import type { AgentInputItem } from '@openai/agents';
import { done, loose } from './make.ts';

export const searches: Record<string, AgentInputItem> = {
  tool_search_call: loose({
    type: 'tool_search_call',
    ...done,
    arguments: { paths: ['crm'], query: 'x' },
  }),
  'tool_search_call, client': loose({
    type: 'tool_search_call',
    ...done,
    callId: 'call_1',
    execution: 'client',
    arguments: { query: 'x' },
  }),
  'tool_search_output, function': loose({
    type: 'tool_search_output',
    ...done,
    tools: [
      {
        type: 'function',
        name: 'tool',
        description: 'd',
        parameters: {},
        strict: true,
        deferLoading: true,
      },
    ],
  }),
  'tool_search_output, namespace, client': loose({
    type: 'tool_search_output',
    ...done,
    callId: 'call_1',
    execution: 'client',
    tools: [
      {
        type: 'namespace',
        name: 'crm',
        description: 'd',
        tools: [{ type: 'function', name: 'tool', parameters: {}, strict: false }],
      },
    ],
  }),
  'tool_search_output, reference': loose({
    type: 'tool_search_output',
    ...done,
    tools: [{ type: 'tool_reference', functionName: 'tool' }],
  }),
};

import type { AgentInputItem } from '@openai/agents';
import { loose } from './make.ts';

export const reasoning: Record<string, AgentInputItem> = {
  reasoning: loose({
    type: 'reasoning',
    id: 'rs_1',
    content: [{ type: 'input_text', text: 'Thinking' }],
  }),
  'reasoning, empty': loose({ type: 'reasoning', id: 'rs_1', content: [] }),
  'reasoning, encrypted': loose({
    type: 'reasoning',
    id: 'rs_1',
    content: [],
    providerData: { encrypted_content: 'gAAAA' },
  }),
  'reasoning, raw text': loose({
    type: 'reasoning',
    id: 'rs_1',
    content: [],
    providerData: { content: [{ type: 'reasoning_text', text: 'Thinking' }] },
  }),
  'reasoning, encrypted, without id': loose({
    type: 'reasoning',
    content: [],
    providerData: { encrypted_content: 'gAAAA' },
  }),
  'reasoning, bare': loose({
    type: 'reasoning',
    content: [{ type: 'input_text', text: 'Thinking' }],
  }),
  compaction: loose({ type: 'compaction', encrypted_content: 'gAAAA' }),
  'compaction, with id and creator': loose({
    type: 'compaction',
    id: 'cmp_from_the_model',
    created_by: 'me',
    encrypted_content: 'gAAAA',
  }),
  program: loose({ type: 'program', id: 'pr_1', callId: 'call_p', code: '1', fingerprint: 'f' }),
  program_output: loose({
    type: 'program_output',
    id: 'po_1',
    callId: 'call_p',
    output: '1',
    status: 'completed',
  }),
};

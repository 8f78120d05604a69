import type { AgentInputItem } from '@openai/agents';
import { loose, raw } from './make.ts';

export const others: Record<string, AgentInputItem> = {
  'item_reference, raw': raw({ type: 'item_reference', id: 'msg_1' }),
  'compaction_trigger, raw': raw({ type: 'compaction_trigger' }),
  'unknown, of a type that nobody knows': raw({ type: 'dream', id: 'dr_1' }),
  'unknown, without data': loose({ type: 'unknown' }),
};

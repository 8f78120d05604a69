import type { AgentInputItem, Session } from '@openai/agents';
import { OpenAIConversationsSession as SdkSession } from '@openai/agents';
import type OpenAI from 'openai';
import { OpenAIConversationsSession } from '../../src/index.ts';

interface Options {
  readonly client: OpenAI;
  readonly conversationId?: string;
}

/** A session class that is measured. */
export interface Contender {
  readonly name: string;
  open(options: Options): Session & {
    prepareHistoryItemForModelInput(item: AgentInputItem): AgentInputItem;
  };
}

export const ours: Contender = {
  name: 'this package',
  open: (options) => new OpenAIConversationsSession(options),
};

export const sdks: Contender = {
  name: 'the SDK’s class',
  open: (options) => new SdkSession(options),
};

export const contenders: readonly Contender[] = [ours, sdks];

import { OpenAIConversationsSession } from '@agent-sessions/openai-conversations';
import type { OpenAIConversationsSession as SdkSession } from '@openai/agents';
import type OpenAI from 'openai';
import { expectTypeOf } from 'vitest';

// Checked by `tsc`, never run.

declare const client: OpenAI;
declare const unset: string | undefined;

new OpenAIConversationsSession();
new OpenAIConversationsSession({ conversationId: 'conv_1', client });
new OpenAIConversationsSession({ apiKey: 'sk', baseURL: 'http://localhost', project: 'proj_1' });
new OpenAIConversationsSession({ metadata: { topic: 'travel' }, onMissingConversation: 'create' });
new OpenAIConversationsSession({ timeoutMs: 1 });

// @ts-expect-error: a conversation that is not set would be a new one
new OpenAIConversationsSession({ conversationId: unset });
// @ts-expect-error: a key that is not set would be another
new OpenAIConversationsSession({ apiKey: unset });
// @ts-expect-error: a client that is not set would be another
new OpenAIConversationsSession({ client: undefined });
// @ts-expect-error: a URL that is not set would be another
new OpenAIConversationsSession({ baseURL: unset });
// @ts-expect-error: settings are left out
new OpenAIConversationsSession({ metadata: undefined });
// @ts-expect-error: settings are left out
new OpenAIConversationsSession({ timeoutMs: undefined });
// @ts-expect-error: a conversation is an option
new OpenAIConversationsSession('conv_1');
// @ts-expect-error: a client is an option
new OpenAIConversationsSession(client);
// @ts-expect-error: there is no such option
new OpenAIConversationsSession({ sessionId: 'conv_1' });
// @ts-expect-error: there is no such option
new OpenAIConversationsSession({ openAIClient: client });
// @ts-expect-error: pairs of strings
new OpenAIConversationsSession({ metadata: { turns: 7 } });
// @ts-expect-error: there are two answers
new OpenAIConversationsSession({ onMissingConversation: 'ignore' });

const session = new OpenAIConversationsSession();
session.clearSession();
session.deleteConversation({ onProgress: ({ deleted, total }) => deleted / total });
// @ts-expect-error: a function must be named
session.clearSession(() => {});
// @ts-expect-error: there is no such option
session.deleteConversation({ onprogress: () => {} });

// It passes for the SDK's own.
expectTypeOf(session).toExtend<SdkSession>();

export { OpenAIConversationsSession, type OpenAIConversationsSessionOptions } from './session.ts';

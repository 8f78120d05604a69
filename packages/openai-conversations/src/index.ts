/**
 * Sessions in conversations of OpenAI's Conversations API.
 *
 * @module
 */
export { OpenAIConversationsSession, type OpenAIConversationsSessionOptions } from './session.ts';

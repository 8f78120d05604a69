/**
 * Sessions in conversations of OpenAI's Conversations API.
 *
 * @module
 */
export type { ClearProgress } from './api/clear.ts';
export type { ClearOptions, OpenAIConversationsSessionOptions } from './options.ts';
export { OpenAIConversationsSession } from './session.ts';

/**
 * Sessions in conversations of OpenAI's Conversations API.
 *
 * @module
 */
export type { ClearProgress } from './api/clear.ts';
export {
  type ClearOptions,
  OpenAIConversationsSession,
  type OpenAIConversationsSessionOptions,
} from './session.ts';

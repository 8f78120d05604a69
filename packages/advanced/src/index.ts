/**
 * Sessions with branches, token usage and structured queries, in any SQL database.
 *
 * @module
 */
export type { AdvancedStoreSettings } from './advanced-backend.ts';
export { AdvancedSession, AdvancedSessionStore } from './advanced-session.ts';
export {
  AdvancedSQLiteSession,
  type AdvancedSQLiteSessionOptions,
  AdvancedSQLiteSessionStore,
  type AdvancedSQLiteSessionStoreOptions,
} from './advanced-sqlite-session.ts';
export type { BranchInfo } from './branch-manager.ts';
export type { ConversationTurn, ToolUsage, TurnItem } from './conversation.ts';
export type {
  AdvancedSessionOptions,
  AdvancedSessionStoreOptions,
  BranchOptions,
  DeleteBranchOptions,
} from './options.ts';
export type { RunUsageSource } from './usage/run-identity.ts';
export type { TokenDetails, UsageLike, UsageTotals } from './usage/totals.ts';
export type { SessionUsage, TurnUsage } from './usage/usage-ledger.ts';

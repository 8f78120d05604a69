/**
 * What applications use: sessions and stores, a store in memory, history windows, transfer between
 * sessions, and the errors of all packages.
 *
 * @module
 */
export type { AbortOptions, CloseOptions } from './call-options.ts';
export type {
  ListSessionsOptions,
  SessionDirectory,
  SessionInfo,
  SessionMetadata,
  SessionPage,
} from './directory.ts';
export { isSessionError, SessionError, type SessionErrorCode } from './errors.ts';
export type { SessionLogger } from './history.ts';
export { MemorySessionStore } from './memory-session-store.ts';
export type {
  AnyAgent,
  InterruptedRun,
  OpenStateOptions,
  RunStateClass,
} from './run-state.ts';
export type { SessionIdentity, SessionOptions } from './session-parts.ts';
export { SessionStore } from './session-store.ts';
export { StoredSession, type StoredSessionOptions } from './stored-session.ts';
export { operationChannel, type SessionOperation } from './tracing.ts';
export {
  copySession,
  exportSession,
  importSession,
  type TransferIntoOptions,
  type TransferOptions,
  type TransferProgress,
} from './transfer.ts';
export { keepRecentItems, keepRecentTurns } from './windows.ts';

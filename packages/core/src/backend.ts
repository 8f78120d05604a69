/**
 * For authors of backends and of sessions: the interface that a backend implements, and what every
 * one of them needs and none should write again.
 *
 * @module
 */
export { assertAbortOptions, assertCloseOptions, isSignal } from './call-options.ts';
export {
  CallQueue,
  type CallQueueOptions,
  closedError,
  type QueueClosingOptions,
} from './call-queue.ts';
export type { RecordCipher } from './cipher.ts';
export {
  canonicalText,
  copyJson,
  decodeItem,
  decodeUnsealed,
  encodeItem,
  encodeItems,
} from './codec.ts';
export { decodeMetadata, type PageRequest, type PageStart } from './directory-page.ts';
export { turnIfDue } from './event-loop.ts';
export {
  isStoreParts,
  type SessionInternals,
  type StoreInternals,
  type StoreParts,
  sessionInternals,
  storeInternals,
} from './internals.ts';
export { assertLimit } from './limit.ts';
export { type NetworkFault, networkFault } from './network-fault.ts';
export { assertNode } from './node-version.ts';
export {
  assertOptions,
  describe,
  expecting,
  invalidOptions,
  isBoolean,
  isDatabasePath,
  type OptionCheck,
  type OptionChecks,
  type OptionsOf,
  optional,
} from './options.ts';
export {
  type Attempt,
  conflictDeadline,
  fullJitter,
  retryConflicts,
  retryUntil,
} from './retry.ts';
export type {
  Append,
  Appended,
  LockedSession,
  Operation,
  PositionRange,
  RecordBackend,
  Revision,
  Rewrite,
  SessionBackend,
  Snapshot,
  SnapshotQuery,
  State,
  TailReplacement,
  Written,
} from './session-backend.ts';
export { hasFollowed, isUnedited, mayRewrite } from './session-backend.ts';
export { assertSessionId, behindPrefix, MAX_SESSION_ID_BYTES } from './session-id.ts';
export { type OwnedId, rowKey, sessionKey, splitKey } from './session-key.ts';
export { openSession, type SessionDoor, SessionParts } from './session-parts.ts';
export { isTableName, resolveTableNames, type TableNames } from './table-names.ts';
export {
  DEFAULT_TIMEOUT_MS,
  isSettledWithin,
  isTimeout,
  monotonicNow,
  runAfter,
  workingTime,
} from './time-limit.ts';
export { newToken } from './token.ts';
export { noteItemCount, type TracedCall, traceOperation } from './tracing.ts';
export { isUserTurn, wireItem } from './wire-item.ts';

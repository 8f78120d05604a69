/**
 * For authors of stores: what every backend needs and none should write again.
 *
 * @module
 */
export { BaseSessionStore } from './base-store.ts';
export type { RecordCipher } from './cipher.ts';
export { decodeMetadata, type PageRequest, type PageStart } from './directory-page.ts';
export { turnIfDue } from './event-loop.ts';
export { assertOptions, OF_SHARED_STORE, refuseOptions } from './options.ts';
export { assertOpen, closedError, inOrder } from './order.ts';
export { type Attempt, CONFLICT_DEADLINE_MS, retryConflicts, retryUntil } from './retry.ts';
export { revisionAtBirth } from './revision.ts';
export { assertSessionId, behindPrefix, MAX_SESSION_ID_BYTES } from './session-id.ts';
export { noteItemCount, type TracedCall, traceOperation } from './tracing.ts';

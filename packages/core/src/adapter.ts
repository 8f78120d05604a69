/**
 * For authors of stores: what every backend needs and none should write again.
 *
 * @module
 */
export {
  decodeMetadata,
  encodeMetadata,
  type PageRequest,
  type PageStart,
  readPageRequest,
  toPage,
} from './directory-page.ts';
export { assertOpen, closedError, closeInOrder, inOrder } from './order.ts';
export { type Attempt, retryUntil } from './retry.ts';
export { deleteBehindClock, revisionAtBirth } from './revision.ts';
export { assertSessionId, MAX_SESSION_ID_BYTES } from './session-id.ts';

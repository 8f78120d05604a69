import { isSessionError, SessionError } from '@agent-sessions/core';
import { APIError, OpenAIError } from 'openai';
import { isRecord } from '../is-record.ts';

/**
 * What a failed request means.
 *
 * - `refused`: it was not done, and would not be if sent again.
 * - `delayed`: it was not done; later it may be.
 * - `unknown`: it may have been done: no answer, or a server error.
 */
type Outcome = 'refused' | 'delayed' | 'unknown';

/** A request that failed. */
export interface Failure {
  readonly outcome: Outcome;
  /** The HTTP status; absent if there was no answer. */
  readonly status: number | undefined;
  /** The API's own name for the problem. */
  readonly code: string | undefined;
  /** Where in the request the problem is, as the API names it. */
  readonly param: string | undefined;
  /** Whether others are working on the conversation. */
  readonly isLocked: boolean;
  /** Whether it was the API that does not know something, not what is between it and the client. */
  readonly isNotFound: boolean;
  /** Whether the client stopped waiting for an answer. */
  readonly isTimeout: boolean;
  /** How long the API asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly cause: unknown;
}

/** Reads an error of the `openai` client, of whichever installed copy it is. */
export function toFailure(cause: unknown): Failure {
  const { status, code, param, headers, error } = fieldsOf(cause);
  const failure = {
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'string' ? code : undefined,
  };
  return {
    ...failure,
    param: typeof param === 'string' ? param : undefined,
    isLocked: failure.code === 'conversation_locked',
    isNotFound: failure.status === 404 && isOfApi(error),
    outcome: wasSent(cause) ? outcomeOf(failure) : 'refused',
    // By its name, for the client may be of another installed copy.
    isTimeout: Object(cause).constructor?.name === 'APIConnectionTimeoutError',
    retryAfterMs: retryAfter(headers),
    cause,
  };
}

function fieldsOf(cause: unknown): Record<string, unknown> {
  return isRecord(cause) ? cause : {};
}

/** A proxy, or another server, may answer with JSON as well. */
function isOfApi(error: unknown): boolean {
  return isRecord(error) && typeof error.type === 'string';
}

/** The client gave up before, for lack of an API key or for a body that no string can hold. */
function wasSent(cause: unknown): boolean {
  if (cause instanceof RangeError) return false;
  return !(cause instanceof OpenAIError) || cause instanceof APIError;
}

/** Describes a failure by status and code; the API's message might show what the items say. */
export function toSessionError(action: string, failure: Failure): SessionError {
  const { outcome, status, code, cause } = failure;
  // What we refuse ourselves, as for lack of a key, comes back inside an error of the client.
  if (cause instanceof Error && isSessionError(cause.cause)) return cause.cause;
  const answer =
    status === undefined
      ? outcome === 'refused'
        ? 'the client could not send the request'
        : `there was no answer from the API${failure.isTimeout ? ' in time' : ''}`
      : `the API answered with HTTP ${status}${code === undefined ? '' : ` (${code})`}`;
  return new SessionError(
    outcome === 'delayed' ? 'busy' : 'backend',
    `Cannot ${action}: ${answer}.`,
    { cause },
  );
}

function outcomeOf({ status, code }: Pick<Failure, 'status' | 'code'>): Outcome {
  if (status === undefined) return 'unknown';
  if (status === 429) return code === 'insufficient_quota' ? 'refused' : 'delayed';
  if (code === 'conversation_locked') return 'delayed';
  if (status === 408 || status === 409 || status >= 500) return 'unknown';
  return 'refused';
}

/** Seconds or a date, or milliseconds in OpenAI's own header. */
function retryAfter(headers: unknown): number | undefined {
  if (!isHeaders(headers)) return undefined;
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (milliseconds >= 0) return milliseconds;
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const wait = Number.isFinite(Number(value))
    ? Number(value) * 1000
    : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

/** A client may use another fetch than the runtime's, with its own class of headers. */
function isHeaders(value: unknown): value is Pick<Headers, 'get'> {
  return isRecord(value) && typeof value.get === 'function';
}

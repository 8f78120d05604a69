import { isSessionError, SessionError } from '@agent-sessions/core';
import { APIError, OpenAIError } from 'openai';
import { isRecord } from '../json.ts';

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
  /** How long the API asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly cause: unknown;
}

/** Reads an error of the `openai` client, of whichever installed copy it is. */
export function toFailure(cause: unknown): Failure {
  if (cause instanceof OpenAIError && !(cause instanceof APIError)) return notSent(cause);
  const { status, code, headers }: { status?: unknown; code?: unknown; headers?: unknown } =
    isRecord(cause) ? cause : {};
  const failure = {
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'string' ? code : undefined,
  };
  return { ...failure, outcome: outcomeOf(failure), retryAfterMs: retryAfter(headers), cause };
}

/** Describes a failure by status and code; the API's message might show what the items say. */
export function toSessionError(action: string, failure: Failure, effect = ''): SessionError {
  const { outcome, status, code, cause } = failure;
  // What we refuse ourselves, as for lack of a key, comes back inside an error of the client.
  if (cause instanceof Error && isSessionError(cause.cause)) return cause.cause;
  const answer =
    status === undefined
      ? outcome === 'refused'
        ? 'the client could not send the request'
        : 'there was no answer from the API'
      : `the API answered with HTTP ${status}${code === undefined ? '' : ` (${code})`}`;
  return new SessionError(
    outcome === 'delayed' ? 'busy' : 'backend',
    `Cannot ${action}: ${answer}.${effect === '' ? '' : ` ${effect}`}`,
    { cause },
  );
}

/** The client gave up before sending, for lack of an API key for example. */
function notSent(cause: unknown): Failure {
  return { outcome: 'refused', status: undefined, code: undefined, retryAfterMs: undefined, cause };
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

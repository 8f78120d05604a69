import { isSessionError, SessionError, type SessionErrorCode } from '@agent-sessions/core';
import { networkFault } from '@agent-sessions/core/backend';

type Explanation = readonly [SessionErrorCode, string];

/** What a server's refusal means, by the words that tell it. A refused script wrote nothing. */
const refusals: Readonly<Record<string, Explanation>> = {
  WRONGTYPE: [
    'schema_mismatch',
    'a key of this session holds something else; nothing was written. Choose another keyPrefix.',
  ],
  NEWERFORMAT: [
    'schema_newer',
    'a newer version of this package made this session; nothing was written. Upgrade the package.',
  ],
  OOM: [
    'storage_full',
    'its memory is full; nothing was written. Raise maxmemory, or delete sessions.',
  ],
  MISCONF: ['storage_full', 'it cannot save its data to disk and refuses writes.'],
  READONLY: ['read_only', 'it is a replica, which only allows reading; nothing was written.'],
  NOREPLICAS: ['not_replicated', 'it has fewer replicas than its min-replicas-to-write.'],
  WRONGPASS: ['access_denied', 'it refuses the user name or password.'],
  NOAUTH: ['access_denied', 'it asks for a password.'],
  NOPERM: ['access_denied', 'the user may not run a command that sessions need.'],
  // Found in the middle of a script, whose commands are checked one by one.
  "can't run this command": [
    'access_denied',
    'the user may not run a command of a script, which may have stopped halfway. Grant all the rights that the README lists.',
  ],
  LOADING: ['busy', 'it is still loading its data; nothing was written. Try again.'],
  MASTERDOWN: ['busy', 'it has lost its master; nothing was written. Try again.'],
  CLUSTERDOWN: ['busy', 'no node serves this session; nothing was written. Try again.'],
  TRYAGAIN: ['busy', 'the session is moving to another node; nothing was written. Try again.'],
  MOVED: [
    'invalid_options',
    'it is a node of a cluster; nothing was written. Pass a Cluster client of ioredis.',
  ],
  BUSY: ['busy', 'it is held up by a script; nothing was written. Try again.'],
};
const MOVING = /^Too many Cluster redirections\b.*\b(?:TRYAGAIN|MOVED|ASK|CLUSTERDOWN)\b/;
const REFUSAL = new RegExp(`\\b(?:${Object.keys(refusals).join('|')})\\b`);

/** What ioredis says of a call that it refused by itself. */
const LOCAL: readonly (readonly [RegExp, Explanation])[] = [
  [
    /enableOfflineQueue options is false/,
    [
      'unreachable',
      'the client is not connected at this moment, and with `enableOfflineQueue: false` it waits for nothing; nothing was sent. Wait for its event `ready`, or leave the option out.',
    ],
  ],
  [
    /in (?:subscriber|monitoring) mode/,
    [
      'unsupported',
      'its client is in subscriber or monitoring mode; nothing was sent. Pass a client of its own: `redis.duplicate()`.',
    ],
  ],
];

/** A reply that is no answer: the call waits for EXEC, in a transaction that somebody else began. */
class Queued extends Error {}

/** What is known of a connection when a call on it fails. */
export interface ConnectionState {
  /** How it is called in errors. */
  readonly server: string;
  /** On a client that was never connected nothing was ever sent. */
  readonly everConnected: boolean;
  /** Why the client is not connected, if it has said so beside the call. */
  readonly reason: Error | undefined;
}

/** Translates what ioredis throws; its error, or the reason that it gives beside, stays as the cause. */
export function toSessionError(error: unknown, state: ConnectionState): SessionError {
  if (isSessionError(error)) return error;
  const cause = causeOf(error, state.reason);
  const [code, message] = explain(cause, state.everConnected);
  return new SessionError(code, `${state.server}: ${message}`, {
    cause: withoutArguments(cause),
  });
}

/** What is known of a call that got no answer. */
export interface Unanswered {
  readonly server: string;
  readonly timeoutMs: number;
  readonly isWrite: boolean;
  readonly everConnected: boolean;
  /** What to do about a client that stays silent. */
  readonly advice: string;
  /** What the client has said last, in a call or beside it. */
  readonly cause: unknown;
}

/** The error for a call whose time is over. */
export function unansweredError(call: Unanswered): SessionError {
  const { server, timeoutMs, isWrite, everConnected, advice } = call;
  const options = { cause: withoutArguments(call.cause) };
  if (!everConnected) {
    const way = WAYS[networkFault(call.cause) ?? 'server'];
    const message = `${server}: ${way}. The time limit, ${timeoutMs} ms, is over; nothing was written, nor will be.`;
    return new SessionError('unreachable', message, options);
  }
  const message = `${server}: no answer came within ${timeoutMs} ms, the time limit. ${isWrite ? UNKNOWN_WRITE : 'Try again.'} ${advice}`;
  return new SessionError('connection_lost', message, options);
}

/** The error for a call that closing the store has cut off. */
export function cutOffError(server: string, isWrite: boolean): SessionError {
  return new SessionError(
    'connection_lost',
    `${server}: the store was closed while the call was under way. ${isWrite ? UNKNOWN_WRITE : ''}`.trim(),
  );
}

/** The error for a write that could not begin, for others of this store on the session took all its time. */
export function waitedError(server: string, timeoutMs: number): SessionError {
  return new SessionError(
    'busy',
    `${server}: earlier writes on the session took all of ${timeoutMs} ms, the time limit; nothing was sent. Try again, or raise timeoutMs.`,
  );
}

/** The error for a write that the server could not begin in time. */
export function tooLateError(server: string, timeoutMs: number): SessionError {
  return new SessionError(
    'busy',
    `${server}: it did not come to the write within ${timeoutMs} ms, the time limit; nothing was written. Try again, or raise timeoutMs.`,
  );
}

const UNKNOWN_WRITE =
  'The write may have been done; if not, it will not be any more. Read the session before you write again. Writes with an operation id (applyHistoryTransaction) are repeated safely.';

/** Why a call failed: what the client has said beside it, if it only says itself that there is no connection. */
export function causeOf(error: unknown, reason: Error | undefined): unknown {
  return reason !== undefined && isOfConnection(error) ? reason : error;
}

/** The error for a client that sends nothing any more. */
export function endedError(server: string): SessionError {
  return new SessionError(
    'closed',
    `${server}: its client is closed, because its owner closed it or it gave up connecting; nothing was sent. Pass an open one.`,
  );
}

/**
 * Refuses what is no answer.
 *
 * @throws Queued
 */
export function assertAnswered<T>(reply: T): T {
  if (reply === 'QUEUED') throw new Queued('the reply was QUEUED');
  return reply;
}

/** The error for a write that too few replicas confirmed. */
export function notReplicatedError(
  confirmed: number,
  { count, timeoutMs }: { count: number; timeoutMs: number },
  server: string,
): SessionError {
  return new SessionError(
    'not_replicated',
    `${server}: written, but only ${confirmed} of ${count} replicas confirmed it within ${timeoutMs} ms, so a failover may lose it. Trying again with the same operation id is safe.`,
  );
}

/** The error for a turn on a session that others had until the deadline. */
export function turnError(server: string, waitedMs: number): SessionError {
  return new SessionError(
    'busy',
    `${server}: other processes had the turn on the session for ${waitedMs} ms; nothing was written. Try again when fewer writers share it.`,
  );
}

/** True if the server does not know a script by its digest; then it did nothing. */
export function isNoScript(error: unknown): boolean {
  return isReply(error) && error.message.startsWith('NOSCRIPT');
}

/** True if a node of a cluster says that another one has the session, or will; it did nothing. */
export function isElsewhere(error: unknown): boolean {
  return isReply(error) && /^(?:MOVED|ASK|TRYAGAIN|CLUSTERDOWN)/.test(error.message);
}

/** True if the server is a replica, and was perhaps a master before. */
export function isDemoted(error: unknown): boolean {
  return isReply(error) && /\bREADONLY\b/.test(error.message);
}

/** True if the server does not let a client in, whatever it wants to do. */
export function isLocked(error: unknown): boolean {
  return isReply(error) && /\b(?:WRONGPASS|NOAUTH)\b/.test(error.message);
}

/** True if nothing is known of a call but that the connection failed, or that the client stopped to wait. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof Queued) return false;
  const text = error instanceof Error ? error.message : '';
  if (LOCAL.some(([words]) => words.test(text)) || MOVING.test(text)) return false;
  return !isReply(lastNodeError(error) ?? error);
}

/** True if the client stopped to wait, by its `commandTimeout`; it may still send the call. */
export function isCommandTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}

/** True for an answer of a server, in contrast to a connection that failed. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** True for the end of a call that says nothing but that there is no connection. */
function isOfConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'MaxRetriesPerRequestError' || error.message === 'Connection is closed.')
  );
}

/** Why no connection comes about, and what to do. */
const WAYS = {
  host: 'its host name is not known. Correct the name, or check the name service',
  tls: 'no connection with TLS comes about: the server does not offer it, or its certificate is not trusted. The cause says why. Correct the URL, or pass a client with `tls: { ca }`',
  server: 'no connection can be made. Check host and port, and that the server is running',
};

function explain(error: unknown, everConnected: boolean): Explanation {
  if (error instanceof Queued) {
    return [
      'unsupported',
      'its client is in a transaction that its owner began (MULTI), so the call is only queued: EXEC does it, DISCARD drops it. Pass a client of its own: `redis.duplicate()`.',
    ];
  }
  const text = error instanceof Error ? error.message : '';
  const local = LOCAL.find(([words]) => words.test(text));
  if (local !== undefined) return local[1];
  // A cluster client that finds no node to talk to keeps what the last one said.
  const reason = lastNodeError(error) ?? error;
  if (isReply(reason)) {
    if (/DB index/.test(reason.message)) {
      return [
        'database_missing',
        'it has no database of this number; nothing was written. Correct the number in the URL.',
      ];
    }
    const refusal = refusals[REFUSAL.exec(reason.message)?.[0] ?? ''];
    return refusal ?? ['backend', 'it reported an error, which is the cause.'];
  }
  if (!everConnected) {
    return ['unreachable', `${WAYS[networkFault(error) ?? 'server']}; nothing was sent.`];
  }
  if (MOVING.test(text)) {
    return ['busy', 'the session is moving to another node. Try again.'];
  }
  return [
    'connection_lost',
    'the connection failed. Whether a write that was under way was done is not known.',
  ];
}

function lastNodeError(error: unknown): unknown {
  return error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined;
}

/** ioredis attaches the command with its arguments, which are conversation text. */
function withoutArguments(error: unknown): unknown {
  if (error instanceof Error) {
    for (const property of ['command', 'previousErrors']) Reflect.deleteProperty(error, property);
  }
  return error;
}

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

/** What ioredis says of a call that it refused by itself, or stopped to wait for. */
const LOCAL: readonly (readonly [RegExp, Explanation])[] = [
  [
    /^Command timed out/,
    [
      'connection_lost',
      "the commandTimeout of the client is over. The call may have been done, and may still be: it stays in the client's queue, and takes effect when there is a connection, even after a read has shown that it did not. Try again with an operation id.",
    ],
  ],
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
  const isReason = state.reason !== undefined && isOfConnection(error);
  const cause = isReason ? state.reason : error;
  const [code, message] = explain(cause, state.everConnected);
  return new SessionError(code, `${state.server}: ${message}`, {
    cause: withoutArguments(cause),
  });
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
    'the connection failed. Whether a write that was under way was done is not known; it is not repeated.',
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

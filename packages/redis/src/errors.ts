import { isSessionError, SessionError, type SessionErrorCode } from '@agent-sessions/core';

/** What a server's refusal means, by the words that tell it. A refused script wrote nothing. */
const refusals: Readonly<Record<string, readonly [SessionErrorCode, string]>> = {
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

/**
 * Translates what ioredis throws; its error stays as the cause. On a client that was never connected
 * nothing was ever sent.
 */
export function toSessionError(
  error: unknown,
  server: string,
  everConnected: boolean,
): SessionError {
  if (isSessionError(error)) return error;
  const [code, message] = explain(error, everConnected);
  return new SessionError(code, `${server}: ${message}`, {
    cause: withoutArguments(error),
  });
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

function explain(error: unknown, everConnected: boolean): readonly [SessionErrorCode, string] {
  // A cluster client that finds no node to talk to keeps what the last one said.
  const reason = lastNodeError(error) ?? error;
  if (isReply(reason)) {
    const refusal = refusals[REFUSAL.exec(reason.message)?.[0] ?? ''];
    return refusal ?? ['backend', 'it reported an error, which is the cause.'];
  }
  if (!everConnected) {
    return ['unreachable', 'no connection can be made; nothing was sent. Check host and port.'];
  }
  if (error instanceof Error && MOVING.test(error.message)) {
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

import { SessionError } from '@agent-sessions/core';
import { invalidOptions as optionsError } from '@agent-sessions/core/backend';

const KEPT = 'Nothing was changed or deleted.';

export function invalidOptions(problem: string, cause?: unknown): SessionError {
  return optionsError('EncryptedSession', problem, cause);
}

export function keyUnavailable(kid: string | undefined, cause?: unknown): SessionError {
  const wanted = kid === undefined ? 'the current key' : `the key ${JSON.stringify(kid)}`;
  const advice =
    cause === undefined ? 'Put it on the key ring.' : 'The key provider failed; see `cause`.';
  return new SessionError('key_unavailable', `Cannot get ${wanted}. ${advice} ${KEPT}`, { cause });
}

/** For a record under a key that is there for the ledger alone. */
export function ledgerKeyOnly(kid: string): SessionError {
  return new SessionError(
    'key_unavailable',
    `A record is sealed with the key ${JSON.stringify(kid)}, which is there for the ledger only. If the record is yours, let the key open records again and call rotate(). ${KEPT}`,
  );
}

export function notEncrypted(sessionId: string, what = 'a record'): SessionError {
  return new SessionError(
    'not_encrypted',
    `Session ${JSON.stringify(sessionId)} holds ${what} in plain text. If it was written before encryption was introduced, call encryptExisting() once; otherwise somebody else wrote it. ${KEPT}`,
  );
}

export function decryptionFailed(
  sessionId: string,
  problem: string,
  cause?: unknown,
): SessionError {
  return new SessionError(
    'decryption_failed',
    `Session ${JSON.stringify(sessionId)} holds a record that ${problem}. ${KEPT}`,
    { cause },
  );
}

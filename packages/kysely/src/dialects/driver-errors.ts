import type { Failure, SqlDialect } from './dialect.ts';

/** The code of a driver's error: a SQLSTATE, a server's symbol, or Node's code of a socket error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Node's codes of socket errors, which all drivers pass on. */
export const CONNECTION_FAILURES: Readonly<Record<string, Failure>> = {
  EAI_AGAIN: 'unreachable',
  ECONNREFUSED: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'unreachable',
  ENOTFOUND: 'unreachable',
  ECONNABORTED: 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  ETIMEDOUT: 'lost',
};

/** What a driver's error means; Kysely's own error is the same with every driver. */
export function failureOf(error: unknown, dialect: SqlDialect): Failure {
  const text = error instanceof Error ? error.message : '';
  return text === 'driver has already been destroyed' ? 'destroyed' : dialect.classify(error);
}

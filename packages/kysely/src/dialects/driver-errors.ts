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

/** What Kysely and the drivers say when their owner closed them. */
const CLOSED: ReadonlySet<string> = new Set([
  'driver has already been destroyed',
  'Cannot use a pool after calling end on the pool',
  'Pool is closed.',
  'PGlite is closed',
  'The database connection is not open',
]);

/** What a driver's error means. */
export function failureOf(error: unknown, dialect: SqlDialect): Failure {
  const text = error instanceof Error ? error.message : '';
  return CLOSED.has(text) ? 'destroyed' : dialect.classify(error);
}

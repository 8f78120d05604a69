import { networkFault } from '@agent-sessions/core/backend';
import type { Failure, SqlDialect } from './dialect.ts';

/** The code of a driver's error: a SQLSTATE, a server's symbol, or Node's code of a socket error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Node's codes of socket errors, which all drivers pass on. */
export const CONNECTION_FAILURES: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'unreachable',
  ECONNABORTED: 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  ETIMEDOUT: 'lost',
};

/** Thrown when the time of a call is over before a statement was sent. */
export class TimeIsUpError extends Error {}

/** The failure of a connection to a server that only allows reading since the connection was opened. */
export class DemotedError extends Error {}

/** What Kysely and the drivers say when their owner closed them. */
const CLOSED: ReadonlySet<string> = new Set([
  'driver has already been destroyed',
  'Cannot use a pool after calling end on the pool',
  'Pool is closed.',
  'PGlite is closed',
  'The database connection is not open',
]);

/** What Node says of a driver whose native part is not there, or is for another Node or machine. */
const NO_DRIVER: ReadonlySet<string> = new Set(['ERR_DLOPEN_FAILED', 'MODULE_NOT_FOUND']);

/** What a driver's error means. */
export function failureOf(error: unknown, dialect: SqlDialect): Failure {
  if (error instanceof TimeIsUpError) return 'no_time';
  if (error instanceof DemotedError) return 'demoted';
  const text = error instanceof Error ? error.message : '';
  if (CLOSED.has(text)) return 'destroyed';
  if (NO_DRIVER.has(codeOf(error)) || /locate the bindings file/.test(text)) return 'no_driver';
  if (/transactions are not (?:yet )?supported/i.test(text)) return 'no_transactions';
  switch (networkFault(error)) {
    case 'host':
      return 'no_host';
    case 'tls':
      return 'no_tls';
    default:
      return dialect.classify(error);
  }
}

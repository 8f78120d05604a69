import { assertOptions, expecting, type OptionCheck, optional } from './options.ts';
import { isTimeout } from './time-limit.ts';

/** Options of a call that its caller may give up. */
export interface AbortOptions {
  /** Rejects the call with its reason when it is aborted. What was sent before goes on. Default: none. */
  readonly signal?: AbortSignal;
}

/** How a store or session is closed. */
export interface CloseOptions {
  /** How long closing may take, in milliseconds. Default: as long as a call of the store. */
  readonly timeoutMs?: number;
}

/** A signal by which a call is given up. */
export const isSignal: OptionCheck = expecting(
  'an AbortSignal',
  (value) => value instanceof AbortSignal,
);

/** @throws SessionError `invalid_options` */
export function assertAbortOptions(method: string, options: AbortOptions): void {
  assertOptions<AbortOptions>(options, {
    of: `${method}()`,
    example: '{ signal }',
    checks: { signal: optional(isSignal) },
  });
}

/** @throws SessionError `invalid_options` */
export function assertCloseOptions(options: CloseOptions): void {
  assertOptions<CloseOptions>(options, {
    of: 'close()',
    example: '{ timeoutMs: 5_000 }',
    checks: { timeoutMs: optional(isTimeout) },
  });
}

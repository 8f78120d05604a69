import { isBoolean, isTimeout, type OptionChecks, optional } from '@agent-sessions/core/backend';
import { type TableOptions, tableChecks } from './tables.ts';

/** Options that a store takes however its database is given. */
export interface KyselyStoreSettings extends TableOptions {
  /**
   * Whether missing tables are created, and old ones brought up to date, on first use. Tables of an
   * in-memory database always are. Default: false.
   */
  readonly createTables?: boolean;
  /**
   * How long to keep retrying after deadlocks, lock waits and lost connections, in milliseconds.
   * Default: 10 000.
   */
  readonly timeoutMs?: number;
}

export const settingsChecks: OptionChecks<KyselyStoreSettings> = {
  createTables: optional(isBoolean),
  timeoutMs: optional(isTimeout),
  ...tableChecks,
};

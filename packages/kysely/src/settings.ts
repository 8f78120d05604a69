import { isBoolean, isTimeout, type OptionChecks, optional } from '@agent-sessions/core/backend';
import { type TableOptions, tableChecks } from './tables.ts';

/** Options of every call. */
export interface CallSettings {
  /**
   * How long a call may take from when it is made, in milliseconds: waits for other calls, for a
   * connection and for locks count, and what is repeated after them. Default: 30 000.
   */
  readonly timeoutMs?: number;
}

/** Options that a store takes however its database is given. */
export interface KyselyStoreSettings extends TableOptions, CallSettings {
  /**
   * Whether missing tables are created, and old ones brought up to date, on first use. Tables of an
   * in-memory database always are. Default: false.
   */
  readonly createTables?: boolean;
}

export const settingsChecks: OptionChecks<KyselyStoreSettings> = {
  createTables: optional(isBoolean),
  timeoutMs: optional(isTimeout),
  ...tableChecks,
};

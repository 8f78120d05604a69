import type { SessionOptions } from '@agent-sessions/core';
import { isBoolean, type OptionChecks, optional } from '@agent-sessions/core/backend';
import type { KyselyDatabaseOptions } from '@agent-sessions/kysely';
import { databaseChecks, settingsChecks } from '@agent-sessions/kysely/engine';
import type { AdvancedStoreSettings } from './advanced-backend.ts';
import type { AdvancedSessionStore } from './advanced-session.ts';
import { branchIdProblem } from './branch-id.ts';

/** Options of a store: a Kysely instance as `db`, or a `url`. */
export type AdvancedSessionStoreOptions = AdvancedStoreSettings & KyselyDatabaseOptions;

/** Options that every session with branches takes besides those of every session. */
export interface BranchOptions {
  /** The branch to open. Default: the one that was current when the session was last used. */
  readonly branchId?: string;
  /** Whether compaction keeps the full transcript as a branch of its own. Default: false. */
  readonly archiveOnCompaction?: boolean;
}

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type AdvancedSessionOptions = BranchOptions &
  SessionOptions<AdvancedSessionStore, AdvancedSessionStoreOptions>;

/** What options look like, for errors. */
export const EXAMPLE = "{ db } or { url: 'postgres://app@localhost/app' }";

const { tables: _fixed, ...settings } = settingsChecks;

/** Options that do not say where the database is. */
export const advancedSettingsChecks: OptionChecks<AdvancedStoreSettings> = settings;

export const storeChecks: OptionChecks<AdvancedSessionStoreOptions> = {
  ...databaseChecks,
  ...settings,
};

/** Options of deleting a branch. */
export interface DeleteBranchOptions {
  /** Whether the current branch may be deleted; then the session is on `main`. Default: false. */
  readonly force?: boolean;
}

export const deleteBranchChecks: OptionChecks<DeleteBranchOptions> = { force: optional(isBoolean) };

export const branchChecks: OptionChecks<BranchOptions> = {
  branchId: branchIdProblem,
  archiveOnCompaction: optional(isBoolean),
};

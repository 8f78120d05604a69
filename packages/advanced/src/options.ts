import type { StoredSessionOptions } from '@agent-sessions/core';
import type { RecordCipher } from '@agent-sessions/core/adapter';
import type { AdvancedSessionStore, AdvancedSessionStoreOptions } from './advanced-store.ts';

/** Options that every session with branches takes. */
export interface BranchOptions extends Pick<StoredSessionOptions, 'sessionId' | 'logger'> {
  /** The branch to open. Default: the one that was current when the session was last used. */
  readonly branchId?: string;
  /** Whether compaction keeps the full transcript as a branch of its own. Default: false. */
  readonly archiveOnCompaction?: boolean;
  /** Encrypts what is stored. Default: items are stored as plain JSON. */
  readonly cipher?: RecordCipher;
}

/** Options of a session: its own, and either a shared `store` or those of a store over `db`. */
export type AdvancedSessionOptions = BranchOptions &
  (
    | (AdvancedSessionStoreOptions & { readonly store?: never })
    | {
        /** A store shared with other sessions. */
        readonly store: AdvancedSessionStore;
        /** Whether closing the session closes the store. Default: false. */
        readonly ownsStore?: boolean;
        readonly db?: never;
        readonly createTables?: never;
        readonly retryTimeoutMs?: never;
        readonly schema?: never;
      }
  );

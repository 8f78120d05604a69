import type { RecordCipher, SessionParts } from '@agent-sessions/core/backend';
import type { AdvancedSessionStore } from './advanced-session.ts';
import { firstPlace, type Place } from './cursor.ts';
import type { BranchOptions } from './options.ts';

/** What a session with branches is made of; for classes that extend `AdvancedSession`. */
export class BranchParts {
  readonly parts: SessionParts<AdvancedSessionStore>;
  /** Where the session is; its views through a cipher move with it. */
  readonly place: Place;
  readonly archiveOnCompaction: boolean;

  constructor(
    parts: SessionParts<AdvancedSessionStore>,
    { branchId, archiveOnCompaction = false }: BranchOptions,
    place: Place = firstPlace(branchId),
  ) {
    this.parts = parts;
    this.place = place;
    this.archiveOnCompaction = archiveOnCompaction;
  }

  /** The same session, on the same branch also after either moves, seen through a cipher. */
  withCipher(cipher: RecordCipher): BranchParts {
    const parts = this.parts.with({ ownsStore: false, cipher });
    return new BranchParts(parts, this, this.place);
  }
}

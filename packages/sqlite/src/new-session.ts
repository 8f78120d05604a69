import {
  newToken,
  rowKey,
  type State,
  splitKey,
  type TableNames,
} from '@agent-sessions/core/backend';
import type { Connection } from './connection.ts';

/** What a session's row begins with. */
export interface NewSession {
  readonly revision: number;
  readonly edition: number;
  readonly itemCount: number;
  readonly metadata: string | null;
}

/** Creates the row of a session that does not exist. */
export function createSession(
  connection: Connection,
  { sessions }: TableNames,
  key: string,
  { revision, edition, itemCount, metadata }: NewSession,
): State {
  const id = rowKey(key);
  const { owner, sessionId } = splitKey(key);
  const state = { birth: newToken(), revision, edition, view: 0, token: newToken() };
  const now = Date.now();
  connection
    .statement(
      `INSERT INTO "${sessions}" (session_id, owner, name, birth, revision, edition, token, lineage,
         item_count, metadata, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      id,
      owner,
      id === sessionId ? null : sessionId,
      state.birth,
      revision,
      edition,
      state.token,
      newToken(),
      itemCount,
      metadata,
      now,
      now,
    );
  return state;
}

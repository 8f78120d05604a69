import type { AgentInputItem } from '@openai/agents';
import type Database from 'better-sqlite3';

/**
 * The fewest raw calls of better-sqlite3 that do the durable work of a session, on the same tables
 * with the same settings: no validation, no retries, no order of calls, no other process in mind.
 */
export class SQLiteFloor {
  readonly #db: Database.Database;
  readonly #id: string;

  constructor(db: Database.Database, id: string) {
    this.#db = db;
    this.#id = id;
    this.#prepare();
  }

  append: (items: readonly AgentInputItem[]) => void = unprepared;
  newest: (limit: number) => AgentInputItem[] = unprepared;
  whole: () => AgentInputItem[] = unprepared;
  pop: () => AgentInputItem | undefined = unprepared;

  #prepare(): void {
    const db = this.#db;
    const id = this.#id;
    const begin = db.prepare('BEGIN IMMEDIATE');
    const commit = db.prepare('COMMIT');
    const raise = db
      .prepare(
        'UPDATE agent_sessions SET revision = revision + 4, updated_at = ? WHERE session_id = ? RETURNING revision',
      )
      .pluck();
    const insert = db.prepare(
      'INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?)',
    );
    this.append = (items) => {
      const now = Date.now();
      begin.run();
      const revision = raise.get(now, id) as number;
      insert.run(
        ...items.flatMap((item, index) => [id, revision - 3 + index, JSON.stringify(item), now]),
      );
      commit.run();
    };

    const window = db
      .prepare(
        'SELECT message_data FROM agent_messages WHERE session_id = ? ORDER BY position DESC LIMIT ?',
      )
      .pluck();
    this.newest = (limit) => (window.all(id, limit) as string[]).reverse().map(parse);

    const all = db
      .prepare('SELECT message_data FROM agent_messages WHERE session_id = ? ORDER BY position')
      .pluck();
    this.whole = () => (all.all(id) as string[]).map(parse);

    const last = db
      .prepare(
        `SELECT revision, (
           SELECT message_data FROM agent_messages WHERE session_id = s.session_id
           ORDER BY position DESC LIMIT 1
         ) FROM agent_sessions AS s WHERE session_id = ?`,
      )
      .raw();
    const guard = db.prepare(
      'UPDATE agent_sessions SET revision = revision + 1, updated_at = ? WHERE session_id = ? AND revision = ?',
    );
    const remove = db.prepare(
      'DELETE FROM agent_messages WHERE session_id = ? AND position = (SELECT max(position) FROM agent_messages WHERE session_id = ?)',
    );
    this.pop = () => {
      const row = last.get(id) as [number, string] | undefined;
      if (row === undefined) return undefined;
      const [revision, text] = row;
      begin.run();
      guard.run(Date.now(), id, revision);
      remove.run(id, id);
      commit.run();
      return parse(text);
    };
  }
}

function parse(text: string): AgentInputItem {
  return JSON.parse(text);
}

function unprepared(): never {
  throw new Error('prepared by the constructor');
}

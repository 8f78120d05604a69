import type { AgentInputItem } from '@openai/agents';
import type { Pool } from 'pg';
import type { Floor } from '../workloads.ts';

/**
 * The fewest raw calls of pg that do the durable work of a session, on the same tables: unnamed
 * statements on a pool, as Kysely sends them, and no validation, no retries, no other process in mind.
 */
export function postgresFloor(pool: Pool, id: string): Floor {
  const read = async (sql: string, parameters: unknown[]): Promise<AgentInputItem[]> => {
    const { rows } = await pool.query<{ message_data: string }>(sql, parameters);
    return rows.map(({ message_data }) => JSON.parse(message_data));
  };
  return {
    append: (items) =>
      pool.query(
        `WITH session AS (
           UPDATE agent_sessions SET revision = revision + 4, updated_at = $2
           WHERE session_id = $1 RETURNING revision)
         INSERT INTO agent_messages (session_id, position, message_data, created_at)
         SELECT $1, revision - 4 + number, record, $2
         FROM session, (VALUES (1, $3), (2, $4), (3, $5), (4, $6)) AS r (number, record)`,
        [id, Date.now(), ...items.map((item) => JSON.stringify(item))],
      ),
    newest: async (limit) => {
      const items = await read(
        'SELECT message_data FROM agent_messages WHERE session_id = $1 ORDER BY position DESC LIMIT $2',
        [id, limit],
      );
      return items.reverse();
    },
    whole: () =>
      read('SELECT message_data FROM agent_messages WHERE session_id = $1 ORDER BY position', [id]),
    pop: async () => {
      const { rows } = await pool.query<{ revision: string; message_data: string }>(
        `SELECT revision, message_data FROM agent_sessions
         JOIN agent_messages USING (session_id)
         WHERE session_id = $1 ORDER BY position DESC LIMIT 1`,
        [id],
      );
      await pool.query(
        `WITH session AS (
           UPDATE agent_sessions SET revision = revision + 1, updated_at = $2
           WHERE session_id = $1 AND revision = $3 RETURNING revision)
         DELETE FROM agent_messages WHERE session_id = $1 AND EXISTS (SELECT FROM session)
         AND position = (SELECT max(position) FROM agent_messages WHERE session_id = $1)`,
        [id, Date.now(), rows[0]?.revision],
      );
      return JSON.parse(rows[0]?.message_data ?? 'null');
    },
  };
}

import type { AgentInputItem } from '@openai/agents';
import type { Pool, PoolConnection, QueryResult } from 'mysql2';
import type { Floor } from '../workloads.ts';

/**
 * The fewest raw calls of mysql2 that do the durable work of a session, on the same tables and at the
 * same isolation level: text statements on a pool, as Kysely sends them, and no validation, no
 * retries, no other process in mind.
 */
export function mysqlFloor(pool: Pool, sessionId: string): Floor {
  const id = Buffer.from(sessionId);
  const read = async (sql: string, parameters: unknown[]): Promise<AgentInputItem[]> => {
    const rows = (await queryOn(pool)(sql, parameters)) as unknown as { message_data: string }[];
    return rows.map(({ message_data }) => JSON.parse(message_data));
  };
  return {
    append: async (items) => {
      const now = Date.now();
      const connection = await connectionOf(pool);
      const query = queryOn(connection);
      await query('BEGIN');
      const raised = (await query(
        `UPDATE agent_sessions SET revision = LAST_INSERT_ID(revision + 4), updated_at = ?
         WHERE session_id = ?`,
        [now, id],
      )) as unknown as { insertId: number };
      await query(
        `INSERT INTO agent_messages (session_id, position, message_data, created_at)
         VALUES (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?)`,
        items.flatMap((item, index) => [
          id,
          raised.insertId - 3 + index,
          JSON.stringify(item),
          now,
        ]),
      );
      await query('COMMIT');
      connection.release();
    },
    newest: async (limit) => {
      const items = await read(
        'SELECT message_data FROM agent_messages WHERE session_id = ? ORDER BY position DESC LIMIT ?',
        [id, limit],
      );
      return items.reverse();
    },
    whole: () =>
      read('SELECT message_data FROM agent_messages WHERE session_id = ? ORDER BY position', [id]),
    pop: async () => {
      const [row] = (await queryOn(pool)(
        `SELECT revision, message_data FROM agent_sessions
         JOIN agent_messages USING (session_id)
         WHERE session_id = ? ORDER BY position DESC LIMIT 1`,
        [id],
      )) as unknown as { revision: number; message_data: string }[];
      const connection = await connectionOf(pool);
      const query = queryOn(connection);
      await query('BEGIN');
      await query(
        `UPDATE agent_sessions SET revision = revision + 1, updated_at = ?
         WHERE session_id = ? AND revision = ?`,
        [Date.now(), id, row?.revision],
      );
      await query(
        'DELETE FROM agent_messages WHERE session_id = ? ORDER BY position DESC LIMIT 1',
        [id],
      );
      await query('COMMIT');
      connection.release();
      return JSON.parse(row?.message_data ?? 'null');
    },
  };
}

function connectionOf(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error);
      else resolve(connection);
    });
  });
}

function queryOn(target: Pick<Pool | PoolConnection, 'query'>) {
  return <T extends QueryResult>(sql: string, parameters: unknown[] = []): Promise<T> =>
    new Promise((resolve, reject) => {
      target.query<T>(sql, parameters, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
}

/**
 * Writes the golden dumps anew, one for each server that is there: `node write.ts`, by hand, and only
 * to add one for a new version of the tables. Those of a version that was published are never changed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { sql } from 'kysely';
import { type Backend, mysql, postgres, type TestKysely } from '../support/backends.ts';
import { writeSessions } from './sessions.ts';

const TABLES = ['agent_schema', 'agent_sessions', 'agent_messages', 'agent_operations'] as const;

async function dump(backend: Backend, file: string): Promise<void> {
  const escaped = backend === mysql ? (text: string) => text.replaceAll('\\', '\\\\') : String;
  const database = await backend.create();
  try {
    const made: string[] = [];
    const db = database.connect({
      log: ({ query }) => {
        if (/^\s*CREATE/.test(query.sql)) made.push(query.sql.replace(/\n {4}/g, '\n'));
      },
    });
    const store = new KyselySessionStore({ db, createTables: true });
    await writeSessions(store);
    const rows: string[] = [];
    for (const table of TABLES) rows.push(...(await insertsOf(db, table, escaped)));
    const statements = [...made, ...rows].map((statement) => `${statement};\n`);
    writeFileSync(join(import.meta.dirname, file), statements.join(''));
  } finally {
    await database.drop();
  }
}

/** A row for each; MySQL reads backslashes in a text. Numbers of messages are left out: the database hands out the same ones. */
async function insertsOf(
  db: TestKysely,
  table: string,
  escaped: (text: string) => string,
): Promise<string[]> {
  const order = table === 'agent_messages' ? 'ORDER BY id' : '';
  const { rows } = await sql
    .raw<Record<string, unknown>>(`SELECT * FROM ${table} ${order}`)
    .execute(db);
  return rows.map((row) => {
    const columns = Object.entries(row).filter(
      ([name]) => name !== 'id' || table !== 'agent_messages',
    );
    const names = columns.map(([name]) => name).join(', ');
    const values = columns.map(([, value]) => literal(value, escaped)).join(', ');
    return `INSERT INTO ${table} (${names}) VALUES (${values})`;
  });
}

function literal(value: unknown, escaped: (text: string) => string): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (Buffer.isBuffer(value)) return `X'${value.toString('hex')}'`;
  return `'${escaped(String(value)).replaceAll("'", "''")}'`;
}

await dump(postgres, 'postgres-1.0.sql');
await dump(mysql, 'mariadb-1.0.sql');

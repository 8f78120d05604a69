import { inspect } from 'node:util';
import { KyselySession } from '@agent-sessions/kysely';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { mysql, postgres, type TestKysely } from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

/** Has the server refuse every third row as it does when its disk is full. */
async function makeDiskFull(name: string, db: TestKysely): Promise<void> {
  const statements =
    name === 'Postgres'
      ? [
          `create function disk_full() returns trigger language plpgsql as $$ begin
             if new.message_data like '%"2"%' then raise exception using errcode = '53100'; end if;
             return new;
           end $$`,
          `create trigger disk_full before insert on agent_messages
             for each row execute function disk_full()`,
        ]
      : [
          `create trigger disk_full before insert on agent_messages for each row
             if new.message_data like '%"2"%' then
               signal sqlstate 'HY000' set mysql_errno = 1021, message_text = 'Disk full';
             end if`,
        ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}

onEveryBackend(
  ({ name }, database) => {
    test('a disk that is full, which a trigger plays here, refuses the whole batch', async () => {
      const db = database().connect({ connections: 1 });
      const session = new KyselySession({ db, createTables: true, sessionId: 'full' });
      await session.addItems(numbered(1));
      await makeDiskFull(name, db);
      await expect(session.addItems(numbered(3))).rejects.toMatchObject({ code: 'storage_full' });
      expect(await session.getItems()).toEqual(numbered(1));
      await sql`drop trigger disk_full ${name === 'Postgres' ? sql`on agent_messages` : sql``}`.execute(
        db,
      );
      await session.addItems(numbered(3));
      expect(await session.getItems(3)).toEqual(numbered(3));
    });
  },
  [postgres, mysql],
);

onEveryBackend(({ name }, database) => {
  test('an error holds no conversation, neither itself nor in its cause', async () => {
    const db = database().connect({ connections: 1 });
    const session = new KyselySession({ db, createTables: true, sessionId: 'secret' });
    await session.getItems();
    for (const statement of refusingEveryRow[name] ?? []) {
      await sql.raw(statement).execute(db);
    }
    const error = await session
      .addItems([{ role: 'user', content: 'a secret plan' }])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'backend', cause: expect.any(Error) });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret plan');
    const where = name === 'Postgres' || name === 'PGlite' ? ' on agent_messages' : '';
    await sql.raw(`drop trigger refuse${where}`).execute(db);
  });
});

const inPlPgSql = [
  `create function refuse() returns trigger language plpgsql as $$ begin
     raise exception using message = 'refused', detail = new.message_data;
   end $$`,
  'create trigger refuse before insert on agent_messages for each row execute function refuse()',
];
const inMySql = [
  `create trigger refuse before insert on agent_messages for each row
     signal sqlstate '45000' set message_text = 'refused'`,
];
/** Has a server refuse every row, with all that it can tell of it. */
const refusingEveryRow: Readonly<Record<string, readonly string[]>> = {
  Postgres: inPlPgSql,
  PGlite: inPlPgSql,
  MariaDB: inMySql,
  MySQL: inMySql,
  SQLite: [
    `create trigger refuse before insert on agent_messages
       begin select raise(abort, 'refused'); end`,
  ],
};

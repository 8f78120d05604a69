import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { AgentInputItem } from '@openai/agents';
import { decode, encode, PlainSession } from '../plain-session.ts';
import type { Fault } from './fault.ts';
import { kinds } from './table.ts';

/** What a session over one table asks of its database. */
interface Queries {
  readonly table: string;
  readonly insert: string;
  readonly all: string;
  readonly newest: string;
  readonly pop: string;
  readonly clear: string;
}

const correct: Queries = {
  table: 'create table items (id integer primary key, session text, item text, gone int default 0)',
  insert: 'insert into items (session, item) values (:session, :item)',
  all: 'select item from items where session = :session order by id',
  newest: `select item from (
    select id, item from items where session = :session order by id desc limit :limit
  ) order by id`,
  pop: `delete from items where id = (
    select max(id) from items where session = :session
  ) returning item`,
  clear: 'delete from items where session = :session',
};

/** Sessions over SQLite, of which some queries are wrong. */
function sql(wrong: Partial<Queries>): Fault['open'] {
  return () => {
    const queries = { ...correct, ...wrong };
    const database = new DatabaseSync(':memory:');
    database.exec(`${queries.table}; create index by_session on items (session, id)`);
    return { open: (sessionId) => new SqlSession(database, queries, sessionId) };
  };
}

class SqlSession extends PlainSession {
  readonly #database: DatabaseSync;
  readonly #queries: Queries;

  constructor(database: DatabaseSync, queries: Queries, sessionId: string) {
    super(new Map(), sessionId);
    this.#database = database;
    this.#queries = queries;
  }

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit === undefined) return this.#run('all');
    if (!Number.isInteger(limit)) throw new Error('The limit is not valid.');
    return limit <= 0 ? [] : this.#run('newest', { limit: Math.min(limit, 2 ** 31) });
  }

  override async addItems(items: AgentInputItem[]): Promise<void> {
    for (const item of items.map(encode)) this.#run('insert', { item });
  }

  override async popItem(): Promise<AgentInputItem | undefined> {
    return this.#run('pop')[0];
  }

  override async clearSession(): Promise<void> {
    this.#run('clear');
  }

  #run(query: keyof Queries, more: Record<string, SQLInputValue> = {}): AgentInputItem[] {
    const statement = this.#database.prepare(this.#queries[query]);
    statement.setAllowUnknownNamedParameters(true);
    return statement.all({ session: this.id, ...more }).map(({ item }) => decode(String(item)));
  }
}

const windowOf = (rows: number | string): string => `select item from (
  select id, item from items where session = :session order by id desc limit ${rows}
) order by id`;

/** A table that takes one row for each value of this expression. */
const unique = (expression: string): string => `create table items (
  id integer primary key, session text, item text, gone int default 0,
  name text generated always as (${expression}), unique (session, name)
)`;

export const sqlFaults: readonly Fault[] = kinds(sql, {
  'popItem() looks at the newest row of the table': [
    'popItem() takes from its own session',
    {
      pop: `delete from items where session = :session
        and id = (select max(id) from items) returning item`,
    },
  ],
  'popItem() deletes the newest row of the table': [
    'popItem() takes from its own session',
    { pop: 'delete from items where id = (select max(id) from items) returning item' },
  ],
  'popItem() takes the newest row of any id with these letters': [
    'white space',
    {
      pop: `delete from items where id = (
        select max(id) from items where rtrim(session) = rtrim(:session)
      ) returning item`,
    },
  ],
  'the limit is applied before the session is looked at': [
    'counts the items of its own session',
    {
      newest: `select item from (select * from items order by id desc limit :limit)
        where session = :session order by id`,
    },
  ],
  'the offset of a limit is counted over all sessions': [
    'counts the items of its own session',
    {
      newest: `select item from items where session = :session order by id
        limit -1 offset max((select count(*) from items) - :limit, 0)`,
    },
  ],
  'the limit is applied before popped rows are left out': [
    'counts only what is left',
    {
      all: 'select item from items where session = :session and not gone order by id',
      newest: `select item from (
        select * from items where session = :session order by id desc limit :limit
      ) where not gone order by id`,
      pop: `update items set gone = 1 where id = (
        select max(id) from items where session = :session and not gone
      ) returning item`,
    },
  ],
  'a query with a limit ignores case': [
    'User and user',
    { newest: windowOf(':limit').replace('= :session', '= :session collate nocase') },
  ],
  'clearSession() matches with LIKE': [
    ['User and user', 'wildcards'],
    { clear: 'delete from items where session like :session' },
  ],
  'getItems() has a window of 5 000 rows': ['no default window', { all: windowOf(5000) }],
  'getItems() has a window of 10 000': ['no default window', { all: windowOf(10_000) }],
  'getItems(n) gives 5 000 rows at most': [
    'no largest page',
    { newest: windowOf('min(:limit, 5000)') },
  ],
  'rows are ordered by a number of four digits': [
    'however long the history is',
    { all: "select item from items where session = :session order by printf('%04d', id)" },
  ],
  'the id of an item is a key that is overwritten': [
    'an id or a call id in common',
    {
      table: unique("item ->> '$.id'"),
      insert: 'insert or replace into items (session, item) values (:session, :item)',
    },
  ],
  'the call id of an item is a key that is kept': [
    'an id or a call id in common',
    {
      table: unique("(item ->> '$.type') || (item ->> '$.callId')"),
      insert: 'insert or ignore into items (session, item) values (:session, :item)',
    },
  ],
  'system messages are no part of a history': [
    'a system message keeps every key',
    {
      all: `select item from items where session = :session
        and item not like '%"role":"system"%' order by id`,
    },
  ],
});

import { storeInternals } from '@agent-sessions/core/backend';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { CompiledQuery, type LogEvent } from 'kysely';
import { expect, test } from 'vitest';
import {
  mysql,
  pglite,
  postgres,
  sqlite,
  type TestDatabase,
  type TestKysely,
} from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

const ITEMS = 100_000;
/** What a call may read beside the 50 records that it was asked for. */
const ROWS = 60;

interface Recorder {
  readonly db: TestKysely;
  readonly store: KyselySessionStore;
  /** The statements that a call sends. */
  statementsOf(call: () => Promise<unknown>): Promise<CompiledQuery[]>;
}

/** A session `long` of 100 000 items and a short one, on one connection that notes what is sent. */
async function record(database: TestDatabase): Promise<Recorder> {
  const sent: CompiledQuery[] = [];
  const log = ({ query }: LogEvent) => void sent.push(query);
  const db = database.connect({ log, connections: 1 });
  const store = new KyselySessionStore({ db, createTables: true });
  await store.session('short').addItems(numbered(4));
  await store.session('long').addItems(numbered(ITEMS));
  return {
    db,
    store,
    statementsOf: async (call) => {
      sent.length = 0;
      await call();
      return [...sent];
    },
  };
}

/** One for each database: filling it takes a while. */
const recorders = new WeakMap<TestDatabase, Promise<Recorder>>();

function recorded(database: TestDatabase): Promise<Recorder> {
  const recorder = recorders.get(database) ?? record(database);
  recorders.set(database, recorder);
  return recorder;
}

const turn = numbered(4);

/** The calls that take few rows of a session, however many it has. */
function fewOf(store: KyselySessionStore): readonly (() => Promise<unknown>)[] {
  const session = store.session('long');
  const { backend } = storeInternals(store);
  const page = { positions: true, times: true, limit: 50 };
  return [
    () => session.addItems(turn),
    () => session.getItems(50),
    () => backend.snapshot('long', { ...page, before: ITEMS / 2 }),
    () => backend.snapshot('long', { ...page, before: ITEMS / 2, after: ITEMS / 2 - 10 }),
    () => session.popItem(),
  ];
}
const append_items = { type: 'append_items' as const, items: turn };

onEveryBackend(
  (_backend, database) => {
    test('a call takes one statement: append, with an operation id too, newest, whole; pop takes two', async () => {
      const { store, statementsOf } = await recorded(database());
      const session = store.session('long');
      const count = async (call: () => Promise<unknown>) => (await statementsOf(call)).length;
      expect(await count(() => session.addItems(turn))).toBe(1);
      expect(await count(() => store.session('new').addItems(turn))).toBe(1);
      expect(await count(() => session.addItems(numbered(1000)))).toBe(1);
      const operation = { operationId: 'one', transaction: append_items };
      expect(await count(() => session.applyHistoryTransaction(operation))).toBe(1);
      expect(await count(() => session.getItems(50))).toBe(1);
      expect(await count(() => store.session('new').getItems())).toBe(1);
      expect(await count(() => session.popItem())).toBe(2);
    });

    test('append, newest 50, a page in the middle and pop at 100 000 items read a few rows through an index, and sort nothing', async () => {
      const { db, store, statementsOf } = await recorded(database());
      for (const call of fewOf(store)) {
        for (const { sql, parameters } of await statementsOf(call)) {
          for (const node of await explain(db, sql, parameters)) {
            expect(node['Node Type']).not.toMatch(/Sort/);
            if (node['Relation Name'] === 'agent_messages') {
              expect(node['Node Type']).not.toMatch(/Seq Scan/);
            }
            expect(node['Actual Rows']).toBeLessThan(ROWS);
          }
        }
      }
    });

    test('the whole history is read in the order of the index, without a sort', async () => {
      const { db, store, statementsOf } = await recorded(database());
      for (const { sql, parameters } of await statementsOf(() =>
        store.session('long').getItems(),
      )) {
        const nodes = await explain(db, sql, parameters);
        expect(nodes.map((node) => node['Node Type'])).toContain('Index Scan');
        for (const node of nodes) expect(node['Node Type']).not.toMatch(/Sort|Bitmap/);
      }
    });
  },
  [postgres, pglite],
);

onEveryBackend(
  (_backend, database) => {
    test('append, newest 50, a page in the middle and pop at 100 000 items read a few rows through an index, and sort nothing', async () => {
      const { db, store, statementsOf } = await recorded(database());
      for (const call of fewOf(store)) {
        await db.executeQuery(CompiledQuery.raw('FLUSH STATUS'));
        const statements = await statementsOf(call);
        const read = await db.executeQuery<{ Variable_name: string; Value: string }>(
          CompiledQuery.raw("SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%'"),
        );
        const rows = read.rows.reduce((sum, { Value }) => sum + Number(Value), 0);
        expect(rows).toBeLessThan(ROWS);
        for (const { sql, parameters } of statements) {
          if (!/^\s*(?:select|delete|update)/i.test(sql)) continue;
          const plan = await db.executeQuery<{
            type: string;
            Extra: string | null;
            table: string | null;
          }>(CompiledQuery.raw(`EXPLAIN ${sql}`, [...parameters]));
          for (const { type, Extra, table } of plan.rows) {
            expect(Extra ?? '').not.toMatch(/filesort|temporary/);
            if (table && !table.startsWith('<'))
              expect(['const', 'eq_ref', 'ref', 'range']).toContain(type);
          }
        }
      }
    });

    test('the newest 3 items of a short session are found without passing those of others', async () => {
      const { db, store } = await recorded(database());
      await store.session('short').addItems(numbered(4));
      await db.executeQuery(CompiledQuery.raw('FLUSH STATUS'));
      await store.session('short').popItem();
      const read = await db.executeQuery<{ Value: string }>(
        CompiledQuery.raw("SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%'"),
      );
      expect(read.rows.reduce((sum, { Value }) => sum + Number(Value), 0)).toBeLessThan(20);
    });
  },
  [mysql],
);

onEveryBackend(
  (_backend, database) => {
    test('append, newest 50, a page in the middle and pop use an index, and sort nothing', async () => {
      const { db, store, statementsOf } = await recorded(database());
      const calls = [...fewOf(store), () => store.session('long').getItems()];
      for (const call of calls) {
        for (const { sql, parameters } of await statementsOf(call)) {
          if (/^(?:begin|commit)/i.test(sql)) continue;
          const plan = await db.executeQuery<{ detail: string }>(
            CompiledQuery.raw(`EXPLAIN QUERY PLAN ${sql}`, [...parameters]),
          );
          for (const { detail } of plan.rows)
            expect(detail).not.toMatch(/SCAN (?!.*VALUES)|TEMP B-TREE/);
        }
      }
    });
  },
  [sqlite],
);

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Relation Name'?: string;
  readonly Plans?: PlanNode[];
}

/** Runs a statement, takes it back, and gives all nodes of its plan. */
async function explain(
  db: TestKysely,
  sql: string,
  parameters: readonly unknown[],
): Promise<PlanNode[]> {
  const nodes: PlanNode[] = [];
  const collect = (node: PlanNode): void => {
    nodes.push(node);
    node.Plans?.forEach(collect);
  };
  class Undo extends Error {}
  await db
    .transaction()
    .execute(async (transaction) => {
      const { rows } = await transaction.executeQuery<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        CompiledQuery.raw(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, [...parameters]),
      );
      for (const row of rows) collect(row['QUERY PLAN'][0].Plan);
      throw new Undo();
    })
    .catch((error) => {
      if (!(error instanceof Undo)) throw error;
    });
  return nodes;
}

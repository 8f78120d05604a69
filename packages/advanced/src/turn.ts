import type { LockedSession } from '@agent-sessions/core/backend';
import type { Transactions } from './database.ts';
import type { Sql } from './sql.ts';

/**
 * Runs work on a session in one transaction, in which nobody else can write it. All of it takes effect,
 * or none if `work` rejects; what `work` rejects with passes unchanged.
 *
 * @param lock - Takes the session's lock and says how its records are reached.
 */
export async function runInTurn<T>(
  database: Transactions,
  lock: (held: Transactions) => Promise<LockedSession>,
  work: (session: LockedSession) => Promise<T>,
): Promise<T> {
  let refused: { readonly error: unknown } | undefined;
  const done = await database.write('doubles', async (sql) => {
    refused = undefined;
    const held = new HeldTransaction(sql);
    const session = await lock(held);
    try {
      return { value: await work(session) };
    } catch (error) {
      // The database's own errors are for the runner, which repeats some of them.
      if (held.failure !== undefined && held.failure.error === error) throw error;
      refused = { error };
      return undefined;
    }
  });
  if (refused !== undefined) throw refused.error;
  if (done === undefined) throw new Error('a turn that was not refused has a result');
  return done.value;
}

/**
 * A transaction that is under way and holds the lock. What comes to `undefined` in it has to have
 * changed nothing yet, for nothing is taken back.
 */
class HeldTransaction implements Transactions {
  readonly inTransaction = true;
  /** What a statement failed with. */
  failure: { readonly error: unknown } | undefined;
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await work(this.#sql);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  write<T>(
    _repeatable: unknown,
    work: (sql: Sql) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    return this.read(work);
  }
}

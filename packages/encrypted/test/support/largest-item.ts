import { sql } from 'kysely';
import type { TestKysely } from '../../../kysely/test/support/backends.ts';

/** What MySQL takes in one statement bounds an item; sealed, it has four thirds of its size. */
export async function largestItem(db: TestKysely): Promise<number | undefined> {
  const { rows } = await sql<{ bytes: number }>`select @@max_allowed_packet as bytes`.execute(db);
  return rows[0] && Math.ceil((Number(rows[0].bytes) * 3) / 4);
}

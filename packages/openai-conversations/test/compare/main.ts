/**
 * Compares this package with the SDK's class, on a local server that enforces OpenAI's published schema:
 * `pnpm --filter @agent-sessions/openai-conversations compare`. Takes some five minutes.
 */

import { openLocal } from '../support.ts';
import { measureApprovals } from './approvals.ts';
import { contenders } from './classes.ts';
import { measureForeign } from './foreign.ts';
import { measureKinds, OUTCOMES } from './kinds.ts';
import { measureLock } from './locks.ts';
import { measureLostAnswers, SERVERS } from './lost-answers.ts';
import { measureRequests } from './requests.ts';
import { measureResumes } from './resumes.ts';

const LOCKS_MS = [1_000, 5_000, 20_000];
/** Every third of the items of other programs: some two hundred and forty. */
const STEP = 3;

console.warn = () => {};
const table: Record<string, Record<string, string | number>> = {};
function note(row: string, contender: string, value: string | number): void {
  table[row] = { ...table[row], [contender]: value };
}

await using target = await openLocal();
for (const contender of contenders) {
  const { name } = contender;
  const kinds = await measureKinds(target, contender);
  for (const outcome of OUTCOMES) {
    const { length } = kinds.filter((result) => result.outcome === outcome);
    note(`of ${kinds.length} kinds: ${outcome}`, name, length);
  }
  const foreign = await measureForeign(target, contender);
  const all = foreign.same + foreign.altered + foreign.fails;
  note(`of ${all} items of others: reach the model as they are`, name, foreign.same);
  note(`of ${all} items of others: reach it altered`, name, foreign.altered);
  note(`of ${all} items of others: make the read fail`, name, foreign.fails);
  const resumed = await measureResumes(target, contender, STEP);
  note(`of ${resumed.all} resumed runs: went on, nothing doubled`, name, resumed.good);
  const approved = await measureApprovals(target, contender);
  note(`of ${approved.all} approvals in other processes: went on`, name, approved.good);
  for (const [server, behavior] of Object.entries(SERVERS)) {
    const { once, twice, rejected } = await measureLostAnswers(contender, behavior);
    const text = `${once} once, ${twice} twice, ${rejected} rejected`;
    note(`answer lost, on a server ${server}`, name, text);
  }
  for (const lockedForMs of LOCKS_MS) {
    const stored = await measureLock(contender, lockedForMs);
    note(`locked for ${lockedForMs / 1000} s: writes stored once`, name, stored);
  }
  for (const { call, requests, seconds, isRejected } of await measureRequests(contender)) {
    const text = `${requests} (${seconds.toFixed(2)} s)${isRejected ? ', rejected' : ''}`;
    note(`requests: ${call}`, name, text);
  }
}
console.table(table);

/**
 * The same work through ours, through raw calls of the drivers and through others who keep
 * conversations. Times are medians, ratios are to ours on the same database, from one process and run.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureInTurn, medianOf, ratioOf } from '../compare.ts';
import { describeMachine } from '../machine.ts';
import type { Contender, Conversations } from './contender.ts';
import { loadConversations } from './conversations.ts';
import { nameOf, openAll } from './open.ts';
import { formatTable, type PeersReport, type PeerTime } from './report.ts';
import { Workloads } from './workloads.ts';

await using stack = new AsyncDisposableStack();
const load = await loadConversations();
const workloads = new Workloads(load);
console.log(`storing ${load.source}`);

const missing: { name: string; why: string }[] = [];
const measured: { contender: Contender; conversations: Conversations; times: PeerTime[] }[] = [];
for await (const opened of openAll(stack, (conversations) => workloads.fill(conversations))) {
  if ('why' in opened) {
    missing.push(opened);
    console.log(`  ${opened.name}: cannot be measured: ${opened.why}`);
  } else {
    measured.push({ ...opened, times: [] });
    console.log(`  ${nameOf(opened.contender)}: stored and read back`);
  }
}

for (const workload of workloads.all()) {
  console.log(`measuring: ${workload.name}`);
  const works = measured.map(({ conversations }) => workload.on(conversations));
  const rounds = await measureInTurn(works, workload.effort);
  for (const [index, { conversations, times }] of measured.entries()) {
    const ours = measured.findIndex(
      (other) => other.contender.isOurs && other.conversations.place === conversations.place,
    );
    times.push({
      workload: workload.name,
      micros: medianOf(rounds, index),
      ...(ours >= 0 && { ratio: ratioOf(rounds, index, ours) }),
    });
  }
}

const report: PeersReport = {
  machine: await describeMachine(),
  load: load.source,
  results: measured
    .map(({ contender, conversations: { place }, times }) => ({
      place,
      name: nameOf(contender),
      times,
    }))
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0)),
  missing,
};
console.log(`\n${formatTable(report)}`);

const reports = join(import.meta.dirname, '../../.reports');
await mkdir(reports, { recursive: true });
await writeFile(join(reports, 'bench-peers.json'), `${JSON.stringify(report, undefined, 2)}\n`);

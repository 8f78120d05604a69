/**
 * Writes the generated blocks of the documents; with --check, tells whether they are current. With
 * --record, takes the figures of the last benchmarks into the repository first.
 */

import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PeersReport } from '../bench/peers/report.ts';
import type { BenchReport } from '../bench/report.ts';
import { mustCoverAll } from './backend-table-reporter.ts';
import { type Adapter, adapterTables } from './docs/adapters.ts';
import { benchmarkSummary, benchmarkTable, peersTable } from './docs/benchmarks.ts';
import { type Block, fillBlocks } from './docs/blocks.ts';
import { suitesOf } from './docs/capabilities.ts';
import { verdictOn } from './docs/verdict.ts';

const root = join(import.meta.dirname, '..');
const testReport = '.reports/vitest.json';
const paths = ['README.md', 'docs/benchmarks.md'];
const records = [
  ['.reports/bench.json', 'bench/results.json'],
  ['.reports/bench-peers.json', 'bench/peers/results.json'],
] as const;

async function readJson<Content>(path: string): Promise<Content> {
  return JSON.parse(await readFile(join(root, path), 'utf8'));
}

async function adaptersBlock(): Promise<Block> {
  if (!existsSync(join(root, testReport))) {
    return { unknown: `${testReport} is not there: run \`pnpm test\`` };
  }
  const suites = suitesOf(await readJson(testReport));
  const block = adapterTables(await readJson<Adapter[]>('docs/adapters.json'), suites);
  if ('content' in block) return block;
  return { unknown: `${testReport} is not of a run of all tests: ${block.unknown}` };
}

async function record(): Promise<void> {
  const there = records.filter(([report]) => existsSync(join(root, report)));
  if (there.length === 0) throw new Error('nothing to record: run `pnpm bench` first');
  for (const [report, result] of there) {
    await copyFile(join(root, report), join(root, result));
    console.log(`recorded ${report} as ${result}`);
  }
}

const { values } = parseArgs({
  options: { check: { type: 'boolean' }, record: { type: 'boolean' } },
});
if (values.record) await record();

const bench = await readJson<BenchReport>('bench/results.json');
const peers = await readJson<PeersReport>('bench/peers/results.json');
const blocks = new Map<string, Block>([
  ['adapters', await adaptersBlock()],
  ['benchmark-summary', { content: benchmarkSummary(bench) }],
  ['benchmarks', { content: benchmarkTable(bench) }],
  ['peers', { content: peersTable(peers) }],
]);

if (!values.check) {
  for (const path of paths) {
    const markdown = await readFile(join(root, path), 'utf8');
    await writeFile(join(root, path), fillBlocks(markdown, blocks));
  }
}
const documents = new Map<string, string>();
for (const path of paths) documents.set(path, await readFile(join(root, path), 'utf8'));
// What was to be written and could not be is a failure; a check may be made without a test run.
const { failures, unchecked } = verdictOn(
  documents,
  blocks,
  !values.check || mustCoverAll(process.env),
);
for (const message of [...unchecked, ...failures]) console.error(message);
if (failures.length > 0) process.exitCode = 1;

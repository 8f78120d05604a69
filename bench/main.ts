import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchAdvanced } from './adapters/advanced.ts';
import { benchCalls } from './adapters/calls.ts';
import { benchEncrypted } from './adapters/encrypted.ts';
import { benchKysely } from './adapters/kysely.ts';
import { benchRedis } from './adapters/redis.ts';
import { benchSQLite } from './adapters/sqlite.ts';
import { describeMachine } from './machine.ts';
import { type BenchReport, formatTable } from './report.ts';

const results = [
  ...(await benchSQLite()),
  ...(await benchKysely()),
  ...(await benchEncrypted()),
  ...(await benchRedis()),
  ...(await benchAdvanced()),
  ...(await benchCalls()),
];
console.log(formatTable(results));

const reports = join(import.meta.dirname, '..', '.reports');
await mkdir(reports, { recursive: true });
const report: BenchReport = { machine: await describeMachine(), results };
await writeFile(join(reports, 'bench.json'), `${JSON.stringify(report, undefined, 2)}\n`);

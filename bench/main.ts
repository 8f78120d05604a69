import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchSQLite } from './adapters/sqlite.ts';
import { formatTable } from './report.ts';

const results = await benchSQLite();
console.log(formatTable(results));

const reports = join(import.meta.dirname, '..', '.reports');
await mkdir(reports, { recursive: true });
await writeFile(join(reports, 'bench.json'), `${JSON.stringify(results, undefined, 2)}\n`);

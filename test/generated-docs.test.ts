import { describe, expect, test } from 'vitest';
import type { PeersReport } from '../bench/peers/report.ts';
import type { BenchReport } from '../bench/report.ts';
import { allRules } from '../packages/core/src/conformance/specs/index.ts';
import { type Adapter, adapterTables } from '../tools/docs/adapters.ts';
import { benchmarkSummary, benchmarkTable, peersTable } from '../tools/docs/benchmarks.ts';
import { fillBlocks, readBlocks } from '../tools/docs/blocks.ts';
import { suitesOf, type TestReport } from '../tools/docs/capabilities.ts';
import { verdictOn } from '../tools/docs/verdict.ts';

const document = [
  '# T',
  '<!-- generated: a -->',
  '',
  'old',
  '',
  '<!-- /generated -->',
  'by hand',
  '<!-- generated: b -->',
  '',
  '',
  '',
  '<!-- /generated -->',
  '',
].join('\n');

describe('generated blocks of a document', () => {
  test('are filled, and all that is written by hand stays', () => {
    const filled = fillBlocks(
      document,
      new Map([
        ['a', { content: 'one\ntwo' }],
        ['b', { content: 'three' }],
      ]),
    );
    expect(filled).toBe(document.replace('old', 'one\ntwo').replace('b -->\n\n', 'b -->\n\nthree'));
    expect([...readBlocks(filled)]).toEqual([
      ['a', 'one\ntwo'],
      ['b', 'three'],
    ]);
  });

  test('stay as they are when their content cannot be known', () => {
    const blocks = new Map([
      ['a', { unknown: 'no tests ran' }],
      ['b', { content: '' }],
    ]);
    expect(readBlocks(fillBlocks(document, blocks)).get('a')).toBe('old');
  });

  test.each([
    ['does not end', '<!-- generated: a -->\nx'],
    ['does not end', '<!-- generated: a -->\n<!-- generated: b -->\n<!-- /generated -->'],
    ['did not begin', '<!-- /generated -->'],
  ])('that one %s is told', (problem, markdown) => {
    expect(() => readBlocks(markdown)).toThrow(problem);
  });

  test('of a name that nothing generates is refused', () => {
    expect(() => fillBlocks(document, new Map())).toThrow('a block of the name a');
  });
});

describe('the check of generated blocks', () => {
  const documents = new Map([['README.md', '<!-- generated: a -->\nold\n<!-- /generated -->']]);

  test('passes what is current', () => {
    const blocks = new Map([['a', { content: 'old' }]]);
    expect(verdictOn(documents, blocks, true)).toEqual({ failures: [], unchecked: [] });
  });

  test('fails what is out of date, and says how to renew it', () => {
    const { failures } = verdictOn(documents, new Map([['a', { content: 'new' }]]), false);
    expect(failures).toEqual([expect.stringMatching(/README.md: .* a .*`pnpm docs:generate`/)]);
  });

  test('says what cannot be known, and fails for it only where all must be covered', () => {
    const blocks = new Map([['a', { unknown: 'no tests ran' }]]);
    const message = expect.stringMatching(/a cannot be known: no tests ran/);
    expect(verdictOn(documents, blocks, false)).toEqual({ failures: [], unchecked: [message] });
    expect(verdictOn(documents, blocks, true)).toEqual({ failures: [message], unchecked: [] });
  });

  test('fails when a document has lost its block, or has one that nothing generates', () => {
    const { failures } = verdictOn(documents, new Map([['b', { content: '' }]]), false);
    expect(failures).toEqual([
      'README.md: nothing generates the block a',
      'no document has the block b',
    ]);
  });
});

/** A run of the suite on a backend without some capabilities. */
function assertionsOf(backend: string, without: readonly string[] = [], broken = '') {
  return allRules.map(({ concern, name, needs }) => ({
    ancestorTitles: [`session conformance: ${backend}`, concern],
    title: name,
    status:
      name === broken ? 'failed' : needs.some((n) => without.includes(n)) ? 'skipped' : 'passed',
  }));
}

function report(...assertions: ReturnType<typeof assertionsOf>[]): TestReport {
  return {
    testResults: [
      { assertionResults: [{ ancestorTitles: ['other'], title: 'x', status: 'failed' }] },
      ...assertions.map((assertionResults) => ({ assertionResults })),
    ],
  };
}

const adapter: Adapter = {
  package: '@agent-sessions/a',
  keeps: 'in A',
  bestFor: 'one machine',
  install: 'npm install a',
  durability: 'power loss',
  scalesTo: 'a rack',
  suites: ['A', 'B|C'],
  encrypted: ['Encrypted over A'],
  advanced: [],
};

const complete = report(
  assertionsOf('A'),
  assertionsOf('C', ['transactions', 'directory']),
  assertionsOf('Encrypted over A'),
);

describe('the tables of adapters', () => {
  test('have by hand what people say, and from the suites what all backends of an adapter can do', () => {
    const block = adapterTables([adapter], suitesOf(complete));
    const lines = 'content' in block ? block.content.split('\n') : [];
    expect(lines).toContain(
      '| [`@agent-sessions/a`](packages/a/README.md) | in A | one machine | power loss | a rack | `npm install a` |',
    );
    const heads = lines.filter((line) => line.startsWith('| package |'));
    expect(heads[1]).toBe(
      '| package | items come back verbatim | ids of your choice | history transactions | mutations | compaction in one step | list of sessions | encryption | branches and usage |',
    );
    expect(lines.at(-1)).toBe(
      '| [`@agent-sessions/a`](packages/a/README.md) | yes | yes | no | yes | yes | no | yes | no |',
    );
  });

  test.each([
    [
      'a backend that no test ran on',
      report(assertionsOf('A'), assertionsOf('C')),
      'Encrypted over A: no test of it ran',
    ],
    [
      'of two of which one is there, none',
      report(assertionsOf('A'), assertionsOf('Encrypted over A')),
      'B|C: no test of it ran',
    ],
    [
      'a test that failed',
      report(
        assertionsOf('A', [], allRules[0]?.name),
        assertionsOf('B'),
        assertionsOf('Encrypted over A'),
      ),
      'A: 1 tests failed',
    ],
    [
      'no suite at all',
      report(),
      'A: no test of it ran; B|C: no test of it ran; Encrypted over A: no test of it ran',
    ],
  ])('cannot be known with %s', (_what, tests, unknown) => {
    expect(adapterTables([adapter], suitesOf(tests))).toEqual({ unknown });
  });
});

describe('the tables of benchmarks', () => {
  const result = (adapterName: string, workload: string, ratio: number) => ({
    adapter: adapterName,
    workload,
    oursMicros: 120,
    floorMicros: 100,
    ratio,
    bound: 1.25,
  });
  const bench: BenchReport = {
    machine: {
      date: '2026-01-31',
      cpus: 2,
      platform: 'linux x64',
      node: '24.0.0',
      databases: ['SQLite 3.54.1', 'Redis 7.0.0'],
    },
    results: [
      result('SQLite', 'append 4', 1.2),
      result('SQLite', 'pop', 1.3),
      result('advanced', 'make a branch', 1),
    ],
  };
  const measuredOn =
    'Measured on 2026-01-31: linux x64, 2 CPUs, Node 24.0.0, SQLite 3.54.1, Redis 7.0.0.';

  test('the short one has the workloads of every adapter, and what it was measured on', () => {
    expect(benchmarkSummary(bench).split('\n')).toEqual([
      measuredOn,
      '',
      '|  | append 4 | newest 50 of 10 000 | whole 20 000 | pop |',
      '| --- | --- | --- | --- | --- |',
      '| SQLite | 1.20 ≤ 1.25, 120.0 µs |  |  | 1.300 **>** 1.25, 120.0 µs |',
    ]);
  });

  test('the long one has every result', () => {
    expect(benchmarkTable(bench).split('\n').slice(4)).toEqual([
      '| SQLite | append 4 | 120.0 µs | 100.0 µs | 1.20 ≤ 1.25 |',
      '| SQLite | pop | 120.0 µs | 100.0 µs | 1.300 **>** 1.25 |',
      '| advanced | make a branch | 120.0 µs | 100.0 µs | 1.00 ≤ 1.25 |',
    ]);
  });

  test('that of peers tells a database once, the load, and who was not measured', () => {
    const times = (micros: number, ratio?: number) => [
      { workload: 'append', micros, ...(ratio !== undefined && { ratio }) },
    ];
    const peers: PeersReport = {
      machine: bench.machine,
      load: '200 generated conversations',
      results: [
        { place: 'SQLite', name: 'ours', times: times(80, 1) },
        { place: 'SQLite', name: 'theirs 1.0.0', times: times(160, 2) },
        { place: 'memory', name: 'MemorySession', times: times(9) },
      ],
      missing: [{ name: 'absent', why: 'Cannot find package' }],
    };
    expect(peersTable(peers).split('\n')).toEqual([
      `${measuredOn} Stored were 200 generated conversations.`,
      '',
      '| database | package | append |',
      '| --- | --- | --- |',
      '| SQLite | ours | 80.0 µs ×1.00 |',
      '|  | theirs 1.0.0 | 160.0 µs ×2.00 |',
      '| memory | MemorySession | 9.0 µs |',
      '',
      'Not measured: absent: Cannot find package',
    ]);
  });
});

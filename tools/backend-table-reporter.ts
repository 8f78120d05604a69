import type { Reporter, TestModule, TestSuite } from 'vitest/node';

/** What a conformance suite, or one test of it, came to. */
export type Outcome = {
  /** The suite's name, with `session conformance: ` before the backend's name. */
  suite: string;
  test: string;
  state: 'passed' | 'failed' | 'skipped';
  note?: string | undefined;
};

export type Backend = {
  name: string;
  status: 'covered' | 'failed' | 'skipped';
  passed: number;
  failed: number;
  skipped: number;
  reasons: string[];
};

const prefix = 'session conformance: ';
const separator = ' — skipped: ';

/**
 * One backend for each conformance suite. A reason for a skip is the test's note (`ctx.skip(note)`),
 * or what follows ` — skipped: ` in the name of the test or of the whole suite.
 */
export function tabulate(outcomes: readonly Outcome[]): Backend[] {
  const backends = new Map<string, Backend>();
  for (const { suite, test, state, note } of outcomes) {
    const [name = '', suiteReason] = suite.slice(prefix.length).split(separator);
    const backend = backends.get(name) ?? {
      name,
      status: 'skipped',
      passed: 0,
      failed: 0,
      skipped: 0,
      reasons: [],
    };
    backends.set(name, backend);
    backend[state] += 1;
    const reason = suiteReason ?? note ?? test.split(separator)[1];
    if (state === 'skipped' && reason && !backend.reasons.includes(reason)) {
      backend.reasons.push(reason);
    }
  }
  for (const backend of backends.values()) {
    if (backend.failed > 0) backend.status = 'failed';
    else if (backend.passed > 0) backend.status = 'covered';
    else if (backend.reasons.length === 0) backend.reasons.push('no reason given');
  }
  return [...backends.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The closing table, a line for each backend and one more for each further reason. */
export function formatTable(backends: readonly Backend[]): string {
  const lines = [['backend', 'result', 'passed', 'failed', 'skipped', 'why']];
  for (const { name, status, passed, failed, skipped, reasons } of backends) {
    const [first = '', ...more] = reasons;
    lines.push([name, status, String(passed), String(failed), String(skipped), first]);
    for (const reason of more) lines.push(['', '', '', '', '', reason]);
  }
  const width = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
  const widths = [0, 1, 2, 3, 4].map(width);
  const pad = (cell: string, column: number) => {
    const isNumber = column >= 2 && column <= 4;
    return isNumber ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  };
  return lines.map((line) => ` ${line.map(pad).join('  ')}`.trimEnd()).join('\n');
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a run must cover every backend. */
export function mustCoverAll(env: Environment): boolean {
  return env.CI === 'true' || env.REQUIRE_ALL_BACKENDS === '1';
}

/**
 * A run that must cover every backend is failed by one that was skipped as a whole; a run that must
 * cover those that REQUIRE_BACKENDS names (`Redis, Encrypted over Redis`), by one of these.
 */
export function missingBackends(backends: readonly Backend[], env: Environment): string[] {
  if (env.REQUIRE_BACKENDS !== undefined) {
    const ran = backends.filter(({ status }) => status !== 'skipped').map(({ name }) => name);
    return env.REQUIRE_BACKENDS.split(', ').filter((name) => !ran.includes(name));
  }
  if (!mustCoverAll(env)) return [];
  return backends.filter(({ status }) => status === 'skipped').map(({ name }) => name);
}

/** Closes the run with what it proved about each backend. */
export class BackendTableReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const suites = modules.flatMap((module) => [...module.children.suites()]);
    const backends = tabulate(
      suites.filter(({ name }) => name.startsWith(prefix)).flatMap(outcomesOf),
    );
    if (backends.length > 0) console.log(`${formatTable(backends)}\n`);
    const missing = missingBackends(backends, process.env);
    if (missing.length === 0) return;
    console.error(
      `Not covered: ${missing.join(', ')}. With CI=true, REQUIRE_ALL_BACKENDS=1 or its name in REQUIRE_BACKENDS that is a failure.\n`,
    );
    process.exitCode = 1;
  }
}

function outcomesOf(suite: TestSuite): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const test of suite.children.allTests()) {
    const result = test.result();
    // A test that did not end, because the run was cut short, proved nothing.
    const state = result.state === 'pending' ? 'failed' : result.state;
    const note = result.state === 'skipped' ? result.note : undefined;
    outcomes.push({ suite: suite.name, test: test.name, state, note });
  }
  // A hook that failed leaves its tests skipped; an empty suite has none to tell of it.
  const failedOutsideTests =
    suite.state() === 'failed' && !outcomes.some(({ state }) => state === 'failed');
  if (failedOutsideTests || outcomes.length === 0) {
    const state = failedOutsideTests ? 'failed' : 'skipped';
    outcomes.push({ suite: suite.name, test: '', state });
  }
  return outcomes;
}

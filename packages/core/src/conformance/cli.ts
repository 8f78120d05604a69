import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, parseArgs, styleText } from 'node:util';
import type { SessionHarness } from './harness.ts';
import { toJUnit } from './junit.ts';
import { leftOpen } from './left-open.ts';
import { type ConformanceReport, formatTable, type TestOutcome } from './report.ts';
import { type RunConformanceOptions, runConformance } from './run.ts';

const usage = `Usage: session-conformance <module> [options]

Tests a session class against the rules of the Agents SDK's session protocol. The module exports
a harness, as \`harness\` or as its default: { name, open(sessionId) } and what else the guide says.

  --grep <text>   only tests whose name contains the text, or matches it as a regular expression
  --only <name>   only the test of that very name; may be given several times
  --seed <n>      draw sizes and orders as the run did whose report has this seed
  --json          print the report as JSON
  --junit <file>  write the report as JUnit XML, too
  --help          print this

Exit code: 0 if no test failed, 1 if one did, 2 if nothing could be tested.`;

const options = {
  grep: { type: 'string' },
  only: { type: 'string', multiple: true },
  seed: { type: 'string' },
  json: { type: 'boolean' },
  junit: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** The command `session-conformance`. Ends the process, whatever the harness left open. */
export async function main(args: readonly string[]): Promise<never> {
  const before = process.getActiveResourcesInfo();
  // A session that rejects where nobody listens must not keep the report from being printed.
  process.on('unhandledRejection', (reason) => {
    console.error(`A promise was rejected that nobody waited for: ${inspect(reason)}`);
  });
  const code = await test(args);
  const open = await leftOpen(before);
  if (open.length > 0) {
    console.error(`The harness left open: ${open.join(', ')}. Close them in its stop().`);
  }
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((done) => stream.write('', () => done()));
  }
  process.exit(code);
}

async function test(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [path] = positionals;
    if (values.help || path === undefined) {
      console.log(usage);
      return values.help ? 0 : 2;
    }
    const harness = await loadHarness(path);
    const wanted: RunConformanceOptions = {
      ...(values.grep !== undefined && { grep: toPattern(values.grep) }),
      ...(values.only !== undefined && { only: values.only }),
      ...(values.seed !== undefined && { seed: Number(values.seed) }),
      ...(!values.json && { onTest: printer() }),
    };
    const report = await runConformance(harness, wanted);
    if (values.junit !== undefined) await writeFile(values.junit, toJUnit(report));
    if (values.json) console.log(JSON.stringify(report, withoutErrors, 2));
    else printEnd(report, path);
    if (report.stopError !== undefined) console.error(`harness.stop(): ${report.stopError}`);
    if (report.tests.length === 0) {
      console.error('No test matches.');
      return 2;
    }
    return report.failed > 0 ? 1 : 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}

/** Names have parentheses in them, so a text is looked for as it is, too. */
function toPattern(text: string): RegExp {
  const literal = text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  try {
    return new RegExp(`${literal}|${text}`);
  } catch {
    return new RegExp(literal);
  }
}

async function loadHarness(path: string): Promise<SessionHarness> {
  const module: object = await import(pathToFileURL(resolve(path)).href);
  const harness: unknown = Reflect.get(module, 'harness') ?? Reflect.get(module, 'default');
  if (isHarness(harness)) return harness;
  throw new Error(
    `${path} exports no harness. Export { name: string, open(sessionId) } as \`harness\` or default.`,
  );
}

function isHarness(value: unknown): value is SessionHarness {
  if (typeof value !== 'object' || value === null) return false;
  const { name, open } = value as Partial<SessionHarness>;
  return typeof name === 'string' && typeof open === 'function';
}

/** Prints each test under its concern. */
function printer(): (outcome: TestOutcome) => void {
  let last = '';
  return ({ concern, name, state, reason, error }) => {
    if (concern !== last) console.log(`\n${styleText('bold', concern)}`);
    last = concern;
    if (state === 'passed') console.log(`  ${styleText('green', '✓')} ${name}`);
    else if (state === 'skipped') console.log(`  - ${name} — skipped: ${reason}`);
    else {
      console.log(`  ${styleText('red', '✗')} ${name}`);
      console.log(indent(error instanceof Error ? error.message : inspect(error)));
    }
  };
}

function printEnd(report: ConformanceReport, path: string): void {
  const failed = report.tests.filter(({ state }) => state === 'failed');
  if (failed.length > 0) console.log(`\n${styleText('bold', 'Rules that are broken')}`);
  for (const { concern, name } of failed) console.log(`  ${concern}: ${name}`);
  const [first] = failed;
  if (first !== undefined) {
    const only = `--only ${JSON.stringify(first.name)}`;
    console.log(`\nThe first again: session-conformance ${path} --seed ${report.seed} ${only}`);
  }
  console.log(`\n${formatTable(report)}`);
  console.log(`\n${report.summary}`);
}

function indent(text: string): string {
  const lines = text.split('\n');
  const shown = lines.length > 30 ? [...lines.slice(0, 30), '…'] : lines;
  return shown.map((line) => `      ${line}`).join('\n');
}

function withoutErrors(key: string, value: unknown): unknown {
  return key === 'error' ? undefined : value;
}

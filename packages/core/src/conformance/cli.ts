import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, parseArgs, styleText } from 'node:util';
import type { SessionHarness } from './harness.ts';
import { type ConformanceReport, formatTable, type TestOutcome } from './report.ts';
import { runConformance } from './run.ts';

const usage = `Usage: session-conformance <module> [--grep <text>] [--json]

Tests a session class against the rules of the Agents SDK's session protocol. The module exports
a harness, as \`harness\` or as its default: { name, open(sessionId) } and what else the guide says.

  --grep <text>  only tests whose name contains the text, or matches it as a regular expression
  --json         print the report as JSON
  --help         print this

Exit code: 0 if no test failed, 1 if one did, 2 if nothing could be tested.`;

/** The command `session-conformance`. Gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { grep: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    const [path] = positionals;
    if (values.help || path === undefined) {
      console.log(usage);
      return values.help ? 0 : 2;
    }
    const grep = values.grep === undefined ? {} : { grep: toPattern(values.grep) };
    const harness = await loadHarness(path);
    const report = values.json
      ? await runConformance(harness, grep)
      : await runConformance(harness, { ...grep, onTest: printer() });
    if (values.json) console.log(JSON.stringify(report, withoutErrors, 2));
    else printEnd(report);
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

function printEnd(report: ConformanceReport): void {
  const failed = report.tests.filter(({ state }) => state === 'failed');
  if (failed.length > 0) console.log(`\n${styleText('bold', 'Rules that are broken')}`);
  for (const { concern, name } of failed) console.log(`  ${concern}: ${name}`);
  console.log(`\n${formatTable(report)}`);
  const { passed, skipped } = report;
  console.log(`\n${passed} passed, ${failed.length} failed, ${skipped} skipped`);
}

function indent(text: string): string {
  const lines = text.split('\n');
  const shown = lines.length > 30 ? [...lines.slice(0, 30), '…'] : lines;
  return shown.map((line) => `      ${line}`).join('\n');
}

function withoutErrors(key: string, value: unknown): unknown {
  return key === 'error' ? undefined : value;
}

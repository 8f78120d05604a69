import type { ConformanceReport, TestOutcome } from './report.ts';

/** The report as the XML that CI systems read. */
export function toJUnit({ name, seed, passed, failed, skipped, tests }: ConformanceReport): string {
  const counts = { tests: passed + failed + skipped, failures: failed, skipped };
  const suite = tag('testsuite', { name: `session conformance: ${name}`, ...counts }, [
    tag('properties', {}, [tag('property', { name: 'seed', value: seed })]),
    ...tests.map(toCase),
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag('testsuites', counts, [suite])}\n`;
}

function toCase({ concern, name, state, reason = '', durationMs }: TestOutcome): string {
  const element = { failed: 'failure', skipped: 'skipped', passed: undefined }[state];
  const attributes = { classname: concern, name, time: (durationMs / 1000).toFixed(3) };
  return tag('testcase', attributes, element ? [tag(element, { message: reason })] : []);
}

function tag(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return `<${name}${given.join('')}>${children.map((child) => `\n${child}`).join('')}</${name}>`;
}

function escaped(value: string | number): string {
  return (
    String(value)
      .toWellFormed()
      // XML has no way to write most control characters.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
      .replace(/[<>&"\n\r\t]/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}

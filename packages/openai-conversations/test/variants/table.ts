import { ERRATA } from '../server/published-schema.ts';

/** One line of the README's table. */
export interface Row {
  readonly name: string;
  readonly outcome: 'stored' | 'refused' | 'left out';
  readonly readAs?: string;
}

const START = '<!-- items: made by test/variants.test.ts, do not edit -->';
const END = '<!-- /items -->';

export function tableOf(rows: readonly Row[]): string {
  const count = (outcome: Row['outcome']): number =>
    rows.filter((row) => row.outcome === outcome).length;
  const lines = rows.map(
    ({ name, outcome, readAs }) => `| ${name} | ${outcome} | ${readAs ?? ''} |`,
  );
  return [
    `${rows.length} kinds of items: ${count('stored')} stored, ${count('refused')} refused, ${count('left out')} left out with a warning.`,
    '',
    '| item | outcome | read back as |',
    '| --- | --- | --- |',
    ...lines,
    '',
    "Errata, the places where OpenAI's published schema contradicts itself or the API:",
    '',
    ...ERRATA.map((erratum) => `- ${erratum}`),
  ].join('\n');
}

/** The README with this table in its place. */
export function withTable(readme: string, table: string): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error('The README has no place for it.');
  return `${before}${START}\n\n${table}\n\n${END}${after}`;
}

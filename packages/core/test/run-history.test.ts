import { describe, expect, test } from 'vitest';
import { type Placed, REMEMBERED_RECORDS, RunHistory } from '../src/run-history.ts';

const birth = 'birth';

/** A history of these records, at consecutive positions from `first` on. */
function placed(records: readonly string[], first = 1): Placed[] {
  return records.map((record, index) => ({ record, position: first + index }));
}

/** A run that has read these records, the newest of them at `revision`. */
function readerOf(
  records: readonly string[],
  revision = records.length,
): { history: RunHistory; run: object } {
  const history = new RunHistory();
  const run = {};
  const newest = records.slice(-REMEMBERED_RECORDS);
  const state = { birth, revision, token: 'token' };
  history.readAt(run, { state, newest, count: records.length });
  return { history, run };
}

/** Which of the records count as added by others. */
function foreign(
  { history, run }: ReturnType<typeof readerOf>,
  records: readonly Placed[],
): string[] {
  const positions = history.foreignAmong(run, records);
  return records.filter(({ position }) => positions.has(position)).map(({ record }) => record);
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

describe('of a history that a run has read, others added', () => {
  test('nothing, if it is as it was', () => {
    expect(foreign(readerOf(['a', 'b']), placed(['a', 'b']))).toEqual([]);
  });

  test('what came after it', () => {
    expect(foreign(readerOf(['a', 'b']), placed(['a', 'b', 'c']))).toEqual(['c']);
  });

  test('not what the run wrote', () => {
    const reader = readerOf(['a']);
    reader.history.wrote(reader.run, { birth, position: 2, records: ['own'] });
    expect(foreign(reader, placed(['a', 'own', 'b']))).toEqual(['b']);
  });

  test('what came where the newest records were popped', () => {
    expect(foreign(readerOf(['a', 'b']), [...placed(['a']), ...placed(['c'], 4)])).toEqual(['c']);
  });

  test('nothing, if records in the middle were removed', () => {
    const all = placed(['a', 'b', 'c', 'd']);
    expect(foreign(readerOf(['a', 'b', 'c', 'd']), all.toSpliced(1, 1))).toEqual([]);
  });

  test('not what the session itself has rewritten', () => {
    const reader = readerOf(['a', 'b', 'c']);
    reader.history.rewrote(['B']);
    expect(foreign(reader, placed(['a', 'B', 'c']))).toEqual([]);
  });

  test('not the records of a long history that the run does not remember', () => {
    const long = numbers(200);
    expect(foreign(readerOf(long), placed([...long, 'new']))).toEqual(['new']);
  });
});

describe('of a history whose server lost the end that the run has read, others added', () => {
  test('everything that is there in its place', () => {
    expect(foreign(readerOf(['a', 'b', 'c']), placed(['a', 'x', 'y', 'z']))).toEqual([
      'x',
      'y',
      'z',
    ]);
  });

  test('also what reads as the lost end did, after something else', () => {
    const reader = readerOf(['a', 'question', 'yes']);
    expect(foreign(reader, placed(['a', 'other', 'yes']))).toEqual(['other', 'yes']);
  });

  test('also what reads as the lost end did, at another position', () => {
    const reader = readerOf(['a', 'question', 'yes']);
    expect(foreign(reader, placed(['a', 'yes', 'new']))).toEqual(['yes', 'new']);
  });

  test('everything, if more is lost than the run remembers', () => {
    const kept = numbers(10);
    const reader = readerOf(numbers(200));
    expect(foreign(reader, placed([...kept, 'x']))).toEqual([...kept, 'x']);
  });
});

test('a birth that a run saw first is the one it goes by', () => {
  const { history, run } = readerOf(['a']);
  const state = { birth: 'another', revision: 1, token: 'token' };
  history.readAt(run, { state, newest: ['a'], count: 1 });
  history.saw(run, state);
  expect(history.birthOf(run)).toBe(birth);
});

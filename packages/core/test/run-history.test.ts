import { describe, expect, test } from 'vitest';
import type { State } from '../src/backend.ts';
import { type Placed, RunHistory } from '../src/run-history.ts';

const state: State = { birth: 'birth', revision: 2, edition: 0, view: 0, token: 'token' };
const run = {};

/** Records at consecutive positions from `first` on. */
function placed(records: readonly string[], first = 1): Placed[] {
  return records.map((record, index) => ({ record, position: first + index }));
}

/** The history of a run that read two records, and then wrote one. */
function reader(): RunHistory {
  const history = new RunHistory();
  history.readAt(run, state);
  history.wrote(run, { birth: 'birth', records: placed(['own'], 3) });
  return history;
}

/** Which of the records count as added by others. */
function foreign(history: RunHistory, records: readonly Placed[], follows = true): string[] {
  const positions = history.foreignAmong(run, records, follows);
  return records.filter(({ position }) => positions.has(position)).map(({ record }) => record);
}

describe('of a history that a run has read, others added', () => {
  test('what is neither from before the read nor its own', () => {
    expect(foreign(reader(), placed(['a', 'b', 'own', 'c']))).toEqual(['c']);
  });

  test('not its own record with another text, for it was rewritten where it is', () => {
    expect(foreign(reader(), placed(['a', 'b', 'OWN']))).toEqual([]);
  });

  test('everything, if there was nothing to read', () => {
    const history = new RunHistory();
    history.readAt(run, undefined);
    expect(foreign(history, placed(['a']))).toEqual(['a']);
  });

  test('nothing, if it never read', () => {
    expect(foreign(new RunHistory(), placed(['a', 'b']))).toEqual([]);
  });
});

describe('of a history that does not come from what a run has read, others added', () => {
  test('everything but what the run wrote itself', () => {
    expect(foreign(reader(), placed(['a', 'x', 'own', 'y']), false)).toEqual(['a', 'x', 'y']);
  });

  test('also what is where its own record was, with another text', () => {
    expect(foreign(reader(), placed(['a', 'b', 'x']), false)).toEqual(['a', 'b', 'x']);
  });
});

describe('a run', () => {
  test('goes by the birth that it saw first', () => {
    const history = reader();
    history.readAt(run, { ...state, birth: 'another' });
    history.saw(run, { ...state, birth: 'a third' });
    expect(history.birthOf(run)).toBe('birth');
  });

  test('goes by its first read of the whole history, also if it wrote before', () => {
    const history = new RunHistory();
    history.wrote(run, { birth: 'birth', records: placed(['own']) });
    history.readAt(run, state);
    history.readAt(run, { ...state, revision: 3 });
    expect(history.baseOf(run)).toEqual(state);
  });
});

import assert from 'node:assert/strict';
import { add, isNowhere, range, texts } from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

/** Records are texts of JSON or of a cipher: a NUL and a lone surrogate are escaped in them. */
const ODD = [
  '',
  ' two spaces at the end  ',
  JSON.stringify('\0 and \u001f'),
  JSON.stringify('lone \ud800 and \udfff'),
  'é in one character and e\u0301 in two',
  'four bytes: \u{1f600}\u{10ffff}, none at all: \ufffe\uffff\ufeff',
  '\u007f\u0085\u2028\u2029',
  'line\nfeed\r\n\ttab',
  `' '' " \\ \\\\ \\' % _ $1 ? :id @id {} --`,
  'null',
  '007',
  '1e400',
];

/** Ids that some databases take for one. */
const ALIKE = [
  'User',
  'user',
  'user ',
  ' user',
  'usér',
  'use\u0301r',
  'us\u00e9r',
  'USER',
  'us_r',
  'us%',
];

export const backendRecords: BackendConcern = backendConcern('records', (rule) => {
  rule('records come back verbatim', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, ODD);
    assert.deepEqual((await other.snapshot(id)).records, ODD);
    assert.deepEqual(await other.window(id, ODD.length), ODD);
    const { state } = await backend.snapshot(id);
    assert.ok(state);
    const changes = new Map(ODD.toReversed().map((text, index) => [index + 1, text]));
    const rewritten = await backend.rewrite(id, { state, changes });
    assert.deepEqual((await other.snapshot(id)).records, ODD.toReversed());
    await backend.replaceTail(id, { state: rewritten?.state, drop: 'all', records: ODD });
    assert.deepEqual((await other.snapshot(id)).records, ODD);
  });

  rule('a record of 1 MB comes back verbatim', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    const record = JSON.stringify('é\u{1f600}x'.repeat(150_000));
    if (Buffer.byteLength(record) > (backend.maxRecordBytes ?? Number.POSITIVE_INFINITY)) {
      t.skip('the backend takes no record of 1 MB');
    }
    await add(backend, id, [record, 'small']);
    const { records } = await backend.snapshot(id);
    assert.ok(records[0] === record && records[1] === 'small', 'the record is another one');
  });

  rule('equal records are so many records', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, ['same', 'same']);
    await add(backend, id, ['same']);
    assert.deepEqual((await backend.snapshot(id)).records, ['same', 'same', 'same']);
  });

  rule('a batch of 10 000 records is one', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    const records = texts('record', 10_000);
    assert.equal((await add(backend, id, records)).revision, 10_000);
    const whole = await backend.snapshot(id, { positions: true });
    assert.equal(whole.records.length, 10_000);
    assert.ok(
      whole.records.every((record, index) => record === records[index]),
      'records are missing, or in another order',
    );
    assert.deepEqual(whole.positions, range(1, 10_000));
    assert.deepEqual(await backend.window(id, 2), records.slice(-2));
  });

  rule('ids are compared byte for byte', async (t) => {
    const [backend, prefix] = [await t.open(), t.newId()];
    const ids = [...new Set(ALIKE)].map((id) => `${prefix}${id}`);
    for (const id of ids) {
      await isNowhere(backend, id);
      await add(backend, id, [id]);
    }
    for (const id of ids) assert.deepEqual((await backend.snapshot(id)).records, [id]);
    const [first = '', ...others] = ids;
    await backend.deleteSession(first);
    await isNowhere(backend, first);
    for (const id of others) assert.deepEqual(await backend.window(id, 2), [id]);
  });

  rule('an id may have 512 bytes', async (t) => {
    const [backend, prefix] = [await t.open(), t.newId()];
    const long = prefix + '\u{1f600}'.repeat(Math.floor((508 - prefix.length) / 4));
    const ids = ['1', '2', '3'].map((end) => long + end.padStart(512 - Buffer.byteLength(long)));
    for (const id of ids) await add(backend, id, [id]);
    for (const id of ids) assert.deepEqual((await backend.snapshot(id)).records, [id]);
  });
});

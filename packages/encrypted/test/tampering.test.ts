import { randomInt } from 'node:crypto';
import { isSessionError, MemorySessionStore } from '@agent-sessions/core';
import { sessionKey } from '@agent-sessions/core/backend';
import { EncryptedSession } from '@agent-sessions/encrypted';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEY } from './support/keys.ts';
import { recordsOf, sealed, setRecords, user } from './support/records.ts';

const ID = 'user-123';
const ITEM = user('Meet me at the old mill at dawn.');
const CODES = ['decryption_failed', 'not_encrypted', 'key_unavailable'];

/** What reading a session gives whose only record is this one. */
async function readingOf(record: string): Promise<unknown> {
  const store = new MemorySessionStore();
  await setRecords(store, ID, [record]);
  const session = new EncryptedSession({ session: store.session(ID), key: KEY });
  try {
    return await session.getItems();
  } catch (error) {
    return error;
  }
}

async function expectRefused(record: string, what: string): Promise<void> {
  const outcome = await readingOf(record);
  expect(isSessionError(outcome) && CODES.includes(outcome.code), `${what}: ${record}`).toBe(true);
}

/** The record with other values for some of the envelope's fields. */
function withFields(record: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...JSON.parse(record), ...fields });
}

test('an untouched envelope is read', async () => {
  expect(await readingOf(await sealed(ID, ITEM))).toEqual([ITEM]);
});

test('every envelope with one byte changed, whichever and into whatever, is refused', async () => {
  const record = await sealed(ID, ITEM);
  for (let place = 0; place < record.length; place += 1) {
    for (const flip of [1, 2, 4, 8, 16, 32, 64]) {
      const byte = String.fromCharCode(record.charCodeAt(place) ^ flip);
      const changed = record.slice(0, place) + byte + record.slice(place + 1);
      await expectRefused(changed, `byte ${place} xor ${flip}`);
    }
  }
});

test('every envelope that is cut, at either end, is refused', async () => {
  const record = await sealed(ID, ITEM);
  for (let place = 1; place < record.length; place += 1) {
    await expectRefused(record.slice(0, place), `cut behind ${place}`);
    await expectRefused(record.slice(place), `cut before ${place}`);
  }
  await expectRefused('', 'empty');
});

test.each(['not an item', '{', '{"v":1}', 'null', '[]', '"text"', '1'])(
  'a record that says %s is refused',
  async (record) => {
    await expectRefused(record, 'something else');
  },
);

test('an envelope that was moved to another session is refused', async () => {
  await expectRefused(await sealed('user-124', ITEM), 'moved');
});

test('an envelope that was copied to the same id of another owner, or of none, is refused', async () => {
  const store = new MemorySessionStore();
  const stores = { alice: store.forOwner('alice'), bob: store.forOwner('bob'), nobody: store };
  const alice = new EncryptedSession({ session: stores.alice.session(ID), key: KEY });
  await alice.addItems([ITEM]);
  const [record = ''] = await recordsOf(store, sessionKey('alice', ID));
  for (const [owner, of] of Object.entries(stores)) {
    const session = new EncryptedSession({ session: of.session(ID), key: KEY });
    if (owner === 'alice') {
      expect(await session.getItems()).toEqual([ITEM]);
      continue;
    }
    await setRecords(store, sessionKey(owner === 'bob' ? owner : '', ID), [record]);
    const error: unknown = await session.getItems().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'decryption_failed' });
    expect(String(error), 'an error calls the session by its id alone').toContain(`"${ID}"`);
  }
});

test('an envelope with the commitment of another key, or none, is refused', async () => {
  const record = await sealed(ID, ITEM);
  const { kc } = JSON.parse(record);
  for (const other of [kc.replace(/^./, kc.startsWith('A') ? 'B' : 'A'), '', `${kc}=`, undefined]) {
    await expectRefused(withFields(record, { kc: other }), 'commitment');
  }
});

test('an envelope with another key id is refused, though the id has the same key', async () => {
  const record = await sealed(ID, ITEM);
  const store = new MemorySessionStore();
  await setRecords(store, ID, [withFields(record, { kid: 'twin' })]);
  const keys = { current: 'key', ring: { key: KEY, twin: KEY } };
  const session = new EncryptedSession({ session: store.session(ID), keys });
  await expect(session.getItems()).rejects.toMatchObject({ code: 'decryption_failed' });
});

test.each([{ v: 2 }, { v: 0 }, { v: '1' }, { v: undefined }])(
  'an envelope of version $v is refused',
  async (fields) => {
    await expectRefused(withFields(await sealed(ID, ITEM), fields), 'version');
  },
);

test.each([
  (ts: number) => ts + 1,
  (ts: number) => ts - 86_400_000,
  (ts: number) => ts + 2 ** 32,
  (ts: number) => `${ts}`,
  () => 0,
  () => Number.MAX_SAFE_INTEGER,
])('an envelope with another time is refused (%#)', async (change) => {
  const record = await sealed(ID, ITEM);
  const { ts } = JSON.parse(record);
  await expectRefused(withFields(record, { ts: change(ts) }), 'time');
});

test('another spelling of the same envelope is refused', async () => {
  const record = await sealed(ID, { ...ITEM, content: '?'.repeat(200) } as typeof ITEM);
  const { v, kid, kc, iv, ts, ct } = JSON.parse(record);
  const spellings = [
    JSON.stringify({ kid, v, kc, iv, ts, ct }),
    JSON.stringify({ v, kid, kc, iv, ts, ct, more: 1 }),
    record.replace('"v":1', '"v": 1'),
    record.replace('"v":1', '"v":1.0'),
    record.replace('"kid":"key"', '"kid":"\\u006bey"'),
    record.replace(`"ts":${ts}`, `"ts":0${ts}`),
    ` ${record}`,
    `${record}\n`,
    withFields(record, { ct: `${ct} ` }),
    withFields(record, { ct: `${ct}=` }),
    withFields(record, { ct: ct.replace(/=*$/, '') + '='.repeat(3) }),
    // Lenient decoders take these for the same bytes.
    withFields(record, { ct: ct.replaceAll('+', '-').replaceAll('/', '_') }),
    withFields(record, { ct: ct.replaceAll('A', '\u0141') }),
    withFields(record, { iv: iv.replaceAll('+', '-').replaceAll('/', '_') }),
  ].filter((spelling) => spelling !== record);
  for (const spelling of spellings) await expectRefused(spelling, 'spelling');
});

const MUTATIONS = 100_000;

test(`${MUTATIONS} random mutations of envelopes are refused, never read and never a crash`, async () => {
  const seed = randomInt(2 ** 31);
  console.log(`seed ${seed}`);
  const record = await sealed(ID, ITEM);
  const other = await sealed(ID, user('Another time.'));
  const place = fc.nat({ max: record.length });
  const mutated = fc.oneof(
    fc.tuple(place, place, fc.string()).map(([from, length, text]) => splice(from, length, text)),
    fc
      .tuple(place, fc.constantFrom(...'"{}:,\\+-_/=09Az \n\0é'))
      .map(([at, c]) => splice(at, 1, c)),
    fc.tuple(place, place).map(([from, length]) => splice(from, 0, record.slice(from, length))),
    fc.tuple(place, place).map(([a, b]) => record.slice(0, a) + other.slice(b)),
    fc
      .record(
        {
          v: fc.oneof(fc.integer(), fc.string()),
          kid: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'key', 'keys')),
          kc: fc.oneof(fc.base64String(), fc.string()),
          iv: fc.oneof(fc.base64String(), fc.constant(JSON.parse(other).iv)),
          ts: fc.oneof(fc.maxSafeNat(), fc.double(), fc.string()),
          ct: fc.oneof(fc.base64String(), fc.constant(JSON.parse(other).ct), fc.string()),
        },
        { requiredKeys: [] },
      )
      .map((fields) => withFields(record, fields)),
  );
  function splice(from: number, length: number, text: string): string {
    return record.slice(0, from) + text + record.slice(from + length);
  }
  await fc.assert(
    fc.asyncProperty(
      mutated.filter((text) => text !== record && text !== other),
      (text) => expectRefused(text, 'random'),
    ),
    { numRuns: MUTATIONS, seed },
  );
}, 300_000);

test('one refused record fails every read of its session, and stays stored', async () => {
  const store = new MemorySessionStore();
  const session = new EncryptedSession({ session: store.session(ID), key: KEY });
  await session.addItems([user('one'), user('two')]);
  const [one = '', two = ''] = await recordsOf(store, ID);
  const tampered = [one, two.replace('"ct":"', '"ct":"AAAA')];
  await setRecords(store, ID, tampered);
  for (const read of [
    () => session.getItems(),
    () => session.getItems(1),
    () => session.popItem(),
  ]) {
    await expect(read()).rejects.toMatchObject({ code: 'decryption_failed' });
  }
  expect(await recordsOf(store, ID)).toEqual(tampered);
});

test('no error shows a key or what an item says', async () => {
  const record = await sealed(ID, ITEM);
  const plain = JSON.stringify(ITEM);
  for (const text of [record.replace('"ct":"', '"ct":"AAAA'), plain]) {
    const error = await readingOf(text);
    expect(isSessionError(error)).toBe(true);
    const said = `${String(error)} ${String((error as Error).cause)}`;
    for (const secret of ['old mill', Buffer.from(KEY).toString('hex'), 'AQEBAQ']) {
      expect(said).not.toContain(secret);
    }
  }
});

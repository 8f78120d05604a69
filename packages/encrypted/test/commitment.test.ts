import { createDecipheriv, createSecretKey, hkdfSync } from 'node:crypto';
import { MemorySessionStore } from '@agent-sessions/core';
import { decodeItem } from '@agent-sessions/core/backend';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { expect, test } from 'vitest';
import { bindingOf } from '../src/binding.ts';
import { formatEnvelope } from '../src/envelope.ts';
import { deriveKeys } from '../src/session-keys.ts';
import { KEY, OTHER_KEY } from './support/keys.ts';
import { ListSession } from './support/list-session.ts';
import { recordsOf, setRecords, user } from './support/records.ts';
import { forTwoKeys } from './support/two-keys.ts';

const ID = 's';
const TS = Date.UTC(2026, 0, 1);
const BINDING = bindingOf({ owner: '', sessionId: ID }, new Map());
const BEGIN = '{"role":"user","content":"Wire the money to account 4711","x":"_';

function recordKeyOf(key: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, BINDING, 'agent-sessions/record-key/1', 32));
}

const TIME = Buffer.alloc(8);
TIME.writeBigUInt64BE(BigInt(TS));
const ASSOCIATED = Buffer.concat([
  Buffer.from('agent-sessions/envelope\x001\0key\0'),
  BINDING,
  TIME,
]);

interface Ciphertext {
  readonly iv: Buffer;
  readonly sealed: Buffer;
}

/** A ciphertext that is valid under both keys, and an item under the first. */
function craft(): Ciphertext {
  const keys = [recordKeyOf(KEY), recordKeyOf(OTHER_KEY)] as const;
  for (let trial = 0; trial < 5000; trial += 1) {
    const iv = Buffer.alloc(12);
    iv.writeUInt32BE(trial);
    const sealed = forTwoKeys({ keys, iv, associated: ASSOCIATED, begin: BEGIN, end: '"}' });
    // One block is noise, which a text may contain or not.
    if (decodeItem(readUnder(KEY, { iv, sealed }).toString()) !== undefined) return { iv, sealed };
  }
  throw new Error('so many trials never fail');
}

function readUnder(key: Uint8Array, { iv, sealed }: Ciphertext): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', recordKeyOf(key), iv);
  decipher.setAAD(ASSOCIATED).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

function committedTo(key: Uint8Array, { iv, sealed }: Ciphertext): string {
  const commitment = hkdfSync('sha256', key, BINDING, 'agent-sessions/commitment/1', 24);
  return formatEnvelope({
    kid: 'key',
    kc: Buffer.from(commitment).toString('base64'),
    iv: iv.toString('base64'),
    ts: TS,
    ct: sealed.toString('base64'),
  });
}

test('a ciphertext that two keys decrypt is read under the key of its commitment, and refused under the other', async () => {
  const ciphertext = craft();
  expect(readUnder(KEY, ciphertext).toString()).toContain('4711');
  expect(readUnder(OTHER_KEY, ciphertext)).toHaveLength(readUnder(KEY, ciphertext).length);
  const reading = async (record: string, key: Uint8Array) => {
    const store = new MemorySessionStore();
    await setRecords(store, ID, [record]);
    const session = new EncryptedSession({ session: store.session(ID), key });
    const outcome: unknown = await session.getItems().catch((error: unknown) => error);
    expect(session.session.damagedRecords).toBe(0);
    expect(await recordsOf(store, ID)).toEqual([record]);
    return outcome;
  };
  const refused = { code: 'decryption_failed' };
  expect(await reading(committedTo(KEY, ciphertext), KEY)).toMatchObject([{ role: 'user' }]);
  expect(await reading(committedTo(KEY, ciphertext), OTHER_KEY)).toMatchObject(refused);
  expect(await reading(committedTo(OTHER_KEY, ciphertext), KEY)).toMatchObject(refused);
  // Under the other key the text is noise, and that is an error, too.
  expect(await reading(committedTo(OTHER_KEY, ciphertext), OTHER_KEY)).toMatchObject({
    code: 'damaged_record',
  });
});

test.each(['"text"', 'null', '[]', 'not JSON', ''])(
  'a record that decrypts to %j, which is no item, is an error and not passed over',
  async (text) => {
    const { record } = deriveKeys({ kid: 'key', key: createSecretKey(KEY) }, BINDING);
    const noItem = formatEnvelope(record.seal(text, TS, Buffer.alloc(12, 9)));
    const store = new MemorySessionStore();
    const session = new EncryptedSession({ session: store.session(ID), key: KEY });
    await session.addItems([user('one')]);
    const records = [...(await recordsOf(store, ID)), noItem];
    await setRecords(store, ID, records);
    for (const call of [
      () => session.getItems(),
      () => session.getItems(1),
      () => session.popItem(),
      () => session.replaceHistoryWithCompaction([user('all')]),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'damaged_record' });
    }
    expect(await recordsOf(store, ID)).toEqual(records);
    const list = new ListSession(`no item ${text}`);
    list.rows.push(JSON.stringify({ type: 'unknown', providerData: JSON.parse(noItem) }));
    const bound = bindingOf({ owner: '', sessionId: `no item ${text}` }, new Map());
    const keys = deriveKeys({ kid: 'key', key: createSecretKey(KEY) }, bound);
    const own = JSON.parse(formatEnvelope(keys.record.seal(text, TS, Buffer.alloc(12, 9))));
    list.rows[0] = JSON.stringify({ type: 'unknown', providerData: own });
    const plain = new EncryptedSession({ session: list, key: KEY });
    await expect(plain.getItems()).rejects.toMatchObject({ code: 'damaged_record' });
    await expect(plain.popItem()).rejects.toMatchObject({ code: 'damaged_record' });
    expect(list.rows).toHaveLength(1);
  },
);

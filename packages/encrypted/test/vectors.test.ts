import { createSecretKey, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemorySessionStore } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { describe, expect, test } from 'vitest';
import { formatEnvelope } from '../src/envelope.ts';
import { deriveKeys, fingerprintOf } from '../src/session-keys.ts';
import { setRecords } from './support/records.ts';

interface Vector {
  readonly name: string;
  readonly passphrase?: string;
  readonly key: string;
  readonly kid: string;
  readonly sessionId: string;
  readonly recordKey: string;
  readonly fingerprintKey: string;
  readonly iv: string;
  readonly ts: number;
  readonly plaintext: string;
  readonly envelope: string;
  readonly fingerprint: string;
}

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'envelope.md'), 'utf8');
const [, block = ''] = /## Vectors.*?```json\n(.*?)```/s.exec(page) ?? [];
const vectors: Vector[] = JSON.parse(block);

test('the page has vectors, one of them with a passphrase', () => {
  expect(vectors.length).toBeGreaterThanOrEqual(4);
  expect(vectors.filter(({ passphrase }) => passphrase !== undefined)).toHaveLength(1);
});

describe.each(vectors)('the vector $name', (vector) => {
  const { sessionId, kid, ts, plaintext } = vector;
  const key = Buffer.from(vector.key, 'hex');

  test('is what this implementation seals', () => {
    const keys = deriveKeys({ kid, key: createSecretKey(key) }, sessionId);
    const envelope = keys.record.seal(plaintext, ts, Buffer.from(vector.iv, 'hex'));
    expect(formatEnvelope(envelope)).toBe(vector.envelope);
    expect(keys.record.open(envelope)).toBe(plaintext);
    expect(fingerprintOf(plaintext, keys)).toBe(vector.fingerprint);
  });

  test('is opened by another implementation, written from the page', async () => {
    expect(await openByThePage(vector)).toBe(plaintext);
  });

  test('is an item that a session reads', async () => {
    const store = new MemorySessionStore();
    await setRecords(store, sessionId, [vector.envelope]);
    const session = new EncryptedSession({
      session: store.session(sessionId),
      keys: { current: kid, ring: { [kid]: key } },
    });
    const [item] = await session.getItems();
    expect(item).toMatchObject({ type: 'message', role: 'user' });
  });
});

test('a passphrase gives the key of its vector', async () => {
  const vector = vectors.find(({ passphrase }) => passphrase !== undefined);
  if (vector?.passphrase === undefined) throw new Error('there is none');
  const salt = Buffer.from(`agent-sessions/passphrase/1\0${vector.sessionId}`);
  const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };
  expect(scryptSync(vector.passphrase, salt, 32, cost).toString('hex')).toBe(vector.key);
  const store = new MemorySessionStore();
  await setRecords(store, vector.sessionId, [vector.envelope]);
  const { passphrase } = vector;
  const session = new EncryptedSession({ session: store.session(vector.sessionId), passphrase });
  expect(await session.getItems()).toEqual([JSON.parse(vector.plaintext)]);
});

/** By WebCrypto, which shares no code with what it checks. */
async function openByThePage(vector: Vector): Promise<string> {
  const { subtle } = crypto;
  const ascii = (text: string) => new TextEncoder().encode(text);
  const master = Buffer.from(vector.key, 'hex');
  const { v, kid, iv, ts, ct } = JSON.parse(vector.envelope);
  const derived = async (info: string) => {
    const from = await subtle.importKey('raw', master, 'HKDF', false, ['deriveBits']);
    const salt = ascii(vector.sessionId);
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt, info: ascii(info) };
    return Buffer.from(await subtle.deriveBits(parameters, from, 256));
  };
  const recordKey = await derived('agent-sessions/record-key/1');
  expect(recordKey.toString('hex')).toBe(vector.recordKey);
  const fingerprintKey = await derived('agent-sessions/fingerprint-key/1');
  expect(fingerprintKey.toString('hex')).toBe(vector.fingerprintKey);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const signing = await subtle.importKey('raw', fingerprintKey, hmac, false, ['sign']);
  const mac = await subtle.sign('HMAC', signing, ascii(vector.plaintext));
  expect(`${kid}:${Buffer.from(mac).toString('hex')}`).toBe(vector.fingerprint);
  const time = new DataView(new ArrayBuffer(8));
  time.setBigUint64(0, BigInt(ts));
  const fields = ['agent-sessions/envelope', v, vector.sessionId, kid, ''];
  const additionalData = Buffer.concat([
    Buffer.from(fields.join('\0')),
    new Uint8Array(time.buffer),
  ]);
  const key = await subtle.importKey('raw', recordKey, 'AES-GCM', false, ['decrypt']);
  const parameters = { name: 'AES-GCM', iv: Buffer.from(iv, 'base64'), additionalData };
  return new TextDecoder().decode(await subtle.decrypt(parameters, key, Buffer.from(ct, 'base64')));
}

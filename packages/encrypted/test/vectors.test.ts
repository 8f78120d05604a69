import { createSecretKey, scryptSync } from 'node:crypto';
import { MemorySessionStore } from '@agent-sessions/core';
import { sessionKey } from '@agent-sessions/core/backend';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { describe, expect, test } from 'vitest';
import { bindingOf } from '../src/binding.ts';
import { formatEnvelope } from '../src/envelope.ts';
import { deriveKeys, fingerprintOf } from '../src/session-keys.ts';
import { setRecords } from './support/records.ts';
import { operationKeyOf, readVectors, type Vector } from './support/vectors.ts';

const vectors = readVectors();

/** The session of a vector, which holds its envelope. */
async function sessionOf({ owner, sessionId, envelope }: Vector) {
  const store = new MemorySessionStore();
  await setRecords(store, sessionKey(owner, sessionId), [envelope]);
  return (owner === '' ? store : store.forOwner(owner)).session(sessionId);
}

test('there are vectors, one of them with a passphrase, one with an owner', () => {
  expect(vectors.length).toBeGreaterThanOrEqual(4);
  expect(vectors.filter(({ passphrase }) => passphrase !== undefined)).toHaveLength(1);
  expect(vectors.filter(({ owner }) => owner !== '')).toHaveLength(1);
});

describe.each(vectors)('the vector $name', (vector) => {
  const { owner, sessionId, context, kid, ts, plaintext } = vector;
  const key = Buffer.from(vector.key, 'hex');

  test('is what this implementation seals', () => {
    const binding = bindingOf({ owner, sessionId }, new Map(Object.entries(context)));
    expect(binding.toString('hex')).toBe(vector.binding);
    const keys = deriveKeys({ kid, key: createSecretKey(key) }, binding);
    const envelope = keys.record.seal(plaintext, ts, Buffer.from(vector.iv, 'hex'));
    expect(formatEnvelope(envelope)).toBe(vector.envelope);
    expect(keys.record.open(envelope)).toBe(plaintext);
    const operation = operationKeyOf(vector.operationId);
    expect(fingerprintOf(plaintext, operation, keys)).toBe(vector.fingerprint);
  });

  test('is opened by another implementation, written from the page', async () => {
    expect(await openByThePage(vector)).toBe(plaintext);
  });

  test('is an item that a session reads', async () => {
    const keys = { current: kid, ring: { [kid]: key } };
    const session = new EncryptedSession({ session: await sessionOf(vector), keys, context });
    const [item] = await session.getItems();
    expect(item).toMatchObject({ type: 'message', role: 'user' });
  });
});

test('a passphrase gives the key of its vector', async () => {
  const vector = vectors.find(({ passphrase }) => passphrase !== undefined);
  if (vector?.passphrase === undefined) throw new Error('there is none');
  const { passphrase, context } = vector;
  const binding = Buffer.from(vector.binding, 'hex');
  const salt = Buffer.concat([Buffer.from('agent-sessions/passphrase/1\0'), binding]);
  const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };
  expect(scryptSync(passphrase, salt, 32, cost).toString('hex')).toBe(vector.key);
  const session = new EncryptedSession({ session: await sessionOf(vector), passphrase, context });
  expect(await session.getItems()).toEqual([JSON.parse(vector.plaintext)]);
});

/** By WebCrypto, which shares no code with what it checks. */
async function openByThePage(vector: Vector): Promise<string> {
  const { subtle } = crypto;
  const utf8 = (text: string) => Buffer.from(new TextEncoder().encode(text));
  const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
    Buffer.from(await subtle.digest('SHA-256', bytes));
  const lengthOf = (bytes: Uint8Array) => {
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, bytes.length);
    return new Uint8Array(length.buffer);
  };
  const master = Buffer.from(vector.key, 'hex');
  const { v, kid, kc, iv, ts, ct } = JSON.parse(vector.envelope);
  const names = Object.keys(vector.context).sort((a, b) => Buffer.compare(utf8(a), utf8(b)));
  const texts = [
    vector.owner,
    vector.sessionId,
    ...names.flatMap((name) => [name, vector.context[name] ?? '']),
  ].map(utf8);
  const bound = [utf8('agent-sessions/binding/1\0'), ...texts.flatMap((t) => [lengthOf(t), t])];
  const binding = await sha256(Buffer.concat(bound));
  expect(binding.toString('hex')).toBe(vector.binding);
  const derived = async (name: string, bytes = 32) => {
    const from = await subtle.importKey('raw', master, 'HKDF', false, ['deriveBits']);
    const info = utf8(`agent-sessions/${name}/1`);
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: binding, info };
    return Buffer.from(await subtle.deriveBits(parameters, from, 8 * bytes));
  };
  const recordKey = await derived('record-key');
  expect(recordKey.toString('hex')).toBe(vector.recordKey);
  const commitment = await derived('commitment', 24);
  expect(commitment.toString('hex')).toBe(vector.commitment);
  expect(commitment.toString('base64')).toBe(kc);
  const fingerprintKey = await derived('fingerprint-key');
  expect(fingerprintKey.toString('hex')).toBe(vector.fingerprintKey);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const signing = await subtle.importKey('raw', fingerprintKey, hmac, false, ['sign']);
  const operation = await sha256(utf8(JSON.stringify(vector.operationId)));
  const ledgered = utf8(operation.toString('hex') + vector.plaintext);
  const mac = await subtle.sign('HMAC', signing, ledgered);
  expect(`${kid}:${Buffer.from(mac).toString('hex')}`).toBe(vector.fingerprint);
  const time = new DataView(new ArrayBuffer(8));
  time.setBigUint64(0, BigInt(ts));
  const label = utf8(['agent-sessions/envelope', v, kid, ''].join('\0'));
  const additionalData = Buffer.concat([label, binding, new Uint8Array(time.buffer)]);
  const key = await subtle.importKey('raw', recordKey, 'AES-GCM', false, ['decrypt']);
  const parameters = { name: 'AES-GCM', iv: Buffer.from(iv, 'base64'), additionalData };
  return new TextDecoder().decode(await subtle.decrypt(parameters, key, Buffer.from(ct, 'base64')));
}

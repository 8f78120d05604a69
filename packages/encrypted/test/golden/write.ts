/**
 * Writes docs/vectors.json anew from its inputs, after the format was changed on purpose:
 *
 *     node --conditions=@agent-sessions/source packages/encrypted/test/golden/write.ts
 */
import { createSecretKey, hkdfSync, scryptSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { bindingOf } from '../../src/binding.ts';
import { formatEnvelope } from '../../src/envelope.ts';
import { deriveKeys, fingerprintOf } from '../../src/session-keys.ts';
import { operationKeyOf, readVectors, VECTORS, type Vector } from '../support/vectors.ts';

function completed(vector: Vector): Vector {
  const { passphrase, kid, owner, sessionId, context, operationId, iv, ts, plaintext } = vector;
  const bound = bindingOf({ owner, sessionId }, new Map(Object.entries(context)));
  const salt = Buffer.concat([Buffer.from('agent-sessions/passphrase/1\0'), bound]);
  const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };
  const key =
    passphrase === undefined
      ? Buffer.from(vector.key, 'hex')
      : scryptSync(passphrase, salt, 32, cost);
  const keys = deriveKeys({ kid, key: createSecretKey(key) }, bound);
  const derived = (name: string, length: number) =>
    Buffer.from(hkdfSync('sha256', key, bound, `agent-sessions/${name}/1`, length)).toString('hex');
  return {
    ...vector,
    key: key.toString('hex'),
    binding: bound.toString('hex'),
    recordKey: derived('record-key', 32),
    commitment: derived('commitment', 24),
    fingerprintKey: derived('fingerprint-key', 32),
    envelope: formatEnvelope(keys.record.seal(plaintext, ts, Buffer.from(iv, 'hex'))),
    fingerprint: fingerprintOf(plaintext, operationKeyOf(operationId), keys),
  };
}

writeFileSync(VECTORS, `${JSON.stringify(readVectors().map(completed), null, 2)}\n`);

import { randomBytes } from 'node:crypto';
import { formatEnvelope, isPlainItem, parseEnvelope } from './envelope.ts';
import { decryptionFailed, ledgerKeyOnly, notEncrypted } from './failures.ts';
import { IV_BYTES } from './record-key.ts';
import type { DerivedKeys, SessionKeys } from './session-keys.ts';

/** A text and when it was sealed first, in milliseconds since 1970. */
export interface TimedText {
  readonly text: string;
  readonly ts: number;
}

/** Turns texts into the envelopes of one session, and back. */
export class EnvelopeBox {
  readonly keys: SessionKeys;

  constructor(keys: SessionKeys) {
    this.keys = keys;
  }

  /** Seals with the current key. */
  async seal(texts: readonly TimedText[]): Promise<string[]> {
    const { record: key } = await this.keys.current();
    // Drawn for these texts, and none is kept: a copy of the process, as by a snapshot, has none to repeat.
    const vectors = randomBytes(texts.length * IV_BYTES);
    return texts.map(({ text, ts }, index) => {
      const iv = vectors.subarray(index * IV_BYTES, (index + 1) * IV_BYTES);
      return formatEnvelope(key.seal(text, ts, iv));
    });
  }

  /**
   * Opens records, all or none.
   *
   * @throws SessionError `not_encrypted`, `decryption_failed`, `key_unavailable`
   */
  async open(records: readonly string[]): Promise<TimedText[]> {
    if (records.length === 0) return [];
    const sessionId = await this.keys.sessionId();
    const opened: TimedText[] = [];
    let keys: DerivedKeys | undefined;
    for (const record of records) {
      const envelope = parseEnvelope(record);
      if (envelope === undefined) throw notAnEnvelope(record, sessionId);
      if (keys?.kid !== envelope.kid) keys = await this.keys.find(envelope.kid);
      if (keys.use === 'ledger') throw ledgerKeyOnly(keys.kid);
      try {
        opened.push({ text: keys.record.open(envelope), ts: envelope.ts });
      } catch (cause) {
        throw decryptionFailed(
          sessionId,
          `does not decrypt under the key ${JSON.stringify(envelope.kid)}: the key is wrong, or the record was changed or comes from another session or context`,
          cause,
        );
      }
    }
    return opened;
  }
}

function notAnEnvelope(record: string, sessionId: string): Error {
  if (isPlainItem(record)) return notEncrypted(sessionId);
  return decryptionFailed(
    sessionId,
    'is not an envelope: it was changed or cut off, or a newer version wrote it',
  );
}

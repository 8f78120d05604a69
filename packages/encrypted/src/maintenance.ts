import { SessionError, type SessionStore } from '@agent-sessions/core';
import { inOrder } from '@agent-sessions/core/adapter';
import { type Envelope, isPlainItem, parseEnvelope } from './envelope.ts';
import type { EnvelopeBox } from './envelope-box.ts';
import type { Expiry } from './expiry.ts';
import { invalidOptions, notEncrypted } from './failures.ts';
import { type RewriteOptions, type RewritePlan, Rewriter } from './rewrite.ts';

/** How many records are opened at once to check them. */
const CHUNK = 1000;

/** What maintenance works on. */
export interface MaintenanceOptions {
  readonly store: SessionStore;
  /** Rejects if the session was closed. */
  readonly sessionId: () => Promise<string>;
  readonly box: EnvelopeBox;
  readonly expiry: Expiry;
}

/** What is done to the stored records of one session, beside reading and writing it. */
export class Maintenance {
  readonly #store: SessionStore;
  readonly #sessionId: () => Promise<string>;
  readonly #box: EnvelopeBox;
  readonly #expiry: Expiry;

  constructor({ store, sessionId, box, expiry }: MaintenanceOptions) {
    this.#store = store;
    this.#sessionId = sessionId;
    this.#box = box;
    this.#expiry = expiry;
  }

  async isEncrypted(): Promise<boolean> {
    const sessionId = await this.#sessionId();
    const { records } = await inOrder(this.#store, sessionId, () =>
      this.#store.snapshot(sessionId),
    );
    return records.every((record) => parseEnvelope(record) !== undefined);
  }

  async rotate(options?: RewriteOptions): Promise<number> {
    let isChecked = false;
    return this.#rewrite(
      {
        pick: async (records) => {
          // Everything, so that afterwards the current key is known to open the whole session.
          if (!isChecked) await this.#check(records);
          isChecked = true;
          const { kid } = await this.#box.keys.current();
          return records.map((record) => parseEnvelope(record)?.kid !== kid);
        },
        change: async (records) => this.#box.seal(await this.#box.open(records)),
      },
      options,
    );
  }

  async purgeExpired(): Promise<number> {
    if (!this.#expiry.isSet) throw invalidOptions('purgeExpired() needs `ttlSeconds`');
    return this.#rewrite({
      pick: async (records) => {
        const envelopes = await this.#envelopes(records);
        return envelopes.map(({ ts }) => this.#expiry.isOver(ts));
      },
      change: async (records) => {
        // Only what decrypts has a time that can be trusted.
        await this.#box.open(records);
        return records.map(() => null);
      },
    });
  }

  async encryptExisting(options?: RewriteOptions): Promise<number> {
    return this.#rewrite(
      {
        pick: async (records) => {
          const isSealed = records.map((record) => parseEnvelope(record) !== undefined);
          await this.#check(records.filter((_, index) => isSealed[index]));
          if (records.some((record, index) => !isSealed[index] && !isPlainItem(record))) {
            throw await this.#damaged();
          }
          return isSealed.map((sealed) => !sealed);
        },
        change: async (records) => {
          const ts = this.#expiry.now();
          return this.#box.seal(records.map((text) => ({ text, ts })));
        },
      },
      options,
    );
  }

  async #rewrite(plan: RewritePlan, options?: RewriteOptions): Promise<number> {
    return new Rewriter(this.#store, await this.#sessionId()).run(plan, options);
  }

  async #check(records: readonly string[]): Promise<void> {
    for (let start = 0; start < records.length; start += CHUNK) {
      await this.#box.open(records.slice(start, start + CHUNK));
    }
  }

  async #envelopes(records: readonly string[]): Promise<Envelope[]> {
    const envelopes = records.map(parseEnvelope).filter((envelope) => envelope !== undefined);
    if (envelopes.length < records.length) {
      throw notEncrypted(await this.#sessionId());
    }
    return envelopes;
  }

  async #damaged(): Promise<SessionError> {
    const sessionId = await this.#sessionId();
    return new SessionError(
      'damaged_record',
      `Session ${JSON.stringify(sessionId)} holds a record that is neither an item nor an envelope, so it cannot be encrypted. Nothing was changed.`,
    );
  }
}

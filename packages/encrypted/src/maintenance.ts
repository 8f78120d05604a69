import { isSessionError, SessionError, type SessionStore } from '@agent-sessions/core';
import { noteItemCount, traceOperation } from '@agent-sessions/core/adapter';
import { type Envelope, isPlainItem, parseEnvelope } from './envelope.ts';
import type { EnvelopeBox } from './envelope-box.ts';
import type { Expiry } from './expiry.ts';
import { invalidOptions, notEncrypted } from './failures.ts';
import { type RewriteOptions, type RewritePlan, Rewriter, snapshotInOrder } from './rewrite.ts';

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
    return this.#traced('isEncrypted', async (sessionId) => {
      let isEncrypted = true;
      await this.#eachPart(async (store) => {
        const { records } = await snapshotInOrder(store, sessionId);
        isEncrypted &&= records.every((record) => parseEnvelope(record) !== undefined);
      });
      return isEncrypted;
    });
  }

  async rotate(options?: RewriteOptions): Promise<number> {
    return this.#rewrite('rotate', options, {
      // Everything, so that afterwards the current key is known to open the whole session.
      check: (records) => this.#assertOpens(records),
      pick: async (records) => {
        const { kid } = await this.#box.keys.current();
        return records.map((record) => parseEnvelope(record)?.kid !== kid);
      },
      change: async (records) => this.#box.seal(await this.#box.open(records)),
    });
  }

  async purgeExpired(): Promise<number> {
    if (!this.#expiry.isSet) throw invalidOptions('purgeExpired() needs `ttlSeconds`');
    const envelopesOf = (records: readonly string[]) => this.#envelopes(records);
    return this.#rewrite('purgeExpired', undefined, {
      check: envelopesOf,
      pick: async (records) =>
        (await envelopesOf(records)).map(({ ts }) => this.#expiry.isOver(ts)),
      change: async (records) => {
        // Only what decrypts has a time that can be trusted.
        await this.#box.open(records);
        return records.map(() => null);
      },
    });
  }

  async encryptExisting(options?: RewriteOptions): Promise<number> {
    const isPlain = (record: string) => parseEnvelope(record) === undefined;
    return this.#rewrite('encryptExisting', options, {
      check: async (records) => {
        await this.#assertOpens(records.filter((record) => !isPlain(record)));
        if (records.some((record) => isPlain(record) && !isPlainItem(record))) {
          throw await this.#damaged();
        }
      },
      pick: async (records) => records.map(isPlain),
      change: async (records) => {
        const ts = this.#expiry.now();
        return this.#box.seal(records.map((text) => ({ text, ts })));
      },
    });
  }

  /** Checks the whole session before anything is changed, then changes one part after the other. */
  #rewrite(
    operation: string,
    { onProgress }: RewriteOptions = {},
    { check, ...plan }: RewritePlan & { check: (records: readonly string[]) => Promise<unknown> },
  ): Promise<number> {
    return this.#traced(operation, async (sessionId) => {
      await this.#eachPart(async (store) => {
        await check((await snapshotInOrder(store, sessionId)).records);
      });
      let before = 0;
      await this.#eachPart(async (store) => {
        before += await new Rewriter(store, sessionId).run(plan, {
          onProgress: ({ done, total }) =>
            onProgress?.({ done: before + done, total: before + total }),
        });
      });
      noteItemCount(before);
      return before;
    });
  }

  /** Visits the stores that together show the whole session: one for each branch, if it has some. */
  async #eachPart(visit: (store: SessionStore) => Promise<void>): Promise<void> {
    const parts = this.#store.parts === undefined ? [this.#store] : await this.#store.parts();
    for (const store of parts) {
      try {
        await visit(store);
      } catch (error) {
        // What only that branch showed is gone with it.
        if (!isSessionError(error, 'branch_deleted')) throw error;
      }
    }
  }

  async #traced<T>(operation: string, work: (sessionId: string) => Promise<T>): Promise<T> {
    const id = await this.#sessionId();
    const store = this.#store.order ?? this.#store;
    return traceOperation({ operation, store, sessionId: () => id }, () => work(id));
  }

  async #assertOpens(records: readonly string[]): Promise<void> {
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

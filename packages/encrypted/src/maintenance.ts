import { isSessionError, SessionError, type SessionStore } from '@agent-sessions/core';
import {
  assertOptions,
  noteItemCount,
  type RecordBackend,
  type SessionInternals,
  splitKey,
  traceOperation,
} from '@agent-sessions/core/backend';
import { type Envelope, isPlainItem, parseEnvelope } from './envelope.ts';
import type { EnvelopeBox } from './envelope-box.ts';
import type { Expiry } from './expiry.ts';
import { invalidOptions, notEncrypted } from './failures.ts';
import {
  countPicked,
  eachPage,
  type RewriteOptions,
  type RewritePlan,
  Rewriter,
  rewriteChecks,
} from './rewrite.ts';

/** What maintenance works on. */
export interface MaintenanceOptions {
  readonly internals: SessionInternals;
  /** Named in traces. */
  readonly store: SessionStore;
  /** Rejects if the session was closed. */
  readonly assertOpen: () => Promise<unknown>;
  readonly box: EnvelopeBox;
  readonly expiry: Expiry;
}

/** What is done to the stored records of one session, beside reading and writing it. */
export class Maintenance {
  readonly #internals: SessionInternals;
  readonly #store: SessionStore;
  readonly #assertOpen: () => Promise<unknown>;
  readonly #box: EnvelopeBox;
  readonly #expiry: Expiry;

  constructor({ internals, store, box, expiry, assertOpen }: MaintenanceOptions) {
    this.#internals = internals;
    this.#store = store;
    this.#assertOpen = assertOpen;
    this.#box = box;
    this.#expiry = expiry;
  }

  get #sessionId(): string {
    return splitKey(this.#internals.key).sessionId;
  }

  async isEncrypted(): Promise<boolean> {
    return this.#traced('isEncrypted', async () => {
      let isEncrypted = true;
      await this.#eachBackend(async (backend) => {
        await eachPage(this.#internals, backend, (records) => {
          isEncrypted &&= records.every((record) => parseEnvelope(record) !== undefined);
        });
      });
      return isEncrypted;
    });
  }

  /**
   * Seals every record with the current key, in batches of 200, each of them atomic. Safe beside
   * writers; when it was interrupted, call it again. Afterwards the current key opens every record, and
   * the old ones may go once no other process seals with them. It reaches every branch of a session
   * that has some.
   *
   * @returns how many records were sealed again
   * @throws SessionError as reading does, before anything is changed; `conflict` if others change the
   * session during every attempt for ten seconds, and then the batches before stay done
   */
  async rotate(options?: RewriteOptions): Promise<number> {
    return this.#rewrite('rotate', options, {
      // Everything, so that afterwards the current key is known to open the whole session.
      check: (records) => this.#box.open(records),
      pick: async (records) => {
        const { kid } = await this.#box.keys.current();
        return records.map((record) => parseEnvelope(record)?.kid !== kid);
      },
      change: async (records) => this.#box.seal(await this.#box.open(records)),
    });
  }

  /**
   * Deletes expired records in one atomic step; on a session with branches, one for each of them.
   *
   * @returns how many were deleted
   * @throws SessionError `invalid_options` without `ttlSeconds`; as reading does; `conflict` as `rotate`
   */
  async purgeExpired(): Promise<number> {
    if (!this.#expiry.isSet) throw invalidOptions('purgeExpired() needs `ttlSeconds`');
    const envelopesOf = (records: readonly string[]) => this.#envelopes(records);
    return this.#rewrite('purgeExpired', undefined, {
      check: envelopesOf,
      pick: async (records) =>
        (await envelopesOf(records)).map(({ ts }) => this.#expiry.isOver(ts)),
      // Only what decrypts has a time that can be trusted.
      beforeRemoval: (records) => this.#box.open(records),
    });
  }

  /**
   * Encrypts what the session holds in plain text, in batches of 200, each of them atomic; when it was
   * interrupted, call it again. It trusts every plaintext item that it finds. They expire as if they
   * had been written now.
   *
   * @returns how many records were encrypted
   * @throws SessionError `damaged_record` if something is neither an item nor an envelope;
   * `decryption_failed`, `key_unavailable`; `conflict` as `rotate`
   */
  async encryptExisting(options?: RewriteOptions): Promise<number> {
    const isPlain = (record: string) => parseEnvelope(record) === undefined;
    return this.#rewrite('encryptExisting', options, {
      check: async (records) => {
        await this.#box.open(records.filter((record) => !isPlain(record)));
        if (records.some((record) => isPlain(record) && !isPlainItem(record))) {
          throw this.#damaged();
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
    options: RewriteOptions = {},
    { check, ...plan }: RewritePlan & { check: (records: readonly string[]) => Promise<unknown> },
  ): Promise<number> {
    assertOptions<RewriteOptions>(options, {
      of: `${operation}()`,
      example: '{ onProgress }',
      checks: rewriteChecks,
    });
    const { onProgress, signal } = options;
    return this.#traced(operation, async () => {
      const count = (backend: RecordBackend, look?: typeof check) =>
        countPicked(this.#internals, backend, plan, async (records) => {
          signal?.throwIfAborted();
          await look?.(records);
        });
      const counts: number[] = [];
      await this.#eachBackend(async (backend) => {
        counts.push(await count(backend, check));
      });
      let before = 0;
      await this.#eachBackend(async (backend) => {
        // What branches share is done with the first of them.
        const [only] = counts.length === 1 ? counts : [];
        const expected = only ?? (await count(backend));
        before += await new Rewriter(this.#internals, backend, plan).run(expected, {
          ...(signal && { signal }),
          onProgress: ({ done, total }) =>
            onProgress?.({ done: before + done, total: before + total }),
        });
      });
      noteItemCount(before);
      return before;
    });
  }

  /** Visits the backends that together show the whole session: one for each branch, if it has some. */
  async #eachBackend(visit: (backend: RecordBackend) => Promise<void>): Promise<void> {
    for (const backend of await this.#internals.backends()) {
      try {
        await visit(backend);
      } catch (error) {
        // What only that branch showed is gone with it.
        if (!isSessionError(error, 'branch_deleted')) throw error;
      }
    }
  }

  async #traced<T>(operation: string, work: () => Promise<T>): Promise<T> {
    await this.#assertOpen();
    const sessionId = this.#sessionId;
    return traceOperation({ operation, store: this.#store, sessionId: () => sessionId }, work);
  }

  async #envelopes(records: readonly string[]): Promise<Envelope[]> {
    const envelopes = records.map(parseEnvelope).filter((envelope) => envelope !== undefined);
    if (envelopes.length < records.length) {
      throw notEncrypted(this.#sessionId);
    }
    return envelopes;
  }

  #damaged(): SessionError {
    return new SessionError(
      'damaged_record',
      `Session ${JSON.stringify(this.#sessionId)} holds a record that is neither an item nor an envelope, so it cannot be encrypted. Nothing was changed.`,
    );
  }
}

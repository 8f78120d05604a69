/** How much a cache keeps. */
export interface KeyCacheOptions {
  readonly maxEntries: number;
  /** In milliseconds. Default: no bound. */
  readonly maxAgeMs?: number;
  /** A clock in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** Remembers what was expensive to get: the most recently used entries, for a limited time. */
export class KeyCache<T> {
  readonly #entries = new Map<string, { readonly value: Promise<T>; readonly since: number }>();
  readonly #maxEntries: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;

  constructor({ maxEntries, maxAgeMs, now }: KeyCacheOptions) {
    this.#maxEntries = maxEntries;
    this.#maxAgeMs = maxAgeMs ?? Number.POSITIVE_INFINITY;
    this.#now = now ?? (() => performance.now());
  }

  /** What is remembered, or what `load` gives; callers at the same time share one load. */
  get(id: string, load: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(id);
    this.#entries.delete(id);
    const isFresh = known !== undefined && this.#now() - known.since < this.#maxAgeMs;
    const entry = isFresh ? known : this.#load(id, load);
    // Set anew, it is the last one in the map's order, which is that of use.
    this.#entries.set(id, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break;
      this.#entries.delete(oldest);
    }
    return entry.value;
  }

  #load(id: string, load: () => Promise<T>): { value: Promise<T>; since: number } {
    const entry = { value: load(), since: this.#now() };
    // A failure is not remembered: the next call tries again.
    entry.value.catch(() => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
    });
    return entry;
  }
}

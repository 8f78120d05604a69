import { createHash, randomInt } from 'node:crypto';

/** The largest seed: fast-check takes 32 bits with a sign. */
const LARGEST_SEED = 2 ** 31 - 1;

/** A seed that nobody chose, or the one that the environment repeats. */
export function newSeed(): number {
  const given = Number(process.env.SESSION_CONFORMANCE_SEED ?? Number.NaN);
  return isSeed(given) ? given : randomInt(LARGEST_SEED);
}

/** True for a whole number from 0 to 2 147 483 647. */
export function isSeed(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= LARGEST_SEED;
}

/**
 * Draws sizes and places. What one rule draws depends on the seed of the run and on the rule's name
 * alone, so that a rule that is repeated by itself draws the same.
 */
export class Random {
  #state: number;
  #used = false;

  constructor(seed: number, name: string) {
    this.#state = createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE();
  }

  /** True once something was drawn. */
  get used(): boolean {
    return this.#used;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1));
  }

  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): T[] {
    return things
      .map((thing) => ({ thing, at: this.#next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ thing }) => thing);
  }

  /** Mulberry32: from 0 up to, but not including, 1. */
  #next(): number {
    this.#used = true;
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
}

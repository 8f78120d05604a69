import { createCipheriv } from 'node:crypto';

/** Bytes for the two keys of a ciphertext that decrypts under both. */
export interface TwoKeys {
  readonly keys: readonly [Uint8Array, Uint8Array];
  readonly iv: Buffer;
  readonly associated: Uint8Array;
  /** What the first key reads, up to one block of noise before `end`; its length is a multiple of 16. */
  readonly begin: string;
  /** What the first key reads last: at most 16 bytes. */
  readonly end: string;
}

const BLOCK = 16;
const REDUCTION = 0xe1n << 120n;

/**
 * One ciphertext and tag of AES-256-GCM that are valid under two keys, as whoever knows both can make them: GHASH is
 * linear, so one block is solved for.
 */
export function forTwoKeys({ keys, iv, associated, begin, end }: TwoKeys): Buffer {
  const hashKeys = keys.map((key) => numberOf(encryptBlock(key, Buffer.alloc(BLOCK))));
  const [firstKey] = keys;
  const known: Buffer[] = [];
  const text = Buffer.from(begin);
  for (let at = 0; at < text.length; at += BLOCK) {
    known.push(xor(text.subarray(at, at + BLOCK), keystream(firstKey, iv, 2 + at / BLOCK)));
  }
  const count = known.length;
  const last = xor(Buffer.from(end), keystream(firstKey, iv, 3 + count));
  const lengths = Buffer.alloc(BLOCK);
  lengths.writeBigUInt64BE(BigInt(associated.length * 8));
  lengths.writeBigUInt64BE(BigInt((BLOCK * (count + 1) + last.length) * 8), 8);
  const noise = Buffer.alloc(BLOCK);
  const blocks = [...split(Buffer.from(associated)), ...known, noise, ...split(last), lengths];
  const [one = 0n, two = 0n] = keys.map((key, index) => {
    const hash = blocks.reduce(
      (sum, block) => multiply(sum ^ numberOf(block), hashKeys[index] ?? 0n),
      0n,
    );
    return hash ^ numberOf(keystream(key, iv, 1));
  });
  // The free block counts with the third power of each hash key.
  const [cubeOfOne = 0n, cubeOfTwo = 0n] = hashKeys.map((hash) => power(hash, 3n));
  const free = multiply(one ^ two, power(cubeOfOne ^ cubeOfTwo, (1n << 128n) - 2n));
  const tag = one ^ multiply(free, cubeOfOne);
  return Buffer.concat([...known, bytesOf(free), last, bytesOf(tag)]);
}

function encryptBlock(key: Uint8Array, block: Buffer): Buffer {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block);
}

function keystream(key: Uint8Array, iv: Buffer, counter: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  iv.copy(block);
  block.writeUInt32BE(counter, iv.length);
  return encryptBlock(key, block);
}

function split(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, index) => {
    const block = Buffer.alloc(BLOCK);
    bytes.copy(block, 0, index * BLOCK);
    return block;
  });
}

function xor(bytes: Buffer, stream: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (stream[index] ?? 0)));
}

function numberOf(block: Buffer): bigint {
  return BigInt(`0x${block.toString('hex')}`);
}

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * BLOCK, '0'), 'hex');
}

function multiply(x: bigint, y: bigint): bigint {
  let product = 0n;
  let shifted = y;
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if ((x >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ REDUCTION : shifted >> 1n;
  }
  return product;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n << 127n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

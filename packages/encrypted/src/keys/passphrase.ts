import { type KeyObject, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { invalidOptions } from '../failures.ts';
import { KeyCache } from './key-cache.ts';
import { takeKey } from './secret-key.ts';

const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

/**
 * scrypt (RFC 7914) at the first setting of OWASP's Password Storage Cheat Sheet (2026): 128 MiB and
 * some half a second of one core for each guess.
 */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

/** Each session derives anew, and a server that makes a session a request must not do so each time. */
const derived = new KeyCache<KeyObject>({ maxEntries: 100 });

/** @throws SessionError `invalid_options` */
export function assertPassphrase(passphrase: unknown, name: string): asserts passphrase is string {
  if (typeof passphrase === 'string' && passphrase !== '' && passphrase.isWellFormed()) return;
  throw invalidOptions(`${name} is not a non-empty, well-formed string`);
}

/**
 * The key that a passphrase stands for in one session. What records are bound to is in the salt, so that a
 * table made in advance is of use for one session only.
 */
export function keyFromPassphrase(passphrase: string, binding: Uint8Array): Promise<KeyObject> {
  const salt = Buffer.concat([Buffer.from('agent-sessions/passphrase/1\0'), binding]);
  return derived.get(JSON.stringify([passphrase, salt.toString('base64')]), async () =>
    takeKey(await derive(passphrase, salt, 32, COST)),
  );
}

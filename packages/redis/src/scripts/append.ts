import { defineScript, type Script } from './script.ts';
import { finish, open, push, remember, replay, write } from './write.ts';

/**
 * Adds records at the end.
 *
 * ARGV: from 2 the records.
 * Returns the revision.
 */
export const append: Script = defineScript(write, open, push(2), finish);

/**
 * Adds records at the end unless the ledger has the operation.
 *
 * ARGV: 2 and 3 the operation's key and fingerprint, from 4 the records.
 * Returns the revision, or the revision and the fingerprint that the ledger already held.
 */
export const appendOnce: Script = defineScript(write, replay, open, push(4), remember, finish);

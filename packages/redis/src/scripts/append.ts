import { defineScript, type Script } from './script.ts';
import { finish, open, push, remember, replay, write } from './write.ts';

/**
 * Adds records at the end.
 *
 * ARGV: 6 and 7 the operation's key and fingerprint or '', from 8 the records.
 * Returns the revision, or the revision and the fingerprint that the ledger already held.
 */
export const append: Script = defineScript(write, replay, open, push(8), remember, finish);

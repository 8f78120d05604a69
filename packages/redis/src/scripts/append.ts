import { defineScript, type Script } from './script.ts';
import {
  finishAppend,
  onlyBirth,
  open,
  push,
  remember,
  replay,
  write,
  writeAppend,
} from './write.ts';

/**
 * Adds records at the end.
 *
 * ARGV: 2 the birth that the session must have, or '', from 3 the records, each with its time.
 * Returns the revision and the birth, and perhaps more; nothing if the session has another birth.
 */
export const append: Script = defineScript(writeAppend, onlyBirth(2), open, push(3), finishAppend);

/**
 * Adds records at the end unless the ledger has the operation.
 *
 * ARGV: 2 and 3 the operation's key and fingerprint, then as {@link append}.
 * Returns as that does; with the fingerprint as a sixth if the ledger already held the operation.
 */
export const appendOnce: Script = defineScript(
  write,
  onlyBirth(4),
  replay,
  open,
  push(5),
  remember,
  finishAppend,
);

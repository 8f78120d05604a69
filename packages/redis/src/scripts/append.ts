import { defineScript, type Script } from './script.ts';
import { open, push, write } from './write.ts';

/**
 * Adds records at the end.
 *
 * ARGV: 6 and 7 the operation's key and fingerprint or '', from 8 the records.
 * Returns the revision, or the revision and the fingerprint that the ledger already held.
 */
export const append: Script = defineScript(
  write,
  open,
  push,
  /* lua */ `
local key, fingerprint = ARGV[6], ARGV[7]
if done then return answer(done) end
local known = exists and key ~= '' and call('HGET', operations, key)
if known then return answer(state[2], known) end
open()
push(8)
if key ~= '' then call('HSET', operations, key, fingerprint) end
return finish()
`,
);

import { defineScript, type Script } from './script.ts';
import { open, push, write } from './write.ts';

/**
 * Replaces the newest records if the revision is still the expected one.
 *
 * ARGV: 6 and 7 the operation's key and fingerprint or '', 8 the expected revision, 9 how many
 * records go or 'all', from 10 the records that come.
 * Returns as `append` does, or nothing if the revision is another.
 */
export const replaceTail: Script = defineScript(
  write,
  open,
  push,
  /* lua */ `
local key, fingerprint, expected, drop = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
if done then return answer(done) end
local known = exists and key ~= '' and call('HGET', operations, key)
if known then return answer(state[2], known) end
if (exists and state[2] or '0') ~= expected then return {} end
open()
if drop == 'all' then call('DEL', items)
elseif drop ~= '0' then call('LTRIM', items, 0, -1 - drop) end
revision = revision + 1
gap = true
push(10)
if key ~= '' then call('HSET', operations, key, fingerprint) end
return finish()
`,
);

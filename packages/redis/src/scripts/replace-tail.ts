import { defineScript, type Script } from './script.ts';
import { finish, open, push, remember, replay, write } from './write.ts';

/**
 * Replaces the newest records if the revision is still the expected one.
 *
 * ARGV: 6 and 7 the operation's key and fingerprint or '', 8 the expected revision, 9 how many
 * records go or 'all', from 10 the records that come.
 * Returns as `append` does, or nothing if the revision is another.
 */
export const replaceTail: Script = defineScript(
  write,
  replay,
  /* lua */ `
local expected, drop = ARGV[8], ARGV[9]
if (exists and state[2] or '0') ~= expected then return {} end
`,
  open,
  /* lua */ `
if drop == 'all' then call('DEL', items)
elseif drop ~= '0' then call('LTRIM', items, 0, -1 - drop) end
revision = revision + 1
gap = true
`,
  push(10),
  remember,
  finish,
);

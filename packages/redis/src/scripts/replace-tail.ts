import { defineScript, type Script } from './script.ts';
import { finish, open, push, remember, replay, write } from './write.ts';

/**
 * Replaces the newest records if the revision is still the expected one.
 *
 * ARGV: 2 the expected revision, 3 how many records go or 'all', from 4 the records that come.
 * Returns the revision, or nothing if it is another than the expected one.
 */
export const replaceTail: Script = defineScript(write, compare(2), open, drop(3), push(4), finish);

/**
 * Replaces the newest records unless the ledger has the operation.
 *
 * ARGV: 2 and 3 the operation's key and fingerprint, then as {@link replaceTail}.
 * Returns as `appendOnce` does, or nothing if the revision is another.
 */
export const replaceTailOnce: Script = defineScript(
  write,
  replay,
  compare(4),
  open,
  drop(5),
  push(6),
  remember,
  finish,
);

/** Ends a script if the revision is not ARGV[index]; that of no session is 0. */
function compare(index: number): string {
  return /* lua */ `
if (exists and state[2] or '0') ~= ARGV[${index}] then return {} end
`;
}

/** Drops the newest ARGV[index] records. */
function drop(index: number): string {
  return /* lua */ `
local drop = ARGV[${index}]
if drop == 'all' then call('DEL', items)
elseif drop ~= '0' then call('LTRIM', items, 0, -1 - drop) end
revision = revision + 1
gap = true
`;
}

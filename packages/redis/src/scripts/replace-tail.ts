import { keepBytes } from './keep-bytes.ts';
import { defineScript, type Script } from './script.ts';
import { compare, finish, open, push, remember, replay, write } from './write.ts';

/**
 * Replaces the newest records if the session is still in the expected state.
 *
 * ARGV: 2 that state, 3 how many records go or 'all', from 4 the records that come, each with
 * its time.
 * Returns the state now, as every script does; nothing if the state is another one.
 */
export const replaceTail: Script = defineScript(write, compare(2), open, drop(3), push(4), finish);

/** The same, for records of which one may be damaged. */
export const replaceTailKeeping: Script = defineScript(
  write,
  compare(2),
  keepBytes(3, 4),
  open,
  drop(3),
  push(4),
  finish,
);

/**
 * Replaces the newest records unless the ledger has the operation.
 *
 * ARGV: 2 and 3 the operation's key and fingerprint, then as {@link replaceTail}.
 * Returns as `appendOnce` does, or nothing if the state is another one.
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

/** The same, for records of which one may be damaged. */
export const replaceTailOnceKeeping: Script = defineScript(
  write,
  replay,
  compare(4),
  keepBytes(5, 6),
  open,
  drop(5),
  push(6),
  remember,
  finish,
);

/** Drops the newest ARGV[index] records. */
function drop(index: number): string {
  return /* lua */ `
local drop = ARGV[${index}]
if drop == 'all' then call('DEL', items)
elseif drop ~= '0' then call('LTRIM', items, 0, -1 - drop) end
revision = revision + 1
gap, edits = true, drop ~= '0'
`;
}

import { readHasWrite } from './has-write.ts';
import { defineScript, type Script } from './script.ts';
import { int, refuseNewer } from './write.ts';

/** Reads the state, or ends the script if there is no such session. */
const readState: string = /* lua */ `
local call = redis.call
local state = call('HMGET', KEYS[1], 'birth', 'revision', 'token', 'edition', 'view')
local birth, revision, token, edition, view = state[1], state[2], state[3], state[4] or '0', state[5] or '0'
if not birth then return {} end
${refuseNewer('birth')}
`;

/**
 * Reads the newest items of a session at one moment.
 *
 * KEYS: session, items; ARGV: 1 how many, at least 1.
 * Returns the state (revision, birth, token, edition, view) and the items; nothing if there is no such
 * session.
 */
export const readNewest: Script = defineScript(
  readState,
  /* lua */ `
return {revision, birth, token, edition, view, call('LRANGE', KEYS[2], -ARGV[1], -1)}
`,
);

/**
 * Reads whether a session is as it was before: whether nothing but additions at the end happened, none
 * of which the server has lost.
 *
 * KEYS: session; ARGV: birth, edition and token of before.
 * Returns 1 or 0.
 */
export const isUnedited: Script = defineScript(
  readState,
  readHasWrite('ARGV[3]'),
  /* lua */ `
return {birth == ARGV[1] and edition == ARGV[2] and has and 1 or 0}
`,
);

/**
 * Finds what lies between two positions, and if it is not much, reads it, at one moment.
 *
 * KEYS as everywhere; ARGV: 1 how many items there may be for them to be read here, 2 how many of the
 * newest are wanted at most, 3 the position below which and 4 the one above which they are, 5 an
 * operation's key, 6 the token of a write to look for; '' stands for none.
 * Returns the state, the fingerprint, whether the server has that write (1 or 0), the index of the first
 * item, the number of items, the segments of positions that they are in, as `index:position`, and the
 * items if they were read; nothing if there is no such session.
 */
export const readRange: Script = defineScript(
  readState,
  /* lua */ `
local length, count = call('LLEN', KEYS[2]), call('LLEN', KEYS[3])
local function segment(at)
  local index, position = string.match(call('LINDEX', KEYS[3], at), '(%d+):(%d+)')
  return tonumber(index), tonumber(position)
end
-- What an eviction took is made up for: positions count back from the first segment, or the revision.
local first, start = length, (tonumber(revision) or 2 ^ 50) + 1
if count > 0 then first, start = segment(0) end
-- The last segment that starts at most at an index, or at a position; -1 if none does.
local function find(value, ofPosition)
  local low, high = -1, count - 1
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    local index, position = segment(middle)
    if (ofPosition and position or index) <= value then low = middle else high = middle - 1 end
  end
  return low
end
-- The index of the first item at a position or above it. Segments may tell of items that were dropped.
local function indexOf(wanted)
  local at = find(wanted, true)
  if at == -1 then return math.max(0, math.min(first - (start - wanted), length)) end
  local index, position = segment(at)
  local ending = at + 1 < count and segment(at + 1) or length
  return math.min(index + wanted - position, ending, length)
end
local ending = ARGV[3] == '' and length or indexOf(tonumber(ARGV[3]))
local from = ARGV[4] == '' and 0 or indexOf(ARGV[4] + 1)
if ARGV[2] ~= '' then from = math.max(from, ending - ARGV[2]) end
local number = math.max(ending - from, 0)
local segments, items = {}, false
if number > 0 then
  local at = find(from, false)
  local index, position = first, start
  if at >= 0 then index, position = segment(at) end
  segments = call('LRANGE', KEYS[3], at + 1, at + number)
  table.insert(segments, 1, from .. ':' .. ${int('position + from - index')})
end
if number == 0 then items = {}
elseif number <= tonumber(ARGV[1]) then items = call('LRANGE', KEYS[2], from, ending - 1) end
local fingerprint = ARGV[5] ~= '' and call('HGET', KEYS[4], ARGV[5])
${readHasWrite('ARGV[6]')}
return {
  revision, birth, token, edition, view,
  fingerprint, has and 1 or 0, from, number, segments, items,
}
`,
);

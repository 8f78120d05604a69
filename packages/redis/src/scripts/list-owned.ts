import { defineScript, type Script } from './script.ts';

/**
 * Lists sessions of an owner, newest activity first, then by escaped id from the last to the first.
 *
 * KEYS: index; ARGV: 1 what escaped ids start with, 2 how many are wanted, and after another session: 3
 * when that was written, 4 its escaped id.
 * Returns escaped ids and the times of their last write, in turn.
 */
export const listOwned: Script = defineScript(/* lua */ `
local prefix, wanted, from, previous = ARGV[1], 2 * ARGV[2], ARGV[3] or '+inf', ARGV[4]
-- Lua compares strings by the server's locale, the index by bytes.
local function isAfter(member)
  for i = 1, math.min(#member, #previous) do
    local byte, other = string.byte(member, i), string.byte(previous, i)
    if byte ~= other then return byte < other end
  end
  return #member < #previous
end
local found, offset = {}, 0
repeat
  local some = redis.call('ZREVRANGEBYSCORE', KEYS[1], from, '-inf', 'WITHSCORES', 'LIMIT', offset, 1000)
  for i = 1, #some, 2 do
    local member, time = some[i], some[i + 1]
    local isListed = string.sub(member, 1, #prefix) == prefix
      and not (previous and tonumber(time) == tonumber(from) and not isAfter(member))
    if isListed then
      found[#found + 1] = member
      found[#found + 1] = time
    end
    if #found == wanted then return found end
  end
  offset = offset + 1000
until #some < 2000
return found
`);

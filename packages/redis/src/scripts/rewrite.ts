import { readHasWrite } from './has-write.ts';
import { defineScript, type Script } from './script.ts';
import { finish, int, write } from './write.ts';

/** So many records at most are taken out of a list one by one. */
const FEW = 1000;

/**
 * Changes records where they are if nothing but additions at the end happened since a state.
 *
 * ARGV: 2 to 5 birth, revision, edition and token of that state, 6 'c' for a compaction or '-',
 * and 'u' to refuse also if anything was added since, or '-', 7 the ranges of
 * positions that go, as `first-last,first-last`, ascending, from 8 positions and texts in turn, positions
 * ascending.
 * Returns the state now, as every script does; nothing if anything else happened since that state.
 */
export const rewrite: Script = defineScript(
  write,
  /* lua */ `
if not exists or birth ~= ARGV[2] or edition ~= ARGV[4] then return {} end
local since = revision - ARGV[3]
if since < 0 or (since > 0 and sub(ARGV[6], 2) == 'u') or (since == 0 and state[7] ~= ARGV[5]) then return {} end
`,
  readHasWrite('ARGV[5]'),
  /* lua */ `
if not has then return {} end

local length = call('LLEN', items)
local segments = call('LRANGE', positions, 0, -1)
local indexes, places = {}, {}
for i = 1, #segments do
  local index, position = string.match(segments[i], '(%d+):(%d+)')
  indexes[i], places[i] = tonumber(index), tonumber(position)
end
-- What an eviction took is made up for as in reading, and then stays so.
local first, start = indexes[1] or length, places[1] or revision + 1
if first > 0 then
  table.insert(indexes, 1, 0)
  table.insert(places, 1, start - first)
  call('LPUSH', positions, '0:' .. ${int('start - first')})
end

-- The index of the first record at a position or above it; asked for ascending positions.
local at = 1
local function indexOf(wanted)
  while places[at + 1] and places[at + 1] <= wanted do at = at + 1 end
  if not places[at] then return 0 end
  return math.max(0, math.min(indexes[at] + wanted - places[at], indexes[at + 1] or length, length))
end

for i = 8, #ARGV, 2 do
  local wanted = tonumber(ARGV[i])
  local index = indexOf(wanted)
  local isThere = index < length and index == indexes[at] + wanted - places[at]
    and index < (indexes[at + 1] or length)
  if isThere then
    local time = string.match(call('LINDEX', items, index), '^%d%d%d%d%d%d%d%d%d%d%d%d%d')
    call('LSET', items, index, (time or '0000000000000') .. ARGV[i + 1])
  end
end

-- Where runs of records that go begin, and where the ones after them end, in turn.
local gone, removed = {}, 0
at = 1
for low, high in string.gmatch(ARGV[7], '(%d+)-(%d+)') do
  local from, ending = indexOf(tonumber(low)), indexOf(high + 1)
  if from < ending then
    removed = removed + ending - from
    if gone[#gone] == from then gone[#gone] = ending
    else
      gone[#gone + 1] = from
      gone[#gone + 1] = ending
    end
  end
end

if removed > 0 then
  local kept, shift, run = {}, 0, 1
  for i = 1, #indexes do
    local index, position = indexes[i], places[i]
    local ending = math.min(indexes[i + 1] or length, length)
    while index < ending do
      while gone[run] and gone[run + 1] <= index do
        shift = shift + gone[run + 1] - gone[run]
        run = run + 2
      end
      local next
      if gone[run] and gone[run] <= index then next = math.min(gone[run + 1], ending)
      else
        kept[#kept + 1] = ${int('index - shift')} .. ':' .. ${int('position')}
        next = math.min(gone[run] or ending, ending)
      end
      index, position = next, position + next - index
    end
  end
  call('DEL', positions)
  for i = 1, #kept, 4000 do
    call('RPUSH', positions, unpack(kept, i, math.min(i + 3999, #kept)))
  end
end

local low, high = gone[1], gone[#gone]
if removed == 0 then -- Nothing goes.
elseif removed == high - low and (low == 0 or high == length) then
  if removed == length then call('DEL', items)
  elseif low == 0 then call('LTRIM', items, high, -1)
  else call('LTRIM', items, 0, low - 1) end
elseif removed <= ${FEW} then
  -- No other record is the token of this call.
  for i = 1, #gone, 2 do
    for index = gone[i], gone[i + 1] - 1 do call('LSET', items, index, token) end
  end
  call('LREM', items, removed, token)
else
  -- What stays on the shorter side, before the last record that goes or after the first, is put anew.
  local isEnd = length - low <= high
  local lifted, chunk, base = {}, {}, 0
  local from = isEnd and low or 0
  for i = 1, #gone + 1, 2 do
    for index = from, (gone[i] or (isEnd and length or from)) - 1 do
      if not chunk[index - base + 1] then
        chunk, base = call('LRANGE', items, index, index + 127), index
      end
      lifted[#lifted + 1] = chunk[index - base + 1]
    end
    from = gone[i + 1] or from
  end
  local put = 'RPUSH'
  if not isEnd then
    put = 'LPUSH'
    for i = 1, #lifted / 2 do
      lifted[i], lifted[#lifted - i + 1] = lifted[#lifted - i + 1], lifted[i]
    end
  end
  if isEnd and low == 0 or not isEnd and high == length then call('DEL', items)
  elseif isEnd then call('LTRIM', items, 0, low - 1)
  else call('LTRIM', items, high, -1) end
  for i = 1, #lifted, 4000 do
    call(put, items, unpack(lifted, i, math.min(i + 3999, #lifted)))
  end
end
revision = revision + 1
gap, edits, compacts = true, true, sub(ARGV[6], 1, 1) == 'c'
`,
  finish,
);

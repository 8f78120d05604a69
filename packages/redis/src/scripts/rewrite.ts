import { defineScript, type Script } from './script.ts';
import { compare, finish, int, write } from './write.ts';

/**
 * Changes records where they are if the session is still in the expected state.
 *
 * ARGV: 2 that state, 3 the text that stands for removal, from 4 positions and texts in
 * turn, positions ascending. A record that goes is replaced by that text first, then all of them go.
 * Returns the revision, the birth and the token; nothing if the state is another one.
 */
export const rewrite: Script = defineScript(
  write,
  compare(2),
  /* lua */ `
local removal = ARGV[3]

local function parse(segment)
  local index, position = string.match(segment, '(%d+):(%d+)')
  return tonumber(index), tonumber(position)
end

local length = call('LLEN', items)
local segments = call('LRANGE', positions, 0, -1)
-- What an eviction took is made up for as in expandPositions(), and then stays so.
local first, start = length, revision + 1
if segments[1] then first, start = parse(segments[1]) end
if first > 0 then
  table.insert(segments, 1, '0:' .. ${int('start - first')})
  call('LPUSH', positions, segments[1])
end
local removed, kept = 0, {}
-- From this index on, after the removals so far, positions run from this one.
local function keep(index, position)
  if kept[#kept] and kept[#kept].index == index then kept[#kept] = nil end
  kept[#kept + 1] = {index = index, position = position}
end

-- The walk goes along the segments and the changes at once, for both ascend.
local at, index, position, ending = 0, 0, 0, 0
local function advance()
  at = at + 1
  index, position = parse(segments[at])
  ending = math.min(length, segments[at + 1] and parse(segments[at + 1]) or length)
  keep(index - removed, position)
end

for i = 4, #ARGV, 2 do
  local changed, text = tonumber(ARGV[i]), ARGV[i + 1]
  while segments[at + 1] and select(2, parse(segments[at + 1])) <= changed do advance() end
  local place = index + changed - position
  if place < ending then
    call('LSET', items, place, text)
    if text == removal then
      removed = removed + 1
      keep(place + 1 - removed, changed + 1)
    end
  end
end
while segments[at + 1] do advance() end

if removed > 0 then
  call('LREM', items, removed, removal)
  call('DEL', positions)
  for _, segment in ipairs(kept) do
    if segment.index < length - removed then
      call('RPUSH', positions, segment.index .. ':' .. ${int('segment.position')})
    end
  end
end
revision = revision + 1
gap = true
`,
  finish,
);

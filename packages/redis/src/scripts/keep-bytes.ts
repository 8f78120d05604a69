/**
 * Keeps dropped elements that are added again as they are. Bytes that are no UTF-8, as in a damaged
 * record, are read as U+FFFD; to store what was read would destroy what might be repaired.
 *
 * @param drop - The index of the argument that says how many of the newest elements are dropped, or 'all'.
 * @param first - The index of the first argument that is added.
 */
export function keepBytes(drop: number, first: number): string {
  return /* lua */ `
local replacement = '\\239\\191\\189'
-- The least and the greatest second byte after some first ones; after all others it is 128 to 191.
local least, greatest = {[224] = 160, [240] = 144}, {[237] = 159, [244] = 143}
local function decode(bytes)
  local parts, at = {}, 1
  while at <= #bytes do
    local lead, ending = string.byte(bytes, at), at
    local length = lead < 194 and 0 or lead < 224 and 2 or lead < 240 and 3 or lead < 245 and 4 or 0
    while ending < at + length - 1 do
      local byte = string.byte(bytes, ending + 1)
      local isSecond = ending == at
      local low, high = isSecond and least[lead] or 128, isSecond and greatest[lead] or 191
      if not byte or byte < low or byte > high then break end
      ending = ending + 1
    end
    parts[#parts + 1] = ending - at + 1 == length and sub(bytes, at, ending) or replacement
    at = ending + 1
  end
  return table.concat(parts)
end
local dropped = call('LRANGE', items, ARGV[${drop}] == 'all' and 0 or -ARGV[${drop}], -1)
local from = #dropped
for i = #ARGV, ${first}, -1 do
  local record = sub(ARGV[i], 14)
  if string.find(record, replacement, 1, true) then
    for at = from, 1, -1 do
      local old = string.gsub(dropped[at], '^%d%d%d%d%d%d%d%d%d%d%d%d%d', '')
      if string.gsub(old, '[\\128-\\255]+', decode) == record then
        ARGV[i], from = dropped[at], at - 1
        break
      end
    end
  end
end
`;
}

/**
 * Notes in the index of the owner when the session was written. The index lasts as long as a session of
 * the owner may. A new session looks at two others at random, and takes out those that expired: so the
 * index never holds many more than there are, though nobody lists them.
 */
export const list: string = /* lua */ `
if index then
  call('ZADD', index, now, ${memberOf('session', 'index')})
  if ttl == '' then call('PERSIST', index)
  elseif listed == 0 then call('PEXPIREAT', index, expiry)
  else ${extendIndex('index', 'ttl', 'expiry')} end
  if not exists then
    for _, member in ipairs(call('ZRANDMEMBER', index, 2)) do
      -- In a cluster the other session may be on the move; then it stays listed.
      local found = redis.pcall('HEXISTS', sub(index, 1, -9) .. '{' .. member .. '}', 'birth')
      if found == 0 then call('ZREM', index, member) end
    end
  end
end
`;

/** What the index of an owner knows a session by: its escaped id. */
export function memberOf(session: string, index: string): string {
  return `string.sub(${session}, #${index} - 6, -2)`;
}

/** Lets an index that expires last until `expiry`, if that is `ttl` seconds away and later. */
export function extendIndex(index: string, ttl: string, expiry: string): string {
  return /* lua */ `
local left = redis.call('PTTL', ${index})
if left >= 0 and left < ${ttl} * 1000 then redis.call('PEXPIREAT', ${index}, ${expiry}) end
`;
}

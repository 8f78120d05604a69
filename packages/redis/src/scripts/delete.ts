import { memberOf } from './owner-index.ts';
import { defineScript, type Script } from './script.ts';
import { check, int, write } from './write.ts';

/**
 * Removes a session, and whatever a later version may have added to it. Its writers stay for an hour: a
 * call that the client sends again must find that it was done, and not touch what others have begun since.
 *
 * Returns a list that is not empty; nothing if there was no such session.
 */
export const deleteSession: Script = defineScript(
  write,
  /* lua */ `if not exists then return {} end`,
  check,
  /* lua */ `
call('DEL', items, positions, operations)
if index then call('ZREM', index, ${memberOf('session', 'index')}) end
local fields = call('HGETALL', session)
for i = 1, #fields, 2 do
  if not string.find(fields[i], '^writer:') and not string.find(fields[i], '^lost:') then
    call('HDEL', session, fields[i])
  end
end
local made = ${int('revision + 1')}
call('HSET', session, writer, number .. ' ' .. made)
call('EXPIRE', session, 3600)
return {made}
`,
);

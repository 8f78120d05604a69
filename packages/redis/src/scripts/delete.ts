import { defineScript, type Script } from './script.ts';
import { check, int, write } from './write.ts';

/**
 * Removes a session. Its writers stay for an hour: a call that the client sends again must find that it
 * was done, and not touch what others have begun since.
 *
 * Returns a list that is not empty; nothing if there was no such session.
 */
export const deleteSession: Script = defineScript(
  write,
  /* lua */ `if not exists then return {} end`,
  check,
  /* lua */ `
call('DEL', items, positions, operations)
call('HDEL', session,
  'created', 'birth', 'revision', 'token', 'updated', 'metadata', 'gap', 'ttl', 'turn')
local made = ${int('revision + 1')}
call('HSET', session, writer, number .. ' ' .. made)
call('EXPIRE', session, 3600)
return {made}
`,
);

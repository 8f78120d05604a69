import { defineScript, type Script } from './script.ts';
import { check, int, write } from './write.ts';

/**
 * Removes a session. Its revision and its writers stay for an hour: a call that the client sends
 * again must find that it was done, and not touch what others have begun since; and what is begun
 * under the same id starts above the revision.
 *
 * Returns the revision, or nothing if there was no such session.
 */
export const deleteSession: Script = defineScript(
  write,
  /* lua */ `if not exists then return {} end`,
  check,
  /* lua */ `
call('DEL', items, positions, operations)
call('HDEL', session, 'created', 'updated', 'metadata', 'gap', 'ttl', 'turn')
local made = ${int('revision + 1')}
call('HSET', session, 'revision', made, writer, number .. ' ' .. made)
call('EXPIRE', session, 3600)
return {made}
`,
);

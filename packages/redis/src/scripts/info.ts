import { defineScript, type Script } from './script.ts';

/** Describes a session: created, updated, metadata and the number of items; nothing if there is none. */
export const info: Script = defineScript(/* lua */ `
local found = redis.call('HMGET', KEYS[1], 'created', 'updated', 'metadata')
if not found[1] then return {} end
return {found[1], found[2], found[3], redis.call('LLEN', KEYS[2])}
`);

import { memberOf } from './owner-index.ts';
import { defineScript, type Script } from './script.ts';
import { refuseNewer } from './write.ts';

/**
 * Describes a session: created, updated, metadata and the number of items. Nothing if there is none;
 * then its owner's index forgets it, unless the server refuses writes.
 *
 * KEYS as everywhere.
 */
export const info: Script = defineScript(/* lua */ `
local found = redis.call('HMGET', KEYS[1], 'birth', 'created', 'updated', 'metadata')
local birth = found[1]
${refuseNewer('birth')}
if birth then return {found[2], found[3], found[4], redis.call('LLEN', KEYS[2])} end
if KEYS[5] then redis.pcall('ZREM', KEYS[5], ${memberOf('KEYS[1]', 'KEYS[5]')}) end
return {}
`);

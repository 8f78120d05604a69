import { defineScript, type Script } from './script.ts';

/**
 * Starts the time to live anew, for a session that has one.
 *
 * ARGV: 1 the time to live in seconds.
 */
export const touch: Script = defineScript(/* lua */ `
if redis.call('HEXISTS', KEYS[1], 'ttl') == 0 then return end
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1] * 1000)
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, at) end
`);

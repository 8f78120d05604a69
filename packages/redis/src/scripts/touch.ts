import { extendIndex } from './owner-index.ts';
import { defineScript, type Script } from './script.ts';

/**
 * Starts the time to live anew, for a session that has one.
 *
 * KEYS as everywhere; ARGV: 1 the time to live in seconds.
 */
export const touch: Script = defineScript(/* lua */ `
if redis.call('HEXISTS', KEYS[1], 'ttl') == 0 then return end
local time = redis.call('TIME')
local expiry = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1] * 1000)
for i = 1, 4 do redis.call('PEXPIREAT', KEYS[i], expiry) end
if KEYS[5] then
  ${extendIndex('KEYS[5]', 'ARGV[1]', 'expiry')}
end
`);

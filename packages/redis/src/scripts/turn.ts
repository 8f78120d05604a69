import { defineScript, type Script } from './script.ts';

/**
 * Takes the turn on a session: until it is given back, or `ARGV[2]` milliseconds have passed by the
 * server's clock, writes of others are refused. May run twice.
 *
 * KEYS: session; ARGV: 1 a token of twelve characters, 2 the longest time in milliseconds.
 * Returns 0, or for how many milliseconds somebody else has the turn at most.
 */
export const takeTurn: Script = defineScript(/* lua */ `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local turn = redis.call('HGET', KEYS[1], 'turn')
if turn and string.sub(turn, 1, 12) ~= ARGV[1] then
  local left = string.sub(turn, 13) - now
  if left > 0 then return {left} end
end
redis.call('HSET', KEYS[1], 'turn', ARGV[1] .. string.format('%.0f', now + ARGV[2]))
-- Of a session that does not exist, nothing else is there to expire.
if redis.call('HLEN', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {0}
`);

/**
 * Gives the turn back, unless somebody else has it by now.
 *
 * KEYS: session; ARGV: 1 the token.
 */
export const endTurn: Script = defineScript(/* lua */ `
local turn = redis.call('HGET', KEYS[1], 'turn')
if turn and string.sub(turn, 1, 12) == ARGV[1] then redis.call('HDEL', KEYS[1], 'turn') end
return {}
`);

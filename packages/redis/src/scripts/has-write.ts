import { defineScript, type Script } from './script.ts';

/**
 * Reads whether the server still has a write.
 *
 * KEYS: session; ARGV: 1 its writer, 2 its number there.
 * Returns 1, or 0 if the writer is not remembered with it, or has found that the server had lost it.
 */
export const hasWrite: Script = defineScript(/* lua */ `
local found = redis.call('HMGET', KEYS[1], 'writer:' .. ARGV[1], 'lost:' .. ARGV[1])
local last, lost, number = found[1], found[2], ARGV[2]
if not last or string.sub(last, 1, 10) < number then return {0} end
if lost and string.sub(lost, 1, 10) < number and number < string.sub(lost, 11) then return {0} end
return {1}
`);

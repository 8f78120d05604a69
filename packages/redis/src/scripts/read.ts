import { defineScript, type Script } from './script.ts';

/**
 * Reads a window of a session at one moment.
 *
 * KEYS: session, items; ARGV: 1 and 2 the range of items as LRANGE takes it. If more is wanted, KEYS as
 * everywhere; ARGV: 3 '1' for positions or '', 4 an operation's key, if any.
 * Returns birth, revision and token, the fingerprint, the items, and if positions are wanted the number of all
 * items and the list of positions; nothing if there is no such session.
 */
export const read: Script = defineScript(/* lua */ `
local state = redis.call('HMGET', KEYS[1], 'created', 'birth', 'revision', 'token')
if not state[1] then return {} end
local birth, revision, token = state[2], state[3], state[4]
local fingerprint = ARGV[4] and redis.call('HGET', KEYS[4], ARGV[4]) or false
local records = redis.call('LRANGE', KEYS[2], ARGV[1], ARGV[2])
if ARGV[3] ~= '1' then return {birth, revision, token, fingerprint, records} end
return {
  birth, revision, token, fingerprint, records,
  redis.call('LLEN', KEYS[2]), redis.call('LRANGE', KEYS[3], 0, -1),
}
`);

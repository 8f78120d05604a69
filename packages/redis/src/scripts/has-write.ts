/**
 * Reads whether the server still has the write that left a token, into the local `has`: its writer is
 * remembered with it or a later one, and has not found that the server had lost it.
 *
 * @param token - The Lua expression of a token: its writer in twelve characters, then its number there.
 */
export function readHasWrite(token: string): string {
  return /* lua */ `
local writes = string.sub(${token}, 1, 12)
writes = redis.call('HMGET', KEYS[1], 'writer:' .. writes, 'lost:' .. writes)
local newest, gone, wanted = writes[1], writes[2], string.sub(${token}, 13)
local has = newest and string.sub(newest, 1, 10) >= wanted
  and not (gone and string.sub(gone, 1, 10) < wanted and wanted < string.sub(gone, 11))
`;
}

import { list } from './owner-index.ts';

/** The birth of a session is a token: a writer, and the number of its call. */
export const BIRTH_LENGTH = 22;

const edition: string = /* lua */ `
local edition, view = state[8] or '0', state[9] or '0'
-- Whether this call does more than add records at the end, and whether it compacts.
local edits, compacts = false, false
`;

/** What was edited after a call that is done came after it: then no edition of now is that of the call. */
function editionOf(done: string): string {
  return /* lua */ `
if (tonumber(edition) or 0) > tonumber(${done}) then edition = ${done} end
if (tonumber(view) or 0) > tonumber(${done}) then view = ${done} end
`;
}

/**
 * What every script that writes starts with. The parts are straight-line code, for a function that is
 * made anew in every call costs the server more than most of what they do.
 *
 * KEYS: session, items, positions, operations, and of an owner's session the index (see `keys.ts`).
 * ARGV: 1 the call as {@link describeCall} writes it, then the script's own.
 *
 * A script is atomic, but one that fails halfway leaves what it has written. So a key is read before
 * the first write, or is the first to be written: one of another type fails there. For any other
 * reason (no memory, a replica, a full disk) Redis refuses a script at its first write or never, and
 * for lack of memory only if that write needs some.
 */
function begin(isAppend: boolean): string {
  return /* lua */ `
local call, sub, header = redis.call, string.sub, ARGV[1]
local session, items, positions, operations, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local writer, number = 'writer:' .. sub(header, 1, 12), sub(header, 13, 22)
local now, ttl = sub(header, 23, 35), sub(header, 82)
local state = call('HMGET', session,
  'birth', 'revision', 'gap', writer, 'ttl', 'turn'${isAppend ? '' : ", 'token', 'edition', 'view'"})
local birth = state[1]
local exists = birth
${refuseNewer('birth')}
local listed = index and call('ZCARD', index)
-- One that is no number counts from where no position is.
local revision = tonumber(state[2] or 0) or 2 ^ 50
-- What this call leaves: no other call has it. It is also the birth of a session that it creates.
local token = sub(header, 1, 22)
-- The next record's position does not follow that of the newest one.
local gap = state[3] ~= '0'
${isAppend ? '' : edition}
-- A writer makes one call at a time on a session, so its last one is all there is to remember. The
-- client sends a call again when the reply was lost: then it returns what the call has made.
local known = state[4] and sub(state[4], 1, 10) or '0000000000'
if known >= number then
  local done = sub(state[4], 12)
  ${isAppend ? answer('done', "birth or ''") : editionOf('done') + answer('done', "birth or ''", 'token', 'edition', 'view')}
end
-- A call that comes late does nothing, for its client has given it up; nor does one whose end is farther
-- ahead than any, for then the clocks differ. The client learns what time it is, and may ask again.
local time = call('TIME')
local clock = time[1] * 1000 + time[2] / 1000
local left = sub(header, 59, 71) - clock
if left <= 0 or sub(header, 72, 81) - left < 0 then return {false, time[1], time[2]} end
-- The server has lost the call before this one, and counts up again over what it wrote.
local lost = exists and known < sub(header, 49, 58)
-- While somebody else has the turn (see turn.ts), the client asks again.
if state[6] and sub(state[6], 1, 12) ~= sub(header, 37, 48) then
  local others = sub(state[6], 13) - clock
  if others > 0 then return {false, others} end
end
`;
}

/** Starts a script that writes. */
export const write: string = begin(false);

/** Starts one that only adds records: nearly every write is one, and the fewer fields are read the better. */
export const writeAppend: string = begin(true);

/**
 * Ends a script that finds a session of a later format: one whose birth, which every script reads
 * anyway, is longer than those of this format.
 */
export function refuseNewer(birth: string): string {
  return /* lua */ `if ${birth} and #${birth} > ${BIRTH_LENGTH} then
  return redis.error_reply('NEWERFORMAT of a session')
end`;
}

/**
 * Ends a script that finds its work done. WAIT waits for what its connection wrote last, so a
 * repeated call has to write something.
 */
function answer(...values: readonly string[]): string {
  return /* lua */ `if sub(header, 36, 36) == '1' and state[2] then call('HSET', session, 'revision', state[2]) end
  return {${values.join(', ')}}`;
}

/** A number as text; Lua itself would write 1.7954569935752e+15. */
export function int(value: string): string {
  return `string.format('%.0f', ${value})`;
}

/** Fails if another program uses one of the keys. */
export const check: string = /* lua */ `
call('LLEN', items)
call('LLEN', positions)
call('HLEN', operations)
`;

/** Creates the session if need be. What an eviction left goes. */
export const open: string = /* lua */ `
if not exists then
  ${check}
  birth, revision = token, 0
  call('HSET', session, 'birth', birth)
  call('PERSIST', session)
  call('DEL', items, positions, operations)
end
`;

/**
 * Adds the records ARGV[first] and following. Of each record after a gap a list keeps
 * `index:position`; its end may tell of records that were dropped since.
 */
export function push(first: number): string {
  return /* lua */ `
local count = #ARGV - ${first - 1}
if count > 0 then
  local newest = gap and call('LINDEX', positions, -1)
  local length
  -- unpack fails at 8 000 values.
  for from = ${first}, #ARGV, 4000 do
    length = call('RPUSH', items, unpack(ARGV, from, math.min(from + 3999, #ARGV)))
  end
  local index = length - count
  -- There were items, and an eviction took them.
  if index == 0 and not gap then
    gap, newest = true, call('LINDEX', positions, -1)
  end
  if gap then
    while newest and tonumber(string.match(newest, '%d+')) >= index do
      call('RPOP', positions)
      newest = call('LINDEX', positions, -1)
    end
    call('RPUSH', positions, index .. ':' .. ${int('revision + 1')})
    gap = false
  end
  revision = revision + count
end
`;
}

/** Adds the operation ARGV[2] with its fingerprint ARGV[3] to the ledger. */
export const remember: string = /* lua */ `
call('HSET', operations, ARGV[2], ARGV[3])
`;

/** Ends a script whose operation ARGV[2] is in the ledger. */
export const replay: string = /* lua */ `
local found = exists and call('HGET', operations, ARGV[2])
if found then
  ${answer('state[2]', 'birth', 'state[7]', 'edition', 'view', 'found')}
end
`;

/** Forgets the writers that have been silent for longest, all but 64. */
const prune: string = /* lua */ `
local fields, writers = call('HGETALL', session), {}
for i = 1, #fields, 2 do
  if sub(fields[i], 1, 7) == 'writer:' then
    local made = tonumber(sub(fields[i + 1], 12))
    writers[#writers + 1] = {field = fields[i], made = made}
  end
end
table.sort(writers, function(a, b) return a.made > b.made end)
for i = 65, #writers do call('HDEL', session, writers[i].field) end
`;

/** Saves the state. All keys of a session expire together; the store that wrote last says whether. */
const save: string = /* lua */ `
local made = ${int('revision')}
call('HSET', session,
  'revision', made, 'token', token, writer, number .. ' ' .. made, 'updated', now)
if lost then
  -- Of several losses, all that lies between them counts as lost.
  local losses = 'lost:' .. sub(header, 1, 12)
  local before = call('HGET', session, losses)
  call('HSET', session, losses, (before and sub(before, 1, 10) or known) .. number)
end
if not exists then call('HSET', session, 'created', now, 'lineage', birth) end
if gap ~= (state[3] ~= '0') then call('HSET', session, 'gap', gap and '1' or '0') end
if not state[4] and call('HLEN', session) > 100 then
  ${prune}
end
local expiry
if ttl ~= '' then
  if ttl ~= state[5] then call('HSET', session, 'ttl', ttl) end
  expiry = ${int('math.floor(clock) + ttl * 1000')}
  for i = 1, 4 do call('PEXPIREAT', KEYS[i], expiry) end
elseif state[5] then
  call('HDEL', session, 'ttl')
  for i = 1, 4 do call('PERSIST', KEYS[i]) end
end
${list}
`;

/** Ends an addition at the end: returns the revision and the birth. */
export const finishAppend: string = /* lua */ `${save}
return {made, birth}
`;

/** Ends any other write: returns the revision, the birth, the token, the edition and the view. */
export const finish: string = /* lua */ `${save}
if edits then
  edition = made
  if compacts then view = made end
  call('HSET', session, 'edition', edition, 'view', view)
end
return {made, birth, token, edition, view}
`;

/** Ends a script unless the session has the birth ARGV[index], if that is not ''. */
export function onlyBirth(index: number): string {
  return /* lua */ `
if ARGV[${index}] ~= '' and not (exists and birth == ARGV[${index}]) then return {} end
`;
}

/**
 * Ends a script unless the session is in the state ARGV[index]: birth, revision and token, with a space
 * between; '' for a session that does not exist.
 */
export function compare(index: number): string {
  return /* lua */ `
local current = exists and birth .. ' ' .. state[2] .. ' ' .. state[7] or ''
if current ~= ARGV[${index}] then return {} end
`;
}

/** What other libraries, the Python SDK and older code call our options, in lower case without `_`. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  branch: ['branchId'],
  branchname: ['branchId'],
  busytimeout: ['timeoutMs'],
  busytimeoutms: ['timeoutMs'],
  client: ['redis', 'db', 'database', 'pool', 'pglite'],
  connection: ['db', 'database', 'redis', 'pool'],
  connectionstring: ['url', 'path'],
  connectionuri: ['url'],
  conversationid: ['sessionId'],
  database: ['db', 'pool', 'pglite', 'path'],
  databaseurl: ['url'],
  datadir: ['path'],
  db: ['database', 'pool', 'pglite', 'path'],
  dbpath: ['path'],
  dsn: ['url'],
  encryptionkey: ['key'],
  endpoint: ['baseURL'],
  engine: ['db'],
  expiresin: ['ttlSeconds'],
  expireseconds: ['ttlSeconds'],
  file: ['path'],
  filename: ['path'],
  filepath: ['path'],
  id: ['sessionId', 'conversationId'],
  innersession: ['session'],
  key: ['apiKey'],
  keyring: ['keys'],
  kysely: ['db'],
  messagestable: ['tables'],
  onmissing: ['onMissingConversation'],
  openai: ['client'],
  openaiclient: ['client'],
  organizationid: ['organization'],
  orgid: ['organization'],
  password: ['passphrase'],
  path: ['url'],
  pool: ['db'],
  prefix: ['keyPrefix'],
  provider: ['keyProvider'],
  redisclient: ['redis'],
  redisurl: ['url'],
  retrytimeout: ['timeoutMs'],
  retrytimeoutms: ['timeoutMs'],
  secret: ['key'],
  sessionid: ['conversationId'],
  sessionstable: ['tables'],
  tablenames: ['tables'],
  threadid: ['sessionId', 'conversationId'],
  timeout: ['timeoutMs'],
  ttl: ['ttlSeconds'],
  ttlms: ['ttlSeconds'],
  underlyingsession: ['session'],
  uri: ['url', 'path'],
  url: ['path', 'baseURL'],
};

/** The option that was probably meant, if one of these is near enough. */
export function suggestionFor(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  const others = Object.hasOwn(OTHER_NAMES, plain) ? OTHER_NAMES[plain] : undefined;
  const byOtherName = others?.find((one) => known.includes(one));
  if (byOtherName !== undefined) return byOtherName;
  // Half of a short name may be wrong by two letters.
  const limit = plain.length < 6 ? 1 : 2;
  return known
    .map((one) => ({ one, distance: editDistance(plain, plainName(one)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]?.one;
}

function plainName(name: string): string {
  return name.slice(0, 50).toLowerCase().replaceAll(/[_-]/g, '');
}

/** How many letters to insert, remove or replace (Levenshtein, 1965; computed row by row). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (letter === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

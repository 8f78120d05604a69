/**
 * Which database on which host, for errors; nothing if the URL is malformed. A slash, ? or # that is not
 * encoded ends the password early: what comes before would be taken for the host.
 */
export function placeOf(name: 'Postgres' | 'MySQL', url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { username, password, host, pathname, search, hash } = new URL(url);
  if (hash !== '' || pathname.includes('@')) return undefined;
  if (pathname === '' && host !== '' && username === '' && search.includes('@')) return undefined;
  let database = pathname.slice(1);
  try {
    [database = ''] = [database, username, password].map(decodeURIComponent);
  } catch {
    // pg takes a % that encodes nothing as it is; mysql2 throws.
    if (name === 'MySQL') return undefined;
  }
  return `"${database}"${host === '' ? '' : ` at ${host}`}`;
}

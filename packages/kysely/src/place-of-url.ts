import { describe, type OptionCheck } from '@agent-sessions/core/backend';

/** What a URL begins with, in lower case; nothing if it begins with something else. */
export function schemeOf(url: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
}

/** Takes a URL, as a string or an object, that begins with one of these. */
export function isUrlOf(first: string, ...others: readonly string[]): OptionCheck {
  return (value) => {
    const problem = `must be a ${first}:// URL, not`;
    if (typeof value !== 'string' && !(value instanceof URL))
      return `${problem} ${describe(value)}`;
    const scheme = schemeOf(String(value));
    if (scheme === undefined) return `${problem} a string that names no database`;
    return [first, ...others].includes(scheme) ? undefined : `${problem} ${scheme}:`;
  };
}

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

import { createHash } from 'node:crypto';

/** A Lua script, and the digest under which a server that has seen it runs it again. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function defineScript(...parts: readonly string[]): Script {
  const text = parts.join('');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

import { defineScript, type Script } from './script.ts';

/**
 * Reads the last write of a writer.
 *
 * KEYS: session; ARGV: 1 the writer.
 * Returns its number and the revision that it made, or nothing if the writer is not remembered.
 */
export const lastWrite: Script = defineScript(/* lua */ `
return {redis.call('HGET', KEYS[1], 'writer:' .. ARGV[1])}
`);

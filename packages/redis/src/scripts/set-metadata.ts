import { defineScript, type Script } from './script.ts';
import { finish, open, write } from './write.ts';

/**
 * Replaces the metadata, creating the session if need be.
 *
 * ARGV: 2 the metadata as JSON, or '' for none.
 */
export const setMetadata: Script = defineScript(
  write,
  open,
  /* lua */ `
if ARGV[2] == '' then call('HDEL', session, 'metadata')
else call('HSET', session, 'metadata', ARGV[2]) end
`,
  finish,
);

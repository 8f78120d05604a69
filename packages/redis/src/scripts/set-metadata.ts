import { defineScript, type Script } from './script.ts';
import { finish, open, write } from './write.ts';

/**
 * Replaces the metadata, creating the session if need be.
 *
 * ARGV: 6 the metadata as JSON, or '' for none.
 */
export const setMetadata: Script = defineScript(
  write,
  open,
  /* lua */ `
if ARGV[6] == '' then call('HDEL', session, 'metadata')
else call('HSET', session, 'metadata', ARGV[6]) end
`,
  finish,
);

import { defineScript, type Script } from './script.ts';
import { check, finish, write } from './write.ts';

/** Removes all records and the ledger of a session that exists. */
export const clear: Script = defineScript(
  write,
  /* lua */ `if not exists then return {} end`,
  check,
  /* lua */ `
call('DEL', items, positions, operations)
revision = revision + 1
gap, edits = true, true
`,
  finish,
);

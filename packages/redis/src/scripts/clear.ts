import { defineScript, type Script } from './script.ts';
import { check, write } from './write.ts';

/** Removes all records and the ledger of a session that exists. */
export const clear: Script = defineScript(
  write,
  check,
  /* lua */ `
if done then return answer(done) end
if not exists then return {} end
check()
call('DEL', items, positions, operations)
revision = revision + 1
gap = true
return finish()
`,
);

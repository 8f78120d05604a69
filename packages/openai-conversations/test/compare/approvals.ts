import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import type { LocalTarget } from '../support.ts';
import type { Contender } from './classes.ts';
import { outputs } from './outputs.ts';

const PROCESS = resolve(import.meta.dirname, 'processes/approve.ts');
const DEATHS = ['no', 'before the write', 'after the write'] as const;
const TYPES = ['message', 'reasoning', 'function_call', 'function_call_output', 'message'];

/** How many runs that wait for an approval end well in other processes than the one they began in. */
export async function measureApprovals(
  target: LocalTarget,
  contender: Contender,
): Promise<{ good: number; all: number }> {
  const cases = Object.keys(outputs).flatMap((output) => DEATHS.map((dies) => ({ output, dies })));
  let good = 0;
  for (const { output, dies } of cases) {
    const isGood = await endsWell(target, contender, output, dies).catch(() => false);
    if (isGood) good += 1;
  }
  return { good, all: cases.length };
}

/** True if the tool ran once, and every item is stored once. */
async function endsWell(
  { client, server }: LocalTarget,
  { name }: Contender,
  output: string,
  dies: (typeof DEATHS)[number],
): Promise<boolean> {
  const { id } = await client.conversations.create({});
  const run = (state: string, death: string): Promise<{ calls: number; state: string }> =>
    start([name, server.baseURL, id, output, death], state);
  const asked = await run('', 'no');
  const approved = await run(asked.state, dies);
  const last = dies === 'no' ? { calls: 0 } : await run(approved.state, 'no');
  const types = server.state.stored(id).map(({ type }) => type);
  return asked.calls + approved.calls + last.calls === 1 && types.join() === TYPES.join();
}

function start(args: readonly string[], input: string): Promise<{ calls: number; state: string }> {
  return new Promise((done, fail) => {
    const options = ['--conditions=@agent-sessions/source', PROCESS, ...args];
    const child = execFile(process.execPath, options, (error, stdout) => {
      if (error) fail(error);
      else done(JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}'));
    });
    child.stdin?.end(input);
  });
}

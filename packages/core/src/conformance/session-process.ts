/**
 * The main module of a process that the suite starts: it loads what `harness.module` names, opens
 * sessions with it, and calls what it is told to.
 */
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Session } from '@openai/agents';

/** A call of a session's method; or of `open`, which has no session yet. */
export interface Call {
  readonly call: number;
  readonly session?: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What came of a call. */
export interface Answer {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

const optional = [
  'applyHistoryTransaction',
  'applyHistoryMutations',
  'replaceHistoryWithCompaction',
];

const loading = load(process.argv[2] ?? '');
// Whoever opens a session is told.
loading.catch(() => {});
let sessions: Session[] = [];

process.on('message', (message: Call) => {
  void answer(message);
});
process.on('disconnect', () => process.exit());

async function answer({ call, session, method, args }: Call): Promise<void> {
  try {
    // Calls are made at once, in the order in which they come in.
    send({ call, value: await perform(session, method, args) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    send({ call, error: { name, message } });
  }
}

async function perform(
  session: number | undefined,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  if (session !== undefined) return invoke(sessions[session], method, args);
  if (method === 'open') return open(String(args[0]));
  return method === 'close' ? closeAll() : deleteSession(String(args[0]));
}

async function open(sessionId: string): Promise<unknown> {
  const session = (await invoke(await loading, 'open', [sessionId])) as Session;
  sessions.push(session);
  const methods = optional.filter((name) => typeof Reflect.get(session, name) === 'function');
  return { session: sessions.length - 1, methods };
}

async function deleteSession(sessionId: string): Promise<unknown> {
  await open(sessionId);
  const store: object | undefined = Reflect.get(Object(sessions.at(-1)), 'store');
  return invoke(store, 'deleteSession', [sessionId]);
}

async function closeAll(): Promise<void> {
  const harness = await loading;
  const opened = sessions;
  sessions = [];
  if (!('close' in harness)) return;
  for (const session of opened) await invoke(harness, 'close', [session]);
}

async function invoke(
  target: object | undefined,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  if (target === undefined) throw new Error('The session was closed.');
  return Reflect.apply(Reflect.get(target, method), target, args);
}

function send(message: Answer): void {
  // Whoever asked may be gone.
  process.send?.(message, undefined, undefined, () => {});
}

/** A harness, as `harness` or by default, or a module with a function `open`. */
async function load(specifier: string): Promise<object> {
  const isPath = isAbsolute(specifier) || specifier.startsWith('.');
  const module: object = await import(isPath ? pathToFileURL(resolve(specifier)).href : specifier);
  for (const found of [Reflect.get(module, 'harness'), Reflect.get(module, 'default'), module]) {
    if (typeof found === 'object' && found !== null && 'open' in found) return found;
  }
  throw new Error(`${specifier} exports neither a harness nor a function \`open\`.`);
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, Conversations } from './contender.ts';
import { betterSqlite3, ioredis, nodePostgres } from './drivers.ts';
import { kyselyPostgres, memory, redis, sqlite } from './sessions.ts';

/** A contender whose conversations are there, or who could not be opened, and why. */
export type Opened =
  | { readonly contender: Contender; readonly conversations: Conversations }
  | { readonly name: string; readonly why: string };

/** Opens all one after the other; they close with the stack. */
export async function* openAll(
  stack: AsyncDisposableStack,
  fill: (conversations: Conversations) => Promise<void>,
): AsyncGenerator<Opened> {
  const ours = [
    memory,
    betterSqlite3('NORMAL'),
    sqlite('NORMAL'),
    betterSqlite3('FULL'),
    sqlite('FULL'),
    nodePostgres,
    kyselyPostgres,
    ioredis,
    redis,
  ];
  for (const contender of ours) yield await open(contender);
  for (const peer of ['langgraph', 'mastra']) {
    const contenders = await load(peer);
    if ('why' in contenders) yield contenders;
    else for (const contender of contenders) yield await open(contender);
  }

  async function open(contender: Contender): Promise<Opened> {
    try {
      const conversations = stack.use(await contender.open());
      await fill(conversations);
      return { contender, conversations };
    } catch (error) {
      return { name: nameOf(contender), why: messageOf(error) };
    }
  }
}

/** The contenders of a peer, unless its packages cannot be loaded here. */
async function load(peer: string): Promise<readonly Contender[] | { name: string; why: string }> {
  try {
    // Not a literal: the type check of the repository does not have the peers.
    const file = new URL(`./adapters/${peer}.ts`, import.meta.url).href;
    const { contenders }: { contenders: readonly Contender[] } = await import(file);
    return contenders;
  } catch (error) {
    return { name: peer, why: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // One that gathers others, as of a refused connection, has no message of its own.
  const message = error.message || String(Reflect.get(error, 'code') ?? error.name);
  // The report is for others, who need no paths of this machine.
  return message.replace(/ imported from .*/s, '');
}

/** How the report calls a contender: its package, with its version, and the way it is used. */
export function nameOf({ packageName, how, isOurs }: Contender): string {
  // Ours are those of this repository.
  const version = isOurs ? undefined : installedVersion(packageName);
  const name = version === undefined ? packageName : `${packageName} ${version}`;
  return how === undefined ? name : `${name}, ${how}`;
}

function installedVersion(packageName: string): string | undefined {
  const manifest = ['node_modules', '../node_modules']
    .map((folder) => join(import.meta.dirname, folder, packageName, 'package.json'))
    .find((path) => existsSync(path));
  if (manifest === undefined) return undefined;
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return version;
}

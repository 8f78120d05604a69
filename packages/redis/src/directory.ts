import type { SessionInfo } from '@agent-sessions/core';
import {
  decodeMetadata,
  type PageRequest,
  type PageStart,
  sessionKey,
  splitKey,
} from '@agent-sessions/core/backend';
import type { Connection } from './connection.ts';
import { escapeId, indexKey, sessionKeys, unescapeId } from './keys.ts';
import { scanSessions } from './scan.ts';
import { deleteSession } from './scripts/delete.ts';
import { info } from './scripts/info.ts';
import { listOwned } from './scripts/list-owned.ts';
import { setMetadata } from './scripts/set-metadata.ts';
import type { TimeLimit } from './time-limit.ts';

/** The directory of sessions: by the index of an owner, and of all owners by a scan. */
export class Directory {
  readonly #connection: Connection;
  readonly #keyPrefix: string;

  constructor(connection: Connection, keyPrefix: string) {
    this.#connection = connection;
    this.#keyPrefix = keyPrefix;
  }

  /** Newest activity first; one session more than the limit, if there is one. */
  list(request: PageRequest, limit: TimeLimit): Promise<SessionInfo[]> {
    const { owner } = request;
    if (owner === undefined || owner === '') return this.#listScanned(request, limit);
    return this.#take(request, limit, (after, wanted) =>
      this.#listed({ owner, prefix: request.prefix, after, wanted, limit }),
    );
  }

  async get(key: string, limit: TimeLimit): Promise<SessionInfo | undefined> {
    const keys = sessionKeys(this.#keyPrefix, key);
    const found = await this.#connection.run(info, keys, [], limit);
    const [created, updated, metadata, itemCount] = found;
    if (created === undefined) return undefined;
    return {
      ...splitKey(key),
      createdAt: new Date(Number(created)),
      updatedAt: new Date(Number(updated)),
      itemCount: Number(itemCount),
      ...decodeMetadata(metadata as string | null),
    };
  }

  async setMetadata(key: string, metadata: string | null, limit: TimeLimit): Promise<void> {
    await this.#connection.write(setMetadata, key, [metadata ?? ''], { limit });
  }

  async delete(key: string, limit: TimeLimit): Promise<boolean> {
    const [revision] = await this.#connection.write(deleteSession, key, [], { limit });
    return revision !== undefined;
  }

  /**
   * Every page scans the keys of all masters and asks each session when it was last written. An index
   * would be one key, on one node, which no script could change together with a session in a cluster.
   */
  async #listScanned(request: PageRequest, limit: TimeLimit): Promise<SessionInfo[]> {
    const found = await this.#connection.read(limit, (client) =>
      scanSessions(client, this.#keyPrefix, request),
    );
    const rows = found.sort(newestFirst);
    return this.#take(request, limit, async (after, wanted) => {
      const start = after && rows.findIndex((row) => newestFirst(after, row) < 0);
      if (start === -1) return [];
      return rows.slice(start ?? 0, (start ?? 0) + wanted);
    });
  }

  /** Sessions in the index of an owner. */
  async #listed({ owner, prefix, after, wanted, limit }: IndexQuery): Promise<PageStart[]> {
    const previous = after && [after.updatedAt, escapeId(splitKey(after.key).sessionId)];
    const args = [escapeId(prefix), wanted, ...(previous ?? [])];
    const keys = [indexKey(this.#keyPrefix, owner)];
    const reply = await this.#connection.run(listOwned, keys, args, limit);
    return Array.from({ length: reply.length / 2 }, (_, index) => ({
      key: sessionKey(owner, unescapeId(String(reply[2 * index]))),
      updatedAt: Number(reply[2 * index + 1]),
    }));
  }

  /** Describes sessions in the order that `next` gives, until there are enough that still exist. */
  async #take(
    { limit, after }: PageRequest,
    time: TimeLimit,
    next: (after: PageStart | undefined, wanted: number) => Promise<PageStart[]>,
  ): Promise<SessionInfo[]> {
    const sessions: SessionInfo[] = [];
    let last = after;
    for (;;) {
      const wanted = limit + 1 - sessions.length;
      const rows = await next(last, wanted);
      const infos = await Promise.all(rows.map((row) => this.#describe(row, time)));
      sessions.push(...infos.filter((info) => info !== undefined));
      last = rows.at(-1);
      if (rows.length < wanted || sessions.length > limit) return sessions;
    }
  }

  /** The time of the list stays, for the next page starts behind it. */
  async #describe(
    { key, updatedAt }: PageStart,
    limit: TimeLimit,
  ): Promise<SessionInfo | undefined> {
    const session = await this.get(key, limit);
    return session && { ...session, updatedAt: new Date(updatedAt) };
  }
}

/** What to read of the index of an owner. */
interface IndexQuery {
  readonly owner: string;
  readonly prefix: string;
  readonly after: PageStart | undefined;
  readonly wanted: number;
  readonly limit: TimeLimit;
}

function newestFirst(a: PageStart, b: PageStart): number {
  return b.updatedAt - a.updatedAt || (a.key < b.key ? -1 : 1);
}

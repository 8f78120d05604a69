import type { SessionInfo } from '@agent-sessions/core';
import { decodeMetadata, type PageRequest } from '@agent-sessions/core/backend';
import type { Connection } from './connection.ts';
import { sessionKeys } from './keys.ts';
import { type Activity, scanSessions } from './scan.ts';
import { deleteSession } from './scripts/delete.ts';
import { info } from './scripts/info.ts';
import { setMetadata } from './scripts/set-metadata.ts';

/** The directory of sessions: what can be known without an index. */
export class Directory {
  readonly #connection: Connection;
  readonly #keyPrefix: string;

  constructor(connection: Connection, keyPrefix: string) {
    this.#connection = connection;
    this.#keyPrefix = keyPrefix;
  }

  /**
   * Newest activity first, then by id; one session more than the limit, if there is one.
   *
   * Every page scans the keys of all masters and asks each session when it was last written. An index
   * would be one key, on one node, which no script could change together with a session in a cluster.
   */
  async list({ prefix, limit, after }: PageRequest): Promise<SessionInfo[]> {
    const start = after && { sessionId: after.sessionId, updatedAt: new Date(after.updatedAt) };
    const found = await this.#connection.attempt(() =>
      scanSessions(this.#connection, this.#keyPrefix, prefix),
    );
    const rows = found
      .filter((row) => start === undefined || newestFirst(start, row) < 0)
      .sort(newestFirst);
    const sessions: SessionInfo[] = [];
    // Again only if a session was deleted since it was found.
    while (rows.length > 0 && sessions.length <= limit) {
      const next = rows.splice(0, limit + 1 - sessions.length);
      const infos = await Promise.all(next.map((row) => this.#describe(row)));
      sessions.push(...infos.filter((info) => info !== undefined));
    }
    return sessions;
  }

  async get(id: string): Promise<SessionInfo | undefined> {
    const keys = sessionKeys(this.#keyPrefix, id);
    const [created, updated, metadata, itemCount] = await this.#connection.run(info, keys, []);
    if (created === undefined) return undefined;
    return {
      sessionId: id,
      createdAt: new Date(Number(created)),
      updatedAt: new Date(Number(updated)),
      itemCount: Number(itemCount),
      ...decodeMetadata(metadata as string | null),
    };
  }

  async setMetadata(id: string, metadata: string | null): Promise<void> {
    const keys = sessionKeys(this.#keyPrefix, id);
    await this.#connection.write(setMetadata, keys, [metadata ?? '']);
  }

  async delete(id: string): Promise<boolean> {
    const keys = sessionKeys(this.#keyPrefix, id);
    const [revision] = await this.#connection.write(deleteSession, keys, []);
    return revision !== undefined;
  }

  /** The time of the scan stays, for the next page starts behind it. */
  async #describe({ sessionId, updatedAt }: Activity): Promise<SessionInfo | undefined> {
    const session = await this.get(sessionId);
    return session && { ...session, updatedAt };
  }
}

function newestFirst(a: Activity, b: Activity): number {
  return b.updatedAt.getTime() - a.updatedAt.getTime() || (a.sessionId < b.sessionId ? -1 : 1);
}

import type { Redis } from 'ioredis';

/** Deletes every key that starts so. */
export async function emptyKeys(client: Redis, prefix: string): Promise<void> {
  for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if (keys.length > 0) await client.unlink(...keys);
  }
}

/** All keys that contain this text, in order. */
export async function keysWith(client: Redis, text: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const some of client.scanStream({ match: `*${text}*`, count: 1000 }))
    keys.push(...some);
  return keys.sort();
}

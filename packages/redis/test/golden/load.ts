import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';

/** What the keys in a golden file start with. */
export const GOLDEN_PREFIX = 'golden:';

/** Runs the commands of a golden file, one a line, with another prefix before each key. */
export async function loadGolden(redis: Redis, file: string, keyPrefix: string): Promise<void> {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8')
    .trim()
    .split('\n');
  for (const line of lines) {
    const [command, key, ...values]: string[] = JSON.parse(line);
    await redis.call(command ?? '', `${keyPrefix}${key?.slice(GOLDEN_PREFIX.length)}`, ...values);
  }
}

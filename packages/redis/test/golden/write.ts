/**
 * Writes `version-1.txt`: sessions as this version keeps them, as the commands that make their keys. Run
 * it by hand, and only to add a file for a new version: what is there must open for ever.
 *
 *     node --conditions=@agent-sessions/source packages/redis/test/golden/write.ts redis://localhost:6379
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { user, users } from '../support/items.ts';
import { emptyKeys, keysWith } from '../support/keys.ts';
import { GOLDEN_PREFIX } from './load.ts';

const [url = ''] = process.argv.slice(2);
const redis = new Redis(url);
await emptyKeys(redis, GOLDEN_PREFIX);
const store = new RedisSessionStore({ redis, keyPrefix: GOLDEN_PREFIX });

await store.session('plain').addItems([user('Grüße'), user('\u0000 {"$bytes":1} %7B')]);
await store.session('a}:{b').addItems([user('escaped')]);
const ofAlice = store.forOwner('alice {1}');
await ofAlice.session('plain').addItems([user('hers')]);
await ofAlice.setMetadata('empty', { title: 'Not begun' });
await store.session('metadata').addItems([user('noted')]);
await store.setMetadata('metadata', { title: 'Notes', tags: ['a', 'b'] });
await store.session('operation').applyHistoryTransaction({
  operationId: 'op-1',
  transaction: { type: 'append_items', items: [user('once')] },
});
const gap = store.session('gap');
await gap.addItems(users('item', 4));
await gap.popItem();
await gap.popItem();
await gap.addItems([user('after the gap')]);
await store.session('cleared').addItems([user('gone')]);
await store.session('cleared').clearSession();
const compacted = store.session('compacted');
await compacted.addItems(users('item', 3));
await compacted.replaceHistoryWithCompaction([{ type: 'compaction', encrypted_content: 'all' }]);
await store.session('deleted').addItems([user('gone')]);
await store.deleteSession('deleted');

const lines: string[][] = [];
for (const key of await keysWith(redis, GOLDEN_PREFIX)) {
  const type = await redis.type(key);
  if (type === 'hash') {
    lines.push(['HSET', key, ...Object.entries(await redis.hgetall(key)).flat()]);
  } else if (type === 'list') {
    lines.push(['RPUSH', key, ...(await redis.lrange(key, 0, -1))]);
  } else {
    const members = await redis.zrange(key, '0', '-1', 'WITHSCORES');
    const pairs = members.flatMap((member, index) =>
      index % 2 === 0 ? [members[index + 1] ?? '', member] : [],
    );
    lines.push(['ZADD', key, ...pairs]);
  }
}
const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
writeFileSync(join(import.meta.dirname, 'version-1.txt'), text);
await emptyKeys(redis, GOLDEN_PREFIX);
redis.disconnect();

import { createHash, randomBytes } from 'node:crypto';
import { MemorySessionStore } from '@agent-sessions/core';
import {
  EncryptedSession,
  type EncryptedSessionOptions,
  type KeyProvider,
} from '@agent-sessions/encrypted';
import { describe, expect, test } from 'vitest';
import { KeyCache } from '../src/keys/key-cache.ts';
import { type ProvidedKey, ProviderSource } from '../src/keys/key-provider.ts';
import { KEY, NEW_KEY, OTHER_KEY } from './support/keys.ts';
import { recordsOf, user } from './support/records.ts';

const invalid = expect.objectContaining({ code: 'invalid_options' });

/** Options as plain JavaScript may pass them. */
function openWith(options: Readonly<Record<string, unknown>>, store = new MemorySessionStore()) {
  const session = store.session('s');
  return new EncryptedSession({ session, ...options } as EncryptedSessionOptions<typeof session>);
}

describe('key', () => {
  test.each([
    ['raw', KEY],
    ['a Buffer', Buffer.from(KEY)],
    ['hexadecimal', Buffer.from(KEY).toString('hex')],
    ['hexadecimal in capitals', Buffer.alloc(32, 0xab).toString('hex').toUpperCase()],
    ['base64', Buffer.from(KEY).toString('base64')],
  ])('takes 32 bytes, %s', async (_, key) => {
    const session = openWith({ key });
    await session.addItems([user('hello')]);
    expect(await session.getItems()).toEqual([user('hello')]);
  });

  test('is the same key in each notation', async () => {
    const store = new MemorySessionStore();
    const key = randomBytes(32);
    await openWith({ key }, store).addItems([user('hello')]);
    for (const text of [key.toString('hex'), key.toString('base64')]) {
      expect(await openWith({ key: text }, store).getItems()).toEqual([user('hello')]);
    }
  });

  test('is copied: the caller may overwrite it', async () => {
    const key = Uint8Array.from(KEY);
    const session = openWith({ key });
    key.fill(0);
    await session.addItems([user('hello')]);
    expect(await session.getItems()).toEqual([user('hello')]);
  });

  test.each([
    ['31 bytes', KEY.slice(1)],
    ['33 bytes', new Uint8Array(33)],
    ['16 bytes', new Uint8Array(16)],
    ['nothing', new Uint8Array()],
    ['64 bytes of base64', Buffer.alloc(64).toString('base64')],
    ['base64 without padding', Buffer.from(KEY).toString('base64').replace('=', '')],
    ['base64 with a line end', `${Buffer.from(KEY).toString('base64')}\n`],
    ['62 hexadecimal digits', 'ab'.repeat(31)],
    ['a word', 'your-secret-key'],
    ['32 characters', 'x'.repeat(32)],
    ['an empty string', ''],
    ['a number', 1],
    ['null', null],
    ['an ArrayBuffer', new ArrayBuffer(32)],
  ])('is refused if it is %s, and not shown', (_, key) => {
    expect(() => openWith({ key })).toThrow(invalid);
    expect(() => openWith({ key })).not.toThrow(String(key) || 'never');
  });
});

describe('the options', () => {
  const source = () => ({ kid: 'k', key: KEY });

  test.each([
    ['none', {}],
    ['key and passphrase', { key: KEY, passphrase: 'word' }],
    ['key and keys', { key: KEY, keys: { current: 'a', ring: { a: KEY } } }],
    ['keys and keyProvider', { keys: { current: 'a', ring: { a: KEY } }, keyProvider: source }],
  ])('are refused with %s of the ways to give a key', (_, options) => {
    expect(() => openWith(options)).toThrow(invalid);
  });

  test.each([
    ['null', null],
    ['a string', 'session'],
    ['an object without methods', {}],
  ])('are refused with %s for a session', (_, session) => {
    expect(() => openWith({ session, key: KEY })).toThrow(invalid);
  });
});

describe('keys', () => {
  test.each([
    ['no ring', { current: 'a' }],
    ['no current id', { ring: { a: KEY } }],
    ['a current id that is not on the ring', { current: 'b', ring: { a: KEY } }],
    ['an inherited name as current id', { current: 'toString', ring: { a: KEY } }],
    ['an empty id', { current: '', ring: { '': KEY } }],
    ['an id with a quote', { current: 'a', ring: { a: KEY, 'b"': KEY } }],
    ['an id with a space', { current: 'a', ring: { a: KEY, 'b c': KEY } }],
    ['an id outside ASCII', { current: 'é', ring: { é: KEY } }],
    ['an id of 513 characters', { current: 'a', ring: { a: KEY, ['x'.repeat(513)]: KEY } }],
    ['a bad key that is not current', { current: 'a', ring: { a: KEY, b: 'short' } }],
    ['an empty passphrase', { current: 'a', ring: { a: { passphrase: '' } } }],
    ['a current key for the ledger', { current: 'a', ring: { a: { key: KEY, use: 'ledger' } } }],
    ['another use', { current: 'a', ring: { a: KEY, b: { key: KEY, use: 'read' } } }],
    ['a key and a passphrase in one', { current: 'a', ring: { a: { key: KEY, passphrase: 'x' } } }],
    [
      'a name that a key does not have',
      { current: 'a', ring: { a: { key: KEY, uses: 'ledger' } } },
    ],
    ['nothing at all', null],
  ])('are refused with %s', (_, keys) => {
    expect(() => openWith({ keys })).toThrow(invalid);
  });

  test('may have ids such as those of a key management service', async () => {
    const kid = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const session = openWith({ keys: { current: kid, ring: { [kid]: KEY } } });
    await session.addItems([user('hello')]);
    expect(await session.getItems()).toEqual([user('hello')]);
  });

  test('that are the same under two ids seal and open under either', async () => {
    const session = openWith({ keys: { current: 'b', ring: { a: KEY, b: KEY } } });
    await session.addItems([user('hello')]);
    expect(await session.rotate()).toBe(0);
    expect(await session.getItems()).toEqual([user('hello')]);
  });
});

describe('each session', () => {
  test('has a key of its own, and each record its own vector', async () => {
    const store = new MemorySessionStore();
    for (const id of ['a', 'b']) {
      const session = new EncryptedSession({ session: store.session(id), key: KEY });
      await session.addItems([user('same'), user('same')]);
      await session.addItems([user('same')]);
    }
    const records = [...(await recordsOf(store, 'a')), ...(await recordsOf(store, 'b'))];
    const envelopes = records.map((record) => JSON.parse(record));
    expect(new Set(envelopes.map(({ iv }) => iv)).size).toBe(6);
    expect(new Set(envelopes.map(({ ct }) => ct.slice(0, 20))).size).toBe(6);
  });
});

describe('keyProvider', () => {
  /** A key management service that counts its calls. */
  function service(keys: Readonly<Record<string, Uint8Array>>, current: string) {
    const asked: (string | undefined)[] = [];
    const provider: KeyProvider = async (kid) => {
      asked.push(kid);
      const key = keys[kid ?? current];
      return key && { kid: kid ?? current, key };
    };
    return { asked, provider };
  }

  test('gives the key to seal with when it is called without an id, and others by id', async () => {
    const store = new MemorySessionStore();
    await openWith({ keys: { current: 'old', ring: { old: KEY } } }, store).addItems([user('one')]);
    const { asked, provider } = service({ old: KEY, new: NEW_KEY }, 'new');
    const session = openWith({ keyProvider: provider }, store);
    await session.addItems([user('two')]);
    expect(await session.getItems()).toEqual([user('one'), user('two')]);
    expect(asked).toEqual(['old', undefined, 'new']);
    expect(await session.rotate()).toBe(1);
  });

  test('that does not answer makes the key unavailable in time, and is asked again by the next call', async () => {
    const answers: Promise<ProvidedKey>[] = [
      new Promise(() => {}),
      Promise.resolve({ kid: 'k', key: KEY }),
    ];
    const source = new ProviderSource(() => answers.shift(), 50);
    await expect(source.current()).rejects.toMatchObject({
      code: 'key_unavailable',
      cause: expect.objectContaining({ message: 'no answer within 50 ms' }),
    });
    expect((await source.current()).kid).toBe('k');
  });

  test('is asked once for each key, however many sessions and calls there are', async () => {
    const { asked, provider } = service({ k: KEY }, 'k');
    const store = new MemorySessionStore();
    await Promise.all(
      Array.from({ length: 20 }, async (_, number) => {
        const session = new EncryptedSession({
          session: store.session(`s-${number % 4}`),
          keyProvider: provider,
        });
        await session.addItems([user('x')]);
        await session.getItems();
      }),
    );
    expect(asked.sort()).toEqual(['k', undefined]);
  });

  test('may answer without a promise', async () => {
    const session = openWith({ keyProvider: () => ({ kid: 'k', key: KEY }) });
    await session.addItems([user('x')]);
    expect(await session.getItems()).toEqual([user('x')]);
  });

  test('that fails is asked again by the next call', async () => {
    const outage = new Error('the service is down');
    let isDown = true;
    const session = openWith({
      keyProvider: async () => {
        if (isDown) throw outage;
        return { kid: 'k', key: KEY };
      },
    });
    await expect(session.addItems([user('x')])).rejects.toMatchObject({
      code: 'key_unavailable',
      cause: outage,
    });
    isDown = false;
    await session.addItems([user('x')]);
    expect(await session.getItems()).toEqual([user('x')]);
  });

  test('that does not know a key makes the call reject, and is asked again', async () => {
    const store = new MemorySessionStore();
    await openWith({ keys: { current: 'old', ring: { old: KEY } } }, store).addItems([user('one')]);
    const keys: Record<string, Uint8Array> = { new: NEW_KEY };
    const { provider } = service(keys, 'new');
    const session = openWith({ keyProvider: provider }, store);
    await expect(session.getItems()).rejects.toMatchObject({ code: 'key_unavailable' });
    keys.old = KEY;
    expect(await session.getItems()).toEqual([user('one')]);
  });

  test('that gives null, as much code does for nothing, does not know the key', async () => {
    const keyProvider = (() => null) as unknown as KeyProvider;
    await expect(openWith({ keyProvider }).addItems([user('x')])).rejects.toMatchObject({
      code: 'key_unavailable',
    });
  });

  test.each([
    ['a short key', { kid: 'k', key: new Uint8Array(16) }],
    ['no key', { kid: 'k' }],
    ['a bad id', { kid: 'a b', key: KEY }],
  ])('that gives %s makes the call reject', async (_, provided) => {
    const session = openWith({ keyProvider: () => provided });
    await expect(session.addItems([user('x')])).rejects.toThrow(invalid);
  });

  test('that gives another key than it was asked for makes the call reject', async () => {
    const store = new MemorySessionStore();
    await openWith({ key: KEY }, store).addItems([user('x')]);
    const session = openWith({ keyProvider: () => ({ kid: 'other', key: OTHER_KEY }) }, store);
    await expect(session.getItems()).rejects.toThrow(invalid);
  });
});

describe('the cache of keys', () => {
  const load = (loads: string[], id: string) => async () => {
    loads.push(id);
    return id;
  };

  test('keeps no more than its bound, and of those the ones used last', async () => {
    const loads: string[] = [];
    const cache = new KeyCache<string>({ maxEntries: 2 });
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(id, load(loads, id));
    expect(loads).toEqual(['a', 'b', 'c', 'b']);
  });

  test('forgets what is older than its bound, also if it is used', async () => {
    const loads: string[] = [];
    let now = 0;
    const cache = new KeyCache<string>({ maxEntries: 2, maxAgeMs: 100, now: () => now });
    for (now of [0, 60, 99, 100, 199, 200]) await cache.get('a', load(loads, `at ${now}`));
    expect(loads).toEqual(['at 0', 'at 100', 'at 200']);
  });
});

describe('passphrase', () => {
  test('opens what it sealed; another one, and a key that is its hash, do not', async () => {
    const store = new MemorySessionStore();
    const passphrase = 'correct horse battery staple';
    await openWith({ passphrase }, store).addItems([user('hello')]);
    expect(await openWith({ passphrase }, store).getItems()).toEqual([user('hello')]);
    const wrong = openWith({ passphrase: `${passphrase} ` }, store);
    await expect(wrong.getItems()).rejects.toMatchObject({ code: 'decryption_failed' });
    const hash = createHash('sha256').update(passphrase).digest();
    const bare = openWith({ keys: { current: 'passphrase', ring: { passphrase: hash } } }, store);
    await expect(bare.getItems()).rejects.toMatchObject({ code: 'decryption_failed' });
  });

  test('is derived once for all session objects, and lets the event loop turn meanwhile', async () => {
    const store = new MemorySessionStore();
    const passphrase = 'derived once';
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    await openWith({ passphrase }, store).addItems([user('hello')]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
    const start = process.cpuUsage();
    for (let count = 0; count < 20; count += 1) await openWith({ passphrase }, store).getItems();
    const { user: micros } = process.cpuUsage(start);
    expect(micros).toBeLessThan(200_000);
  });

  test('can be replaced by a key through a ring', async () => {
    const store = new MemorySessionStore();
    const passphrase = 'outgrown';
    await openWith({ passphrase }, store).addItems([user('hello')]);
    const ring = { passphrase: { passphrase }, key: KEY };
    expect(await openWith({ keys: { current: 'key', ring } }, store).rotate()).toBe(1);
    expect(await openWith({ key: KEY }, store).getItems()).toEqual([user('hello')]);
  });

  test.each(['', '\ud800', 1, null])('%j is refused', (passphrase) => {
    expect(() => openWith({ passphrase })).toThrow(invalid);
  });
});

import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { MemorySession, type Session } from '@openai/agents';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  copySession,
  exportSession,
  importSession,
  MemorySessionStore,
  SessionError,
} from '../src/index.ts';
import { assistant, call, carrying, result, user } from './items.ts';

const history = [
  user('Grüße 😀 \u2028\u2029 "quoted"\nsecond line \0 \ud800'),
  call('c', '{"a":"\\n"}'),
  result('c'),
  carrying({ bytes: Uint8Array.of(0, 255), $bytes: 'AAAA', nested: [{ deep: new Uint8Array(0) }] }),
  carrying(JSON.parse('{ "__proto__": 1 }')),
  assistant('Done.'),
];

function numbered(count: number): ReturnType<typeof user>[] {
  return Array.from({ length: count }, (_, index) => user(`item ${index}`));
}

async function sessionWith(items: ReturnType<typeof user>[]): Promise<Session> {
  const session = new MemorySessionStore().session('from');
  await session.addItems(items);
  return session;
}

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

async function exportOf(items: ReturnType<typeof user>[]): Promise<string> {
  return (await linesOf(exportSession(await sessionWith(items)))).join('');
}

describe('an export', () => {
  test('is JSON Lines: a header, one item a line, the number of items', async () => {
    expect(await exportOf([user('1'), carrying({ bytes: Uint8Array.of(1) })])).toBe(
      [
        '{"agentSessions":1,"sessionId":"from"}',
        '{"item":{"type":"message","role":"user","content":"1"}}',
        '{"item":{"type":"message","role":"user","content":"carries data","providerData":{"bytes":{"$bytes":"AQ=="}}}}',
        '{"items":2}',
        '',
      ].join('\n'),
    );
  });

  test('of an empty session has a header and a count', async () => {
    expect(await exportOf([])).toBe('{"agentSessions":1,"sessionId":"from"}\n{"items":0}\n');
  });

  test('shows the history at one moment, whatever is written meanwhile', async () => {
    const session = await sessionWith(numbered(3));
    const lines = exportSession(session);
    await lines.next();
    await session.addItems([user('later')]);
    await session.popItem();
    expect((await linesOf(lines)).at(-1)).toBe('{"items":3}\n');
  });

  test.each([
    [0, []],
    [3, [3]],
    [200, [200]],
    [450, [200, 400, 450]],
  ])('of %d items tells its progress after each batch', async (count, expected) => {
    const seen: number[] = [];
    const session = await sessionWith(numbered(count));
    await linesOf(exportSession(session, { onProgress: ({ items }) => seen.push(items) }));
    expect(seen).toEqual(expected);
  });
});

describe('an import', () => {
  test('gives the same history, and tells where it comes from', async () => {
    const target = new MemorySessionStore().session('to');
    const done = await importSession(target, exportSession(await sessionWith(history)));
    expect(done).toEqual({ items: history.length, sessionId: 'from' });
    expect(await target.getItems()).toStrictEqual(history);
  });

  test.each([1, 2, 3, 7, 64])('takes bytes that are cut after every %d bytes', async (size) => {
    const bytes = Buffer.from(await exportOf(history));
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    const target = new MemorySessionStore().session();
    await importSession(target, chunks);
    expect(await target.getItems()).toStrictEqual(history);
  });

  test('takes a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'transfer-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'conversation.jsonl');
    await writeFile(path, await exportOf(history));
    const target = new MemorySessionStore().session();
    await importSession(target, createReadStream(path));
    expect(await target.getItems()).toStrictEqual(history);
  });

  test('takes text without a last line break, and with line breaks of Windows', async () => {
    const text = await exportOf(history);
    for (const variant of [text.trimEnd(), text.replaceAll('\n', '\r\n')]) {
      const target = new MemorySessionStore().session();
      await importSession(target, [variant]);
      expect(await target.getItems()).toStrictEqual(history);
    }
  });

  test('writes batches of 200 items and tells its progress after each', async () => {
    const batches: number[] = [];
    class CountingSession extends MemorySession {
      override addItems(items: Parameters<Session['addItems']>[0]): Promise<void> {
        batches.push(items.length);
        return super.addItems(items);
      }
    }
    const seen: number[] = [];
    const target = new CountingSession();
    await importSession(target, [await exportOf(numbered(450))], {
      onProgress: ({ items }) => seen.push(items),
    });
    expect(batches).toEqual([200, 200, 50]);
    expect(seen).toEqual([200, 400, 450]);
    expect(await target.getItems()).toEqual(numbered(450));
  });
});

describe('a damaged export is refused', () => {
  const header = '{"agentSessions":1,"sessionId":"from"}';
  const item = '{"item":{"role":"user","content":"a secret"}}';

  test.each([
    ['nothing at all', [], 'line 1 is not a JSON object'],
    ['another file', ['# a secret'], 'line 1 is not a JSON object'],
    ['a newer version', ['{"agentSessions":2,"sessionId":"x"}'], 'line 1 is not the header'],
    ['no header', [item, '{"items":1}'], 'line 1 is not the header'],
    ['cut off behind the header', [header], 'cut off or edited after item 0'],
    ['cut off behind an item', [header, item], 'cut off or edited after item 1'],
    ['cut off in an item', [header, item, item.slice(0, 30)], 'line 3 is not a JSON object'],
    ['an item less than announced', [header, item, '{"items":2}'], 'after item 1'],
    ['an item more than announced', [header, item, item, '{"items":1}'], 'after item 2'],
    ['lines behind the end', [header, '{"items":0}', item], 'line 3 follows the closing line'],
    ['two exports in one file', [header, '{"items":0}', header], 'line 3 follows the closing line'],
    ['an empty line', [header, '', item, '{"items":1}'], 'line 2 is not a JSON object'],
    ['a line of something else', [header, '{"thing":1}', '{"items":0}'], 'line 2 has no item'],
    ['a string for an item', [header, '{"item":"a secret"}', '{"items":1}'], 'line 2 has no item'],
    ['a list for an item', [header, '{"item":["a secret"]}', '{"items":1}'], 'line 2 has no item'],
    [
      'bytes for an item',
      [header, '{"item":{"$bytes":"AAAA"}}', '{"items":1}'],
      'line 2 has no item',
    ],
    ['a count that is no number', [header, item, '{"items":"1"}'], 'after item 1'],
  ])('%s', async (_what, lines, problem) => {
    const target = new MemorySessionStore().session();
    const error: unknown = await importSession(target, [lines.join('\n')]).catch(
      (reason) => reason,
    );
    expect(error).toMatchObject({
      code: 'invalid_transfer',
      message: expect.stringContaining(problem),
    });
    expect(String(error)).not.toContain('secret');
    expect(await target.getItems()).toEqual([]);
  });

  test.each([
    [
      'a character',
      (bytes: Buffer) => bytes.fill(0xff, bytes.indexOf('ü'), bytes.indexOf('ü') + 1),
    ],
    ['the end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0xc3)])],
  ])('bytes that are not UTF-8, in %s', async (_where, damage) => {
    const target = new MemorySessionStore().session();
    const bytes = damage(Buffer.from(await exportOf([user('Grüße')])));
    await expect(importSession(target, [bytes])).rejects.toMatchObject({
      code: 'invalid_transfer',
      message: expect.stringContaining('not UTF-8'),
    });
    expect(await target.getItems()).toEqual([]);
  });

  test('leaving the whole batches before the damage, which onProgress told of', async () => {
    const text = await exportOf(numbered(450));
    const target = new MemorySessionStore().session();
    const seen: number[] = [];
    const cut = text.slice(0, text.indexOf('item 420'));
    await expect(
      importSession(target, [cut], { onProgress: ({ items }) => seen.push(items) }),
    ).rejects.toMatchObject({ code: 'invalid_transfer' });
    expect(seen).toEqual([200, 400]);
    expect(await target.getItems()).toEqual(numbered(400));
  });
});

describe('the source of an import is closed', () => {
  async function isClosedAfter(lines: string[], target: Session): Promise<boolean> {
    let closed = false;
    async function* source(): AsyncGenerator<string, void, undefined> {
      try {
        for (const line of lines) yield `${line}\n`;
      } finally {
        closed = true;
      }
    }
    await importSession(target, source()).catch(() => {});
    return closed;
  }

  const header = '{"agentSessions":1,"sessionId":"from"}';

  test.each([
    ['when it was read to its end', [header, '{"items":0}']],
    ['when its header is not one', ['nonsense', 'more']],
    ['when a line is damaged', [header, 'nonsense', 'more']],
  ])('%s', async (_when, lines) => {
    expect(await isClosedAfter(lines, new MemorySession())).toBe(true);
  });

  test('when the target holds items', async () => {
    const target = await sessionWith([user('there')]);
    expect(await isClosedAfter([header, '{"items":0}'], target)).toBe(true);
    expect(await target.getItems()).toEqual([user('there')]);
  });

  test('when the target cannot be written', async () => {
    class FailingSession extends MemorySession {
      override async addItems(): Promise<void> {
        throw new Error('disk full');
      }
    }
    const lines = [header, ...Array.from({ length: 300 }, () => '{"item":{}}'), '{"items":300}'];
    expect(await isClosedAfter(lines, new FailingSession())).toBe(true);
  });
});

describe('a source that fails', () => {
  test.each(['at once', 'while the target is asked'])('%s fails the import', async (moment) => {
    const source = new PassThrough();
    const fail = (): void => {
      source.destroy(new Error('gone'));
    };
    class SlowSession extends MemorySession {
      override async getItems(): ReturnType<MemorySession['getItems']> {
        fail();
        // `once` of node:events would listen for the error, too.
        await new Promise((resolve) => source.once('close', resolve));
        return [];
      }
    }
    if (moment === 'at once') fail();
    else source.write('{"agentSessions":1,"sessionId":"from"}\n');
    await expect(importSession(new SlowSession(), source)).rejects.toThrow('gone');
  });
});

describe.each([
  [
    'importSession',
    async (to: Session, options?: { ifNotEmpty?: 'append' }) => {
      await importSession(to, exportSession(await sessionWith(numbered(2))), options);
    },
  ],
  [
    'copySession',
    async (to: Session, options?: { ifNotEmpty?: 'append' }) => {
      await copySession(await sessionWith(numbered(2)), to, options);
    },
  ],
])('%s into a session that holds items', (_name, transfer) => {
  test('is refused, so that doing it twice does not double the history', async () => {
    const target = new MemorySessionStore().session();
    await transfer(target);
    await expect(transfer(target)).rejects.toMatchObject({ code: 'conflict' });
    expect(await target.getItems()).toEqual(numbered(2));
  });

  test('appends if told to', async () => {
    const target = await sessionWith([user('there')]);
    await transfer(target, { ifNotEmpty: 'append' });
    expect(await target.getItems()).toEqual([user('there'), ...numbered(2)]);
  });
});

describe('a batch that is too large for the target', () => {
  /** Takes writes of at most so many characters. */
  class SmallSession extends MemorySession {
    override async addItems(items: ReturnType<typeof user>[]): Promise<void> {
      if (JSON.stringify(items).length > 2000)
        throw new SessionError('item_too_large', 'too large');
      await super.addItems(items);
    }
  }

  test('is written in parts, and onProgress is told of each', async () => {
    const items = numbered(50).map((item, index) =>
      carrying({ item, text: 'x'.repeat(index * 10) }),
    );
    const target = new SmallSession();
    const seen: number[] = [];
    const progress = { onProgress: (now: { items: number }) => void seen.push(now.items) };
    expect(await copySession(await sessionWith(items), target, progress)).toBe(50);
    expect(await target.getItems()).toEqual(items);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(50);
  });

  test('is refused if one item alone is too large, behind what onProgress told of', async () => {
    const items = [...numbered(10), user('x'.repeat(3000)), ...numbered(10)];
    const target = new SmallSession();
    let told = 0;
    const onProgress = (now: { items: number }): void => {
      told = now.items;
    };
    await expect(
      copySession(await sessionWith(items), target, { onProgress }),
    ).rejects.toMatchObject({ code: 'item_too_large' });
    expect(await target.getItems()).toEqual(items.slice(0, told));
  });
});

describe('copySession', () => {
  test("copies between any two sessions, the SDK's own included", async () => {
    const memory = new MemorySession();
    const stored = new MemorySessionStore().session();
    const seen: number[] = [];
    await memory.addItems(numbered(250));

    const copied = await copySession(memory, stored, {
      onProgress: ({ items }) => seen.push(items),
    });

    expect(copied).toBe(250);
    expect(seen).toEqual([200, 250]);
    expect(await stored.getItems()).toEqual(numbered(250));
    expect(await copySession(stored, new MemorySession())).toBe(250);
  });

  test('of an empty session copies nothing', async () => {
    expect(await copySession(new MemorySession(), new MemorySession())).toBe(0);
  });
});

test('an export that an editor saved, with a byte order mark and a blank last line, is imported', async () => {
  const store = new MemorySessionStore();
  await store.session('from').addItems([{ role: 'user', content: 'Hello' }]);
  let text = '';
  for await (const line of exportSession(store.session('from'))) text += line;
  const saved = `\uFEFF${text.replaceAll('\n', '\r\n')}\r\n`;
  for (const [index, source] of [[saved], ['', saved], [Buffer.from(saved)]].entries()) {
    expect((await importSession(store.session(`to ${index}`), source)).items).toBe(1);
  }
});

test('a line longer than any string is refused as a damaged export', async () => {
  const half = 'x'.repeat(2 ** 28);
  const session = new MemorySessionStore().session('a');
  const imported = importSession(session, [half, half, half]);
  await expect(imported).rejects.toMatchObject({ code: 'invalid_transfer' });
});

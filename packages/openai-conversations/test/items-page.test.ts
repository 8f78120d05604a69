import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ours, sdks } from './compare/classes.ts';
import { measureForeign } from './compare/foreign.ts';
import { measureKinds } from './compare/kinds.ts';
import { measureLostAnswers, SERVERS } from './compare/lost-answers.ts';
import { pageOf } from './compare/page.ts';
import { measureResumes } from './compare/resumes.ts';
import { isLive, type LocalTarget, openLocal } from './support.ts';

const PAGE = resolve(import.meta.dirname, '../../../docs/conversation-items.md');
/** Every so manieth of the items of other programs, to be quick: `compare` takes more. */
const STEP = 29;

describe.skipIf(isLive)('this package and the SDK’s class', () => {
  let target: LocalTarget;
  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    target = await openLocal();
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await target[Symbol.asyncDispose]();
  });

  it('the page of items shows what was measured (UPDATE_DOCS=1 writes it)', async () => {
    const page = pageOf({
      kinds: { ours: await measureKinds(target, ours), sdks: await measureKinds(target, sdks) },
      foreign: {
        ours: await measureForeign(target, ours),
        sdks: await measureForeign(target, sdks),
      },
    });
    if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, page);
    else expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });

  it.each(Object.entries(SERVERS))(
    'every kind whose answer was lost is stored once by a server %s',
    async (_name, behavior) => {
      const { once, sent } = await measureLostAnswers(ours, behavior);
      expect(once).toBe(sent);
      expect(sent).toBeGreaterThan(100);
    },
  );

  it('a run goes on after a lost acknowledgement, whatever other programs have stored', async () => {
    const { good, all } = await measureResumes(target, ours, STEP);
    expect(good).toBe(all);
  });
});

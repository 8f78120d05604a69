import assert from 'node:assert/strict';
import type { Session } from '@openai/agents';
import { RunContext } from '@openai/agents';
import { refusalOf } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { call, user, users } from '../items.ts';
import { compactable, mutable, type OwnedDirectory, owners, transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

/** One id, and who has a session of it. */
interface Namesakes {
  readonly id: string;
  readonly root: OwnedDirectory;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly stores: ReadonlyMap<
    string,
    Pick<OwnedDirectory, 'listSessions' | 'getSession' | 'setMetadata' | 'deleteSession'>
  >;
}

/** Sessions of one id of nobody, of two owners, and of one whose name begins like the first's. */
async function namesakes(t: RuleContext): Promise<Namesakes> {
  const id = t.newId();
  const session = await t.open(id);
  const root = owners(session);
  const sessions = new Map([['', session]]);
  const stores: Map<string, typeof root> = new Map([['', root]]);
  for (const owner of [`${id}:alice`, `${id}:bob`, `${id}:alice 2`]) {
    const store = root.forOwner(owner);
    stores.set(owner, store as OwnedDirectory);
    sessions.set(owner, store.session(id));
  }
  for (const [owner, each] of sessions) await each.addItems([call('c'), user(`of ${owner}`)]);
  return { id, root, sessions, stores };
}

const itemsOf = (owner: string) => [call('c'), user(`of ${owner}`)];

/** Every method that changes something, and what the session then holds. */
const changes: Readonly<Record<string, (session: Session) => Promise<unknown>>> = {
  addItems: (session) => session.addItems(users('more', 2)),
  popItem: (session) => session.popItem(),
  clearSession: (session) => session.clearSession(),
  'applyHistoryTransaction of items': (session) =>
    apply(transactional(session), 'op', append(users('more', 1))),
  'applyHistoryTransaction of a suffix': (session) =>
    apply(transactional(session), 'op', replaceSuffix([], users('more', 1))),
  applyHistoryMutations: async (session) => {
    const mutation = {
      type: 'replace_function_call',
      callId: 'c',
      replacement: call('c', '{"n":2}'),
    } as const;
    await mutable(session).applyHistoryMutations({ mutations: [mutation] });
  },
  replaceHistoryWithCompaction: (session) =>
    compactable(session).replaceHistoryWithCompaction([user('summary')]),
};

export const ownership: readonly Rule[] = concern(
  'owners',
  (rule) => {
    rule(
      'equal ids of owners are different sessions, whatever is done to one of them',
      async (t) => {
        for (const [name, change] of Object.entries(changes)) {
          const { sessions } = await namesakes(t);
          for (const [changed, session] of sessions) {
            await change(session);
            const left = [...sessions].slice([...sessions.keys()].indexOf(changed) + 1);
            for (const [owner, other] of left)
              await t.expectHistory(other, itemsOf(owner), `${name} on that of "${changed}"`);
          }
        }
      },
    );

    rule('an operation of one owner is none of another', async (t) => {
      const { sessions } = await namesakes(t);
      for (const session of sessions.values()) {
        await apply(transactional(session), 'op', append([user('more')]));
      }
      for (const [owner, session] of sessions) {
        await t.expectHistory(session, [...itemsOf(owner), user('more')]);
      }
    });

    rule('an owner lists, describes and deletes sessions of its own and no others', async (t) => {
      const { id, sessions, stores } = await namesakes(t);
      for (const [owner, store] of stores) {
        await store.setMetadata(id, { of: owner });
      }
      for (const [owner, store] of stores) {
        const info = await store.getSession(id);
        assert.deepEqual([info?.sessionId, info?.owner], [id, owner]);
        assert.deepEqual(info?.metadata, { of: owner });
        if (owner === '') continue;
        const { sessions: listed } = await store.listSessions();
        assert.deepEqual(
          listed.map((one) => [one.sessionId, one.owner]),
          [[id, owner]],
        );
      }
      const [, alice, ...others] = [...stores];
      assert.ok(alice);
      assert.equal(await alice[1].deleteSession(id), true);
      assert.equal(await alice[1].deleteSession(id), false);
      assert.deepEqual((await alice[1].listSessions()).sessions, []);
      for (const [owner] of [['', stores] as const, ...others]) {
        await t.expectHistory(sessions.get(owner) ?? (await t.open()), itemsOf(owner));
      }
    });

    rule('the store itself lists the sessions of all owners, each with its owner', async (t) => {
      const { id, root, sessions } = await namesakes(t);
      const { sessions: listed } = await root.listSessions({ prefix: id });
      assert.deepEqual(
        listed.map(({ sessionId }) => sessionId),
        [id, id, id, id],
      );
      assert.deepEqual(listed.map(({ owner }) => owner).sort(), [...sessions.keys()].sort());
      // An id of nobody's that looks like an owner's key.
      const odd = `\u001f${id}\u001f${id}`;
      await root.session(odd).addItems([user('odd')]);
      const { sessions: odds } = await root.listSessions({ prefix: `\u001f${id}` });
      assert.deepEqual(
        odds.map(({ sessionId, owner }) => [sessionId, owner]),
        [[odd, '']],
      );
    });

    rule('the pages of an owner hold each of its sessions once', async (t) => {
      const [owner, count] = [t.newId(), t.random.between(5, 9)];
      const root = owners(await t.open());
      const store = root.forOwner(owner);
      const ids = users('', count).map(() => t.newId());
      for (const id of ids) {
        await store.session(id).addItems([user('one')]);
        await root
          .forOwner(`${owner} 2`)
          .session(id)
          .addItems([user('other')]);
      }
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listSessions({
          limit: 2,
          ...(cursor !== undefined && { cursor }),
        });
        found.push(...page.sessions.map(({ sessionId }) => sessionId));
        cursor = page.cursor;
      } while (cursor !== undefined);
      assert.deepEqual(found.sort(), ids.sort());
      const some = await store.listSessions({ prefix: ids[0] ?? '' });
      assert.deepEqual(
        some.sessions.map(({ sessionId }) => sessionId),
        ids.slice(0, 1),
      );
    });

    rule('no id of one owner names a session of another', async (t) => {
      const [owner, id] = [t.newId(), t.newId()];
      const root = owners(await t.open());
      const session = root.forOwner(owner).session(id);
      await session.addItems([user('secret')]);
      for (const separator of ['\u001f', '/', ':', '{', '}', '%', '\u0001', ' ']) {
        for (const guess of [
          `${owner}${separator}${id}`,
          `${separator}${owner}${separator}${id}`,
          `${separator}${separator}${owner}${separator}${id}`,
        ]) {
          t.expectItems(
            session,
            await (await t.open(guess)).getItems(),
            [],
            `by ${JSON.stringify(guess)}`,
          );
          const asOwner = root.forOwner(`${owner} 2`).session(guess);
          t.expectItems(
            session,
            await asOwner.getItems(),
            [],
            `by an owner's ${JSON.stringify(guess)}`,
          );
        }
        if (separator !== '\u001f') {
          const joined = root.forOwner(`${owner}${separator}`).session(id);
          t.expectItems(
            session,
            await joined.getItems(),
            [],
            `of an owner with ${JSON.stringify(separator)}`,
          );
        }
      }
    });

    rule("what is no owner is refused, and so is an owner of an owner's", async (t) => {
      const root = owners(await t.open());
      for (const bad of ['', 'a\0b', 'a\u001fb', '\ud800', 'x'.repeat(256), undefined, null, 7]) {
        const error = await refusalOf(async () => root.forOwner(bad as string), String(bad));
        if (t.has('errorCodes')) assert.equal(Reflect.get(error, 'code'), 'invalid_owner');
      }
      const longest = root.forOwner(`${'ü'.repeat(109)}${t.newId().slice(-37)}`);
      const session = longest.session('\u{1f600}'.repeat(128));
      await session.addItems([user('one')]);
      t.expectItems(session, await session.getItems(), [user('one')]);
      await longest.deleteSession('\u{1f600}'.repeat(128));
      await refusalOf(
        async () => Reflect.apply(Reflect.get(longest, 'forOwner'), longest, ['bob']),
        'an owner of an owner',
      );
    });

    rule(
      "a run on one owner's session is not told of another's deletion",
      async (t) => {
        const { id, sessions, stores } = await namesakes(t);
        const [alice, bob] = [...sessions].slice(1);
        assert.ok(alice && bob);
        const run = new RunContext();
        await Reflect.apply(alice[1].getItems, alice[1], [undefined, run]);
        await stores.get(bob[0])?.deleteSession(id);
        await Reflect.apply(alice[1].addItems, alice[1], [[user('more')], run]);
        await t.expectHistory(alice[1], [...itemsOf(alice[0]), user('more')]);
      },
      ['runContext'],
    );
  },
  ['owners', 'transactions', 'mutations', 'compaction'],
);

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLive, openTarget, type Target, texts, user, users } from './support.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target[Symbol.asyncDispose]());

/**
 * What this package relies on and OpenAI does not document. Against the local server these tests only
 * show that it plays what we suppose; with OPENAI_API_KEY they ask OpenAI.
 */
describe(`what is not documented, asked of ${isLive ? 'OpenAI' : 'the local server'}`, () => {
  it('what was created can be read at once', async () => {
    const session = target.session();
    for (let turn = 0; turn < 10; turn += 1) {
      await session.addItems([user(`turn ${turn}`)]);
      expect(texts(await session.getItems(1))).toEqual([`turn ${turn}`]);
    }
  });

  it('a create is atomic: with one item that is refused, none is added', async () => {
    const session = target.session();
    const id = await session.getSessionId();
    const items = [
      { type: 'message' as const, role: 'user' as const, content: 'fine' },
      { type: 'function_call' as const, call_id: 'x', name: 1 as never, arguments: '{}' },
    ];
    const create = target.client.conversations.items.create(id, { items });
    await expect(create).rejects.toMatchObject({ status: 400 });
    expect(await session.getItems()).toEqual([]);
  });

  it('deleting an item again answers 404', async () => {
    const session = target.session();
    await session.addItems([user('one')]);
    const id = await session.getSessionId();
    const [item] = (await target.client.conversations.items.list(id)).data;
    const remove = (): Promise<unknown> =>
      target.client.conversations.items.delete(item?.id ?? '', { conversation_id: id });
    await remove();
    await expect(remove()).rejects.toMatchObject({ status: 404 });
  });

  it('a page after a deleted item answers 400 or 404', async () => {
    const session = target.session();
    await session.addItems(users(3));
    const id = await session.getSessionId();
    const [newest] = (await target.client.conversations.items.list(id, { limit: 1 })).data;
    await session.popItem();
    const error = await target.client.conversations.items
      .list(id, { after: newest?.id ?? '' })
      .then(
        () => undefined,
        (reason) => reason,
      );
    expect([400, 404]).toContain(error?.status);
  });

  it('the id of a reasoning item is kept, that of a message is not', async () => {
    const session = target.session();
    await session.addItems([
      { ...user('one'), id: 'msg_chosen' },
      { type: 'reasoning', id: 'rs_chosen', content: [{ type: 'input_text', text: 'hm' }] },
    ]);
    const ids = (await session.getItems()).map((item) => item.id);
    expect(ids[0]).not.toBe('msg_chosen');
    expect(ids[1]).toBe('rs_chosen');
  });
});

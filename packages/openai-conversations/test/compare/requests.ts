import { openLocal, user, users } from '../support.ts';
import type { Contender } from './classes.ts';

/** What a call costs. */
export interface Cost {
  readonly call: string;
  readonly requests: number;
  /** Against a server that answers after 50 ms. */
  readonly seconds: number;
  readonly isRejected: boolean;
}

const LATENCY_MS = 50;

/** Counts the requests of each call, and the time that they take. */
export async function measureRequests({ open }: Contender): Promise<Cost[]> {
  await using target = await openLocal({ latencyMs: LATENCY_MS });
  const { client, server } = target;
  const costs: Cost[] = [];
  const measure = async (call: string, work: () => Promise<unknown>): Promise<void> => {
    const before = server.log.length;
    const start = performance.now();
    const isRejected = await work().then(
      () => false,
      () => true,
    );
    const seconds = (performance.now() - start) / 1000;
    costs.push({ call, requests: server.log.length - before, seconds, isRejected });
  };
  const conversation = async (count: number): Promise<ReturnType<Contender['open']>> => {
    const { id } = await client.conversations.create({});
    for (let start = 0; start < count; start += 20) {
      const items = users(count)
        .slice(start, start + 20)
        .map((_, index) => ({ role: 'user' as const, content: `item ${start + index}` }));
      server.state.addItems(id, { items }, []);
    }
    return open({ client, conversationId: id });
  };
  const written = await conversation(20);
  await written.getItems();
  await measure('append 4, after a read', () => written.addItems(users(4)));
  await measure('append 45, after a write', () => written.addItems(users(45)));
  const popped = await conversation(20);
  await popped.getItems();
  await measure('pop', () => popped.popItem());
  await measure('append 4, after a pop', () => popped.addItems(users(4)));
  const fresh = await conversation(20);
  await measure('append 4, new instance', () => fresh.addItems(users(4)));
  const created = open({ client });
  await measure('append 1, new conversation', () => created.addItems([user('one')]));
  const long = await conversation(1000);
  await measure('read the newest 50 of 1 000', () => long.getItems(50));
  await measure('read all 1 000', () => long.getItems());
  await measure('clear 1 000', () => long.clearSession());
  return costs;
}

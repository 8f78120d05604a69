import type { AgentInputItem, Session } from '@openai/agents';
import { type Comparison, compare } from './compare.ts';
import { history, turn } from './items.ts';

/** The raw driver calls that an adapter is held against. Any of them may be asynchronous. */
export interface Floor {
  append(items: readonly AgentInputItem[]): unknown;
  newest(limit: number): unknown;
  whole(): unknown;
  pop(): unknown;
}

/** A session and a floor with the same history, on the same backend but apart from each other. */
export interface Sides extends AsyncDisposable {
  readonly session: Session;
  readonly floor: Floor;
  /** A session over what the floor works on, to fill it. */
  readonly floorSession: Session;
}

/** An adapter to measure. */
export interface Target {
  readonly adapter: string;
  /** How many times the floor each workload may take. */
  readonly bound: number;
  /** Opens both sides, empty. */
  open(): Promise<Sides>;
}

/** For adapters that store items as they are: who waits for a model does not see microseconds. */
export const PLAIN_BOUND = 1.35;
/** How many times a cost may grow from 1 000 items to 100 000. */
const GROWTH_BOUND = 1.5;

/** How many items one write of a long history carries. */
const BATCH = 5000;

/** The four workloads of an adapter against its floor, and the growth of three of them. */
export async function benchTarget(target: Target): Promise<Comparison[]> {
  return [...(await benchAgainstFloor(target)), ...(await benchGrowth(target))];
}

async function benchAgainstFloor(target: Target): Promise<Comparison[]> {
  const items = turn(1);
  const workloads: [string, number, (sides: Sides) => [() => Promise<unknown>, () => unknown]][] = [
    [
      'append 4',
      1000,
      ({ session, floor }) => [() => session.addItems(items), () => floor.append(items)],
    ],
    [
      'newest 50 of 10 000',
      10_000,
      ({ session, floor }) => [() => session.getItems(50), () => floor.newest(50)],
    ],
    [
      'whole 20 000',
      20_000,
      ({ session, floor }) => [() => session.getItems(), () => floor.whole()],
    ],
    ['pop', 60_000, ({ session, floor }) => [() => session.popItem(), () => floor.pop()]],
  ];
  const results: Comparison[] = [];
  for (const [name, size, sidesOf] of workloads) {
    await using sides = await opened(target, size);
    const [ours, floor] = sidesOf(sides);
    results.push(await compare(target.adapter, { name, bound: target.bound, ours, floor }));
  }
  return results;
}

async function benchGrowth(target: Target): Promise<Comparison[]> {
  await using small = await opened(target, 1000);
  await using large = await opened(target, 100_000);
  const items = turn(1);
  const workloads: [string, (session: Session) => Promise<unknown>][] = [
    ['append 4', (session) => session.addItems(items)],
    ['newest 50', (session) => session.getItems(50)],
    // Of a short history nothing would be left to pop, so each pop follows an append.
    ['append 4 and pop', (session) => session.addItems(items).then(() => session.popItem())],
  ];
  const results: Comparison[] = [];
  for (const [name, work] of workloads) {
    results.push(
      await compare(target.adapter, {
        name: `${name}: 100 000 items against 1 000`,
        bound: GROWTH_BOUND,
        ours: () => work(large.session),
        floor: () => work(small.session),
      }),
    );
  }
  return results;
}

async function opened(target: Target, size: number): Promise<Sides> {
  const sides = await target.open();
  for (const session of [sides.session, sides.floorSession]) {
    for (let left = size; left > 0; left -= BATCH) {
      await session.addItems(history(Math.min(left, BATCH)));
    }
  }
  return sides;
}

import type { AgentInputItem } from '@openai/agents';
import type { Fault } from './fault.ts';
import { faulty, kinds } from './table.ts';
import { session } from './worlds.ts';

/** Sessions whose reads with a limit are decided by `read`, from the whole history. */
const limiting = (
  read: (items: AgentInputItem[], limit: number) => AgentInputItem[],
): Fault['open'] =>
  faulty(session, {
    getItems: (real) => async (limit, context) => {
      if (limit === undefined || !Number.isInteger(limit)) return real(limit, context);
      return read(await real(), limit);
    },
  });

/** Sessions that take limits which are not whole numbers for others. */
const rounding = (round: (limit: number) => number | undefined): Fault['open'] =>
  faulty(session, {
    getItems: (real) => (limit, context) =>
      real(limit === undefined ? undefined : round(limit), context),
  });

const newest = 'exactly the newest n items, oldest first';
const nothing = 'getItems(0) and a negative limit give []';
const above = 'n above the number of items gives them all';
const notWhole = 'anything else that is not a whole number';
const positive = (limit: number): number => Math.max(limit, 0);

export const limitFaults: readonly Fault[] = [
  ...kinds(limiting, {
    'a limit gives the oldest items': [newest, (all, n) => all.slice(0, positive(n))],
    'a limit gives the newest items, newest first': [
      newest,
      (all, n) => (n > 0 ? all.slice(-n).reverse() : []),
    ],
    'a limit gives one item more': [newest, (all, n) => (n > 0 ? all.slice(-n - 1) : [])],
    'the limit 0 is no limit': [nothing, (all, n) => (n < 0 ? [] : all.slice(-n))],
    'a negative limit is no limit': [
      nothing,
      (all, n) => (n === 0 ? [] : all.slice(-Math.max(n, -all.length))),
    ],
    'a limit above 1 000 is cut': [
      'an explicit limit wins over any default',
      (all, n) => (n > 0 ? all.slice(-Math.min(n, 1000)) : []),
    ],
    'a limit above the number of items gives nothing': [
      above,
      (all, n) => (n > 0 && n <= all.length ? all.slice(-n) : []),
    ],
  }),
  ...kinds(rounding, {
    'NaN is no limit': ['getItems(NaN) is refused', (n) => (Number.isNaN(n) ? undefined : n)],
    'a broken limit is rounded': [
      'getItems(1.5) is refused',
      (n) => (Number.isFinite(n) ? Math.floor(n) : n),
    ],
    'minus Infinity is a limit': [notWhole, (n) => (n === Number.NEGATIVE_INFINITY ? 0 : n)],
    'a limit below 1 is none at all': [notWhole, (n) => (n < 1 ? 0 : n)],
    'a limit may be text': [notWhole, (n) => (typeof n === 'string' ? Number(n) : n)],
    'a limit overflows 32 bits': [above, (n) => (Number.isInteger(n) ? n | 0 : n)],
  }),
];

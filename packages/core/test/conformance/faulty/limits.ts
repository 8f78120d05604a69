import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { type Fault, fault, stored } from './fault.ts';

/** A session whose reads with a limit are decided by `read`, from the whole history. */
function limiting(
  read: (items: AgentInputItem[], limit: number) => AgentInputItem[],
): Fault['open'] {
  class Limiting extends StoredSession {
    override async getItems(
      limit?: number,
      context?: RunContext<unknown>,
    ): Promise<AgentInputItem[]> {
      if (limit === undefined) return super.getItems(undefined, context);
      if (!Number.isInteger(limit)) return super.getItems(limit);
      return read(await super.getItems(), limit);
    }
  }
  return stored(Limiting);
}

/** A session that takes limits which are not whole numbers for others. */
function rounding(round: (limit: number) => number | undefined): Fault['open'] {
  class Rounding extends StoredSession {
    override getItems(limit?: number, context?: RunContext<unknown>): Promise<AgentInputItem[]> {
      return super.getItems(limit === undefined ? undefined : round(limit), context);
    }
  }
  return stored(Rounding);
}

const newest = 'exactly the newest n items, oldest first';
const positive = (limit: number): number => Math.max(limit, 0);

export const limitFaults: readonly Fault[] = [
  fault(
    'a limit gives the oldest items',
    limiting((all, n) => all.slice(0, positive(n))),
    newest,
  ),
  fault(
    'a limit gives the newest items, newest first',
    limiting((all, n) => (n > 0 ? all.slice(-n).reverse() : [])),
    newest,
  ),
  fault(
    'a limit gives one item more',
    limiting((all, n) => (n > 0 ? all.slice(-n - 1) : [])),
    newest,
  ),
  fault(
    'the limit 0 is no limit',
    limiting((all, n) => (n < 0 ? [] : all.slice(-n))),
    'getItems(0) and a negative limit give []',
  ),
  fault(
    'a negative limit is no limit',
    limiting((all, n) => (n === 0 ? [] : all.slice(-Math.max(n, -all.length)))),
    'getItems(0) and a negative limit give []',
  ),
  fault(
    'a limit above 1 000 is cut',
    limiting((all, n) => (n > 0 ? all.slice(-Math.min(n, 1000)) : [])),
    'an explicit limit wins over any default',
  ),
  fault(
    'a limit above the number of items gives nothing',
    limiting((all, n) => (n > 0 && n <= all.length ? all.slice(-n) : [])),
    'n above the number of items gives them all',
  ),
  fault(
    'NaN is no limit',
    rounding((limit) => (Number.isNaN(limit) ? undefined : limit)),
    'getItems(NaN) is refused',
  ),
  fault(
    'a broken limit is rounded',
    rounding((limit) => (Number.isFinite(limit) ? Math.floor(limit) : limit)),
    'getItems(1.5) is refused',
  ),
  fault(
    'minus Infinity is a limit',
    rounding((limit) => (limit === Number.NEGATIVE_INFINITY ? 0 : limit)),
    'anything else that is not a whole number',
  ),
  fault(
    'a limit below 1 is none at all',
    rounding((limit) => (limit < 1 ? 0 : limit)),
    'anything else that is not a whole number',
  ),
  fault(
    'a limit may be text',
    rounding((limit) => (typeof limit === 'string' ? Number(limit) : limit)),
    'anything else that is not a whole number',
  ),
  fault(
    'a limit overflows 32 bits',
    rounding((limit) => (Number.isInteger(limit) ? limit | 0 : limit)),
    'n above the number of items gives them all',
  ),
];

import type { RunUsageSource } from './run-identity.ts';
import { combine, exceeds, NOTHING, type UsageTotals } from './totals.ts';

/** What is a run's own, and what its usage object held when that was found out. */
export interface Share {
  readonly share: UsageTotals;
  /** More than the share if other runs added to the same object. */
  readonly seen: UsageTotals;
}

/** What of each usage object was given to runs, whatever the session. */
const given = new WeakMap<object, UsageTotals>();

/** What was given to each run, by its state. */
const shares = new WeakMap<object, Share>();

/**
 * What a run has used. Runs in one context, and agents that are tools, add to one usage object: what no
 * run was given yet belongs to the one that asks first, and stays its own.
 *
 * @param now - What the usage object holds.
 * @param stored - The run as it was stored, if that may have been another process.
 */
export function shareOf(
  { state }: RunUsageSource,
  now: UsageTotals,
  stored: Share | undefined,
): Share {
  const before = shares.get(state) ?? stored;
  // An object that is new here continues the one that the run had, as after it was serialized.
  const taken = given.get(state.usage) ?? before?.seen ?? NOTHING;
  const hasMore = exceeds(now, taken);
  const own = before?.share ?? NOTHING;
  const share = hasMore ? combine(own, combine(now, taken, -1), 1) : own;
  given.set(state.usage, hasMore ? now : taken);
  const result = { share, seen: now };
  shares.set(state, result);
  return result;
}

/** As the table `run_usage` keeps it. */
export function toJson({ share, seen }: Share): string {
  return JSON.stringify(exceeds(seen, share) ? { ...share, seen } : share);
}

/** What {@link toJson} made. */
export function fromJson(text: string): Share {
  const { seen, ...share } = JSON.parse(text) as UsageTotals & { readonly seen?: UsageTotals };
  return { share, seen: seen ?? share };
}

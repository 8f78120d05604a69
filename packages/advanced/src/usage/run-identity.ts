import { createHash, randomUUID } from 'node:crypto';
import type { UsageLike } from './totals.ts';

/** What `storeRunUsage` needs of a run's result; the result of `run()` has all of it. */
export interface RunUsageSource {
  /** The run's state; by it a run is known again in this process. */
  readonly state: {
    /** What the run has used so far, over all its requests. */
    readonly usage: UsageLike;
  };
  /** The run's context; by it the session knows which turn the run wrote. */
  readonly runContext?: object;
  /** The model's responses; by the first ones a run is known again in another process. */
  readonly rawResponses?: readonly {
    /** The provider's id of the response. */
    readonly responseId?: string | undefined;
    /** The items of the response. */
    readonly output: readonly unknown[];
  }[];
  /** Calls that wait for approval; the run may go on as long as there are any. */
  readonly interruptions?: readonly unknown[];
}

/** The ids of runs whose state this process knows. */
const ids = new WeakMap<object, string>();

/** The id of a run, if this process has stored its usage before, whatever the session object. */
export function knownRunId({ state }: RunUsageSource): string | undefined {
  return ids.get(state);
}

/** Gives a run the id of one that is stored, or a new one. */
export function nameRun({ state }: RunUsageSource, stored?: string): string {
  const id = stored ?? ids.get(state) ?? randomUUID();
  ids.set(state, id);
  return id;
}

/** How many responses of the model the run has had. */
export function responseCount({ rawResponses = [] }: RunUsageSource): number {
  return rawResponses.length;
}

/** True if the run waits for approval, and so may go on, also in another process. */
export function isInterrupted({ interruptions = [] }: RunUsageSource): boolean {
  return interruptions.length > 0;
}

/**
 * Tells runs apart by their first `count` responses, also when their state was serialized in between:
 * by what the serialized state keeps, the ids of responses, items and calls above all.
 */
export function fingerprintOf({ rawResponses = [] }: RunUsageSource, count: number): string {
  const responses = rawResponses
    .slice(0, count)
    .map(({ responseId, output }) => [responseId ?? null, output.map(identity)]);
  return createHash('sha256').update(JSON.stringify(responses)).digest('hex');
}

function identity(item: unknown): unknown[] {
  const {
    type,
    callId,
    name,
    arguments: args,
    content,
  } = { ...(item as object) } as Readonly<Record<string, unknown>>;
  return [type, callId, name, args, texts(content)].map((part) => part ?? null);
}

function texts(content: unknown): unknown {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : null;
  return content.map((part: { text?: unknown } | null) => part?.text ?? null);
}

import type { RunState } from '@openai/agents';
import { assertOptions, expecting, invalidOptions, optional } from './options.ts';
import { splitKey } from './session-key.ts';

/** Any agent: what the SDK's own `RunState.fromString` takes. */
export type AnyAgent = Parameters<typeof RunState.fromString>[0];

/** The class `RunState` of the SDK, of whichever installed copy. */
export interface RunStateClass<TState> {
  /** Makes a state of its text. */
  fromString(agent: never, text: string): Promise<TState>;
}

/** Options of `openState`. */
export interface OpenStateOptions<TState> {
  /**
   * The SDK's class, where the application has another installed copy of the SDK than this package: its
   * `run()` takes only states of its own. Default: that of this package's copy.
   */
  readonly RunState?: RunStateClass<TState>;
}

/** @throws SessionError `invalid_options` */
export function assertOpenStateOptions(options: OpenStateOptions<unknown>): void {
  assertOptions<OpenStateOptions<unknown>>(options, {
    of: 'openState()',
    example: '{ RunState }',
    checks: {
      RunState: optional(
        expecting(
          'the class RunState of @openai/agents',
          (value) => typeof Object(value).fromString === 'function',
        ),
      ),
    },
  });
}

/** A run that waits for approvals: what `run()` resolved to. */
export interface InterruptedRun {
  /** The SDK's `RunState`. */
  readonly state: {
    /** The state as text, with the history that the run has. */
    toString(): string;
    /** Which run it is, for the session that it uses. */
    readonly _context: object;
  };
}

/** The state of a run, and what it belongs to. */
export interface KeptState {
  /** The session's key. */
  readonly key: string;
  /** The birth that the run saw; absent if the session did not exist. */
  readonly birth?: string | undefined;
  /** The branch on which it was, of a session that has some. */
  readonly branch?: string | undefined;
  /** As the SDK wrote it. */
  readonly state: string;
}

/** Tells the text from other JSON, and its versions apart. */
const FORMAT = 'agent-sessions/run-state/1';

/** The text of a state. */
export function writeRunState(kept: KeptState): string {
  return JSON.stringify({ format: FORMAT, ...kept });
}

/**
 * Reads the text of a state that belongs to a session.
 *
 * @throws SessionError `invalid_options` for another text, and for that of another session
 */
export function readRunState(text: string, key: string): KeptState {
  const kept = parse(text);
  if (kept === undefined) {
    throw invalidOptions('openState()', 'the text is not what sealState() returned');
  }
  if (kept.key !== key) {
    const [of, here] = [kept.key, key].map((one) => JSON.stringify(splitKey(one).sessionId));
    throw invalidOptions(
      'openState()',
      `the state belongs to session ${of} of its owner, and this is ${here}. Open it on that session`,
    );
  }
  return kept;
}

/** The error for a state that was kept on another branch than the session is on. */
export function otherBranchError(branch: string | undefined, here: string | undefined): Error {
  const place = (one: string | undefined) =>
    one === undefined ? 'a session without branches' : `branch ${JSON.stringify(one)}`;
  return invalidOptions(
    'openState()',
    `the state belongs to ${place(branch)}, and this is ${place(here)}. Open it there: session(id, { branchId })`,
  );
}

function parse(text: string): KeptState | undefined {
  let value: Record<string, unknown>;
  try {
    value = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { format, key, birth, branch, state } = value;
  if (format !== FORMAT || typeof key !== 'string' || typeof state !== 'string') return undefined;
  return {
    key,
    state,
    ...(typeof birth === 'string' && { birth }),
    ...(typeof branch === 'string' && { branch }),
  };
}

import type { BackendContext } from './backend-context.ts';

/** One test: a sentence that says what every backend does, and the body that finds out. */
export interface BackendRule {
  readonly name: string;
  readonly body: (t: BackendContext) => Promise<void>;
}

/** The rules about one matter. */
export interface BackendConcern {
  readonly concern: string;
  readonly rules: readonly BackendRule[];
}

/** Collects the rules about one matter. */
export function backendConcern(
  concern: string,
  define: (rule: (name: string, body: BackendRule['body']) => void) => void,
): BackendConcern {
  const rules: BackendRule[] = [];
  define((name, body) => rules.push({ name, body }));
  return { concern, rules };
}

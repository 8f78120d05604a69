import type { Capability } from './capabilities.ts';
import type { RuleContext } from './context.ts';

/** One test: a sentence that says what every session does, and the body that finds out. */
export interface Rule {
  readonly concern: string;
  readonly name: string;
  readonly needs: readonly Capability[];
  readonly body: (t: RuleContext) => Promise<void>;
}

/** Defines one rule of a concern; `needs` are added to those of the concern. */
export type DefineRule = (
  name: string,
  body: (t: RuleContext) => Promise<void>,
  needs?: readonly Capability[],
) => void;

/** Collects the rules about one matter. */
export function concern(
  name: string,
  define: (rule: DefineRule) => void,
  needs: readonly Capability[] = [],
): readonly Rule[] {
  const rules: Rule[] = [];
  define((ruleName, body, more = []) => {
    rules.push({ concern: name, name: ruleName, needs: [...needs, ...more], body });
  });
  return rules;
}

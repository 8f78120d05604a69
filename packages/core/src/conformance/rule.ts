import type { Capability } from './capabilities.ts';
import type { RuleContext } from './context.ts';

/**
 * What lies between the two instances of a rule, or what happens to what keeps the histories, where
 * a rule is tested in more than one way.
 */
export type Setting = 'stores' | 'processes' | 'killed';

/** One test: a sentence that says what every session does, and the body that finds out. */
export interface Rule {
  readonly concern: string;
  readonly name: string;
  readonly needs: readonly Capability[];
  readonly body: (t: RuleContext) => Promise<void>;
  readonly setting?: Setting;
}

/** Defines one rule of a concern; `needs` are added to those of the concern. */
export type DefineRule = (
  name: string,
  body: (t: RuleContext) => Promise<void>,
  needs?: readonly Capability[],
) => void;

/** Rules that are tested again where the two instances of {@link RuleContext.openTwo} share less. */
const races = new Set<Rule>();

/** Collects the rules about one matter; `race` defines one that {@link betweenTwo} tests as well. */
export function concern(
  name: string,
  define: (rule: DefineRule, race: DefineRule) => void,
  needs: readonly Capability[] = [],
): readonly Rule[] {
  const rules: Rule[] = [];
  const add = (ruleName: string, body: Rule['body'], more: readonly Capability[] = []): Rule => {
    const rule = { concern: name, name: ruleName, needs: [...needs, ...more], body };
    rules.push(rule);
    return rule;
  };
  define(add, (...definition) => races.add(add(...definition)));
  return rules;
}

/** The races among the rules, between two stores or two processes. */
export function betweenTwo(
  setting: 'stores' | 'processes',
  rules: readonly Rule[],
  needs: readonly Capability[],
): readonly Rule[] {
  return again(
    rules.filter((rule) => races.has(rule)),
    { concern: `between ${setting}`, suffix: `between two ${setting}`, setting, needs },
  );
}

/** The rules of a restart, where what keeps the histories is killed instead of asked to end. */
export function killed(rules: readonly Rule[], needs: readonly Capability[]): readonly Rule[] {
  const restarts = rules.filter((rule) => rule.needs.includes('restart'));
  return again(restarts, { concern: 'killed', suffix: 'killed', setting: 'killed', needs });
}

interface Repetition {
  readonly concern: string;
  readonly suffix: string;
  readonly setting: Setting;
  readonly needs: readonly Capability[];
}

function again(rules: readonly Rule[], { suffix, needs, ...rest }: Repetition): readonly Rule[] {
  return rules.map((rule) => ({
    ...rule,
    ...rest,
    name: `${rule.name} (${suffix})`,
    needs: [...needs, ...rule.needs.filter((need) => need !== 'restart')],
  }));
}

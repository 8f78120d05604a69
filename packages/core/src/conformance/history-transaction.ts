import assert from 'node:assert/strict';
import type { AgentInputItem, Session, SessionHistoryTransaction } from '@openai/agents';
import { refusalOf } from './assertions.ts';
import type { RuleContext } from './context.ts';
import { transactional } from './optional.ts';

/** The messages of the SDK's own sessions, which its runner and its tests know. */
const messages = {
  arguments: 'Session history transaction arguments are invalid.',
  operationId: 'Session history transaction operationId must be a non-empty string.',
  transaction: 'Session history transaction must be an object.',
  type: 'Unsupported session history transaction type.',
  appendFields: 'Session history append transaction fields are invalid.',
  suffixFields: 'Session history suffix transaction fields are invalid.',
  items: 'Session history transaction items contain invalid or unsupported data.',
  reused: 'Session history operation was already applied with a different transaction.',
  suffix: 'Session history suffix no longer matches the transaction precondition.',
} as const;

/** A transaction that appends. */
export function append(items: AgentInputItem[]): SessionHistoryTransaction {
  return { type: 'append_items', items };
}

/** A transaction that replaces the newest items. */
export function replaceSuffix(
  expectedSuffix: AgentInputItem[],
  replacement: AgentInputItem[],
): SessionHistoryTransaction {
  return { type: 'replace_suffix', expectedSuffix, replacement };
}

/** Applies a transaction. */
export async function apply(
  session: Session,
  operationId: string,
  transaction: SessionHistoryTransaction,
): Promise<void> {
  await transactional(session).applyHistoryTransaction({ operationId, transaction });
}

/** Fails unless the arguments are refused with the SDK's message, and nothing is changed. */
export async function expectRefused(
  t: RuleContext,
  session: Session,
  problem: keyof typeof messages,
  args: unknown,
): Promise<void> {
  const before = await session.getItems();
  const error = await refusalOf(
    () => Reflect.apply(transactional(session).applyHistoryTransaction, session, [args]),
    'a bad transaction',
  );
  assert.equal(error.message, messages[problem]);
  assert.equal(error.constructor.name, 'UserError', 'the error is not a UserError');
  await t.expectHistory(session, before, 'after a refused transaction');
}

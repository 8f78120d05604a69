import {
  type AgentInputItem,
  protocol,
  type SessionHistoryTransactionArgs,
  UserError,
} from '@openai/agents';
import { strictCopy } from './strict-copy.ts';

/** A transaction whose every value was read once and copied. */
export type HistoryTransaction =
  | { readonly type: 'append_items'; readonly items: AgentInputItem[] }
  | {
      readonly type: 'replace_suffix';
      readonly expectedSuffix: AgentInputItem[];
      readonly replacement: AgentInputItem[];
    };

/** The messages of the SDK's own `MemorySession`, which its runner and its tests know. */
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

/** The error for a transaction, with the message that the SDK gives. */
export function transactionError(problem: keyof typeof messages): UserError {
  return new UserError(messages[problem]);
}

/**
 * Validates and copies the arguments of `applyHistoryTransaction`.
 *
 * @throws UserError as the SDK's `MemorySession` does.
 */
export function readTransaction(args: SessionHistoryTransactionArgs): {
  operationId: string;
  transaction: HistoryTransaction;
} {
  const { operationId, transaction } = readArguments(args);
  if (typeof operationId !== 'string' || operationId.trim() === '') {
    throw transactionError('operationId');
  }
  if (typeof transaction !== 'object' || transaction === null) {
    throw transactionError('transaction');
  }
  return { operationId, transaction: toTransaction(copyStrictly(transaction)) };
}

function readArguments(args: unknown): { operationId: unknown; transaction: unknown } {
  try {
    if (typeof args !== 'object' || args === null) throw new TypeError('not an object');
    return {
      operationId: Reflect.get(args, 'operationId'),
      transaction: Reflect.get(args, 'transaction'),
    };
  } catch {
    throw transactionError('arguments');
  }
}

/** The clone is for proxies, which look plain to every check but cannot be cloned. */
function copyStrictly(input: object): unknown {
  try {
    const copy = strictCopy(input);
    structuredClone(input);
    return copy;
  } catch {
    throw transactionError('items');
  }
}

function toTransaction(copy: unknown): HistoryTransaction {
  if (typeof copy !== 'object' || copy === null) throw transactionError('transaction');
  const fields = copy as Record<string, unknown>;
  const count = Object.keys(fields).length;
  if (fields.type === 'append_items') {
    if (count !== 2 || !Array.isArray(fields.items)) throw transactionError('appendFields');
    return { type: 'append_items', items: toItems(fields.items) };
  }
  if (fields.type !== 'replace_suffix') throw transactionError('type');
  const { expectedSuffix, replacement } = fields;
  if (count !== 3 || !Array.isArray(expectedSuffix) || !Array.isArray(replacement)) {
    throw transactionError('suffixFields');
  }
  return {
    type: 'replace_suffix',
    expectedSuffix: toItems(expectedSuffix),
    replacement: toItems(replacement),
  };
}

/** Checks against the SDK's schema but keeps the values as they are: the schema drops unknown keys. */
function toItems(values: readonly unknown[]): AgentInputItem[] {
  for (const value of values) {
    if (!isModelItem(value)) throw transactionError('items');
  }
  return values as AgentInputItem[];
}

function isModelItem(value: unknown): boolean {
  try {
    return protocol.ModelItem.safeParse(value).success;
  } catch {
    return false;
  }
}

import type { AgentInputItem, Session } from '@openai/agents';
import type * as FastCheck from 'fast-check';
import type { RuleContext } from './context.ts';
import { append, apply, replaceSuffix } from './history-transaction.ts';
import { call, user } from './items.ts';
import type { Command, Step } from './model.ts';
import { mutable } from './optional.ts';

/** Commands that collide often: few texts, few call ids, few operation ids. */
export function commandArbitrary(
  fc: typeof FastCheck,
  t: RuleContext,
): FastCheck.Arbitrary<Command> {
  const text = fc.constantFrom('a', 'b', 'c', 'd');
  const callId = fc.constantFrom('c1', 'c2');
  const item = fc.oneof(
    { weight: 4, arbitrary: text.map(user) },
    { weight: 1, arbitrary: callId.map((id): AgentInputItem => call(id)) },
  );
  const batch = fc.array(item, { maxLength: 4 });
  const few = fc.array(item, { maxLength: 2 });
  const operation = fc.constantFrom('op1', 'op2', 'op3');
  const limit = fc.option(fc.integer({ min: -1, max: 6 }), { nil: undefined });
  const weighted: FastCheck.WeightedArbitrary<Command>[] = [
    { weight: 6, arbitrary: fc.record({ type: fc.constant('add'), items: batch }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('pop') }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('read'), limit }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('clear') }) },
  ];
  if (t.has('mutations')) {
    const mutate = fc.record({ type: fc.constant('mutate'), callId, args: text });
    weighted.push({ weight: 1, arbitrary: mutate });
  }
  if (t.has('transactions')) {
    const appending = fc.record({ type: fc.constant('append'), operation, items: few });
    const replacing = { type: fc.constant('replace'), operation, expected: few, replacement: few };
    weighted.push({ weight: 2, arbitrary: appending });
    weighted.push({ weight: 2, arbitrary: fc.record(replacing) });
  }
  return fc.oneof(...weighted);
}

/** Runs a command. Only transactions may be refused; any other error is a failure of the test. */
export async function perform(session: Session, command: Command): Promise<Step['outcome']> {
  switch (command.type) {
    case 'add':
      await session.addItems([...command.items]);
      return [];
    case 'pop': {
      const popped = await session.popItem();
      return popped === undefined ? [] : [popped];
    }
    case 'read':
      return command.limit === undefined ? session.getItems() : session.getItems(command.limit);
    case 'clear':
      await session.clearSession();
      return [];
    case 'mutate': {
      const { callId, args } = command;
      const replacement = call(callId, args);
      const mutation = { type: 'replace_function_call' as const, callId, replacement };
      await mutable(session).applyHistoryMutations({ mutations: [mutation] });
      return [];
    }
    case 'append':
      return performTransaction(session, command.operation, append([...command.items]));
    case 'replace':
      return performTransaction(
        session,
        command.operation,
        replaceSuffix([...command.expected], [...command.replacement]),
      );
  }
}

async function performTransaction(...args: Parameters<typeof apply>): Promise<Step['outcome']> {
  try {
    await apply(...args);
    return [];
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Session history')) return 'refused';
    throw error;
  }
}

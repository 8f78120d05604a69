import { betweenTwo, killed, type Rule } from '../rule.ts';
import { atomic } from './atomic.ts';
import { clear } from './clear.ts';
import { clones } from './clones.ts';
import { compaction } from './compaction.ts';
import { compactionBases } from './compaction-bases.ts';
import { comparisonHook } from './comparison-hook.ts';
import { concurrency } from './concurrency.ts';
import { contention } from './contention.ts';
import { damage } from './damage.ts';
import { deletion } from './deletion.ts';
import { sessionDirectory } from './directory.ts';
import { directoryChanges } from './directory-changes.ts';
import { directoryPages } from './directory-pages.ts';
import { errorContents } from './error-contents.ts';
import { errors } from './errors.ts';
import { fidelity } from './fidelity.ts';
import { fidelityOfItems } from './fidelity-of-items.ts';
import { instances } from './instances.ts';
import { isolation } from './isolation.ts';
import { items } from './items.ts';
import { killedProcesses } from './killed.ts';
import { large } from './large-batches.ts';
import { lifecycle } from './lifecycle.ts';
import { limits } from './limits.ts';
import { manyRuns } from './many-runs.ts';
import { mutationTargets } from './mutation-targets.ts';
import { mutations } from './mutations.ts';
import { objects } from './objects.ts';
import { order } from './order.ts';
import { ownership } from './owners.ts';
import { pop } from './pop.ts';
import { twoProcesses } from './processes.ts';
import { properties } from './properties.ts';
import { readers } from './readers.ts';
import { rebirth } from './rebirth.ts';
import { restart } from './restart.ts';
import { runCompaction } from './run-compaction.ts';
import { runContext } from './run-context.ts';
import { runGuardrails } from './run-guardrails.ts';
import { runInterruptions } from './run-interruptions.ts';
import { runs } from './runs.ts';
import { sessionIds } from './session-ids.ts';
import { transactionArguments } from './transaction-arguments.ts';
import { transactionLedger } from './transaction-ledger.ts';
import { transactionReplays } from './transaction-replays.ts';
import { transactionSuffixes } from './transaction-suffixes.ts';
import { transactions } from './transactions.ts';
import { untouched } from './untouched.ts';

/** Every rule of the suite, in the order in which they are tested, each in one way. */
const rules: readonly Rule[] = [
  items,
  instances,
  limits,
  pop,
  clear,
  isolation,
  sessionIds,
  fidelity,
  fidelityOfItems,
  clones,
  objects,
  untouched,
  atomic,
  large,
  readers,
  concurrency,
  contention,
  order,
  lifecycle,
  restart,
  errors,
  errorContents,
  transactions,
  transactionSuffixes,
  transactionReplays,
  transactionLedger,
  transactionArguments,
  mutations,
  mutationTargets,
  compaction,
  compactionBases,
  manyRuns,
  runContext,
  damage,
  sessionDirectory,
  directoryChanges,
  directoryPages,
  rebirth,
  deletion,
  ownership,
  runs,
  runInterruptions,
  runGuardrails,
  comparisonHook,
  runCompaction,
  properties,
].flat();

/** Every rule of the suite, in the order in which they are tested. */
export const allRules: readonly Rule[] = [
  ...rules,
  ...betweenTwo('stores', rules, ['stores']),
  ...betweenTwo('processes', [...rules, ...twoProcesses], ['processes', 'verbatim']),
  ...killed(rules, ['kill']),
  ...killedProcesses,
];

import { randomUUID } from 'node:crypto';
import {
  isRunContextAwareSession,
  isSessionHistoryRewriteAwareSession,
  isSessionHistoryTransactionAwareSession,
  type Session,
} from '@openai/agents';
import { isSessionError } from '../errors.ts';
import { sessionInternals } from '../internals.ts';
import type { SessionHarness } from './harness.ts';
import { directoryOf, hasMethod } from './optional.ts';
import { loadFastCheck, loadResponsesCompaction } from './peers.ts';

/** What a session may or may not offer, and how the report calls it. */
export const capabilities = {
  verbatim: 'items come back verbatim',
  callerIds: 'session ids are chosen by the caller',
  errorCodes: 'errors are SessionErrors with a code',
  itemBound: 'the size of an item is bounded',
  runContext: 'acceptsRunContext',
  transactions: 'applyHistoryTransaction',
  mutations: 'applyHistoryMutations',
  compaction: 'replaceHistoryWithCompaction',
  close: 'close',
  directory: 'store.listSessions',
  owners: 'store.forOwner',
  inOrder: 'calls on one id are in order',
  stores: 'harness.openElsewhere',
  processes: 'harness.module',
  restart: 'harness.restart',
  kill: 'harness.kill',
  damage: 'harness.corruptNewest',
  responsesCompaction: 'the SDK has a compaction session',
  fastCheck: 'fast-check is installed',
} as const;

/** What each capability means for whoever uses the session. */
export const meanings: Readonly<Record<keyof typeof capabilities, string>> = {
  verbatim: 'Items come back with every property that they went in with, and no other.',
  callerIds: 'The application says which session it wants, by an id of its own.',
  errorCodes: 'What is refused is refused with a code that a program can read.',
  itemBound: 'An item over a known size is refused before anything of its batch is stored.',
  runContext: 'The runner passes its context along, so a compaction knows what its run has read.',
  transactions:
    'A change takes effect once, however often it is sent, and a lost answer does no harm.',
  mutations: 'A function call in the history can be corrected where it stands.',
  compaction: 'A history is replaced by its summary without losing what others add meanwhile.',
  close: 'A session gives back what it holds, after the calls made before.',
  directory: 'The sessions of a store can be listed, described and deleted.',
  owners: 'Equal ids of two owners are two sessions, and neither can name the other.',
  inOrder:
    'Calls on one id take effect in the order in which they were made, whichever session made them.',
  stores: 'Races are tried between two stores that share what is stored and nothing else.',
  processes: 'Races are tried between two processes, and a process is killed while it writes.',
  restart: 'What was stored outlives a restart of what keeps it.',
  kill: 'What was acknowledged outlives a kill of what keeps it, which has no time to write anything.',
  damage: 'A record that cannot be read is neither an obstacle nor destroyed.',
  responsesCompaction: "The SDK's own compaction session is tried around the session.",
  fastCheck: 'Random commands are compared with what a model of a session does.',
};

/** The name of a capability in a rule's list of needs. */
export type Capability = keyof typeof capabilities;

/** For each capability that is absent, why. */
export type Absences = ReadonlyMap<Capability, string>;

/** An item over this is not made for a test. */
const LARGEST_TESTED_BOUND = 64 * 1024 * 1024;

/** What can be told at once from a session and its harness. */
export function absencesOf(harness: SessionHarness, session: Session): Map<Capability, string> {
  const absent = new Map<Capability, string>();
  const check = (capability: Capability, present: boolean, reason: string): void => {
    if (!present) absent.set(capability, reason);
  };
  check('verbatim', harness.fidelity !== 'replay', "the harness declares fidelity: 'replay'");
  check('callerIds', harness.ids !== 'server', "the harness declares ids: 'server'");
  check('runContext', isRunContextAwareSession(session), 'acceptsRunContext is not true');
  check(
    'transactions',
    isSessionHistoryTransactionAwareSession(session),
    'the session has no applyHistoryTransaction method',
  );
  check(
    'mutations',
    isSessionHistoryRewriteAwareSession(session),
    'the session has no applyHistoryMutations method',
  );
  check(
    'compaction',
    hasMethod(session, 'replaceHistoryWithCompaction'),
    'the session has no replaceHistoryWithCompaction method',
  );
  check('close', hasMethod(session, 'close'), 'the session has no close method');
  check(
    'directory',
    directoryOf(session) !== undefined,
    'the session has no `store` with a listSessions method',
  );
  const store = directoryOf(session);
  check(
    'owners',
    store !== undefined && hasMethod(store, 'forOwner'),
    'the session has no `store` with a forOwner method',
  );
  check('inOrder', harness.stores !== 'own', "the harness declares stores: 'own'");
  check(
    'stores',
    harness.openElsewhere !== undefined,
    harness.stores === 'own'
      ? 'each session has a store of its own anyway'
      : 'the harness has no openElsewhere function',
  );
  check('processes', harness.module !== undefined, 'the harness names no module');
  check('kill', harness.kill !== undefined, 'the harness has no kill function');
  check('restart', harness.restart !== undefined, 'the harness has no restart function');
  check('damage', harness.corruptNewest !== undefined, 'the harness has no corruptNewest function');
  const bound = itemBound(harness, session);
  check('itemBound', bound !== undefined, 'neither the session nor harness.limits states a bound');
  if (bound !== undefined && bound > LARGEST_TESTED_BOUND) {
    absent.set('itemBound', `an item over ${bound} bytes is too large for a test`);
  }
  return absent;
}

/** All absences; opens a session of its own to find out. */
export async function probe(harness: SessionHarness): Promise<Absences> {
  const session = await harness.open(`conformance-probe-${randomUUID()}`);
  const absent = absencesOf(harness, session);
  if (!(await usesSessionErrors(harness, session))) {
    absent.set('errorCodes', 'no refusal of bad input is a SessionError');
  }
  const [fastCheck, compaction] = await Promise.all([loadFastCheck(), loadResponsesCompaction()]);
  if (fastCheck === undefined) absent.set('fastCheck', 'fast-check cannot be imported');
  if (compaction === undefined) {
    absent.set('responsesCompaction', 'the SDK cannot be imported');
  }
  await harness.close?.(session);
  return absent;
}

/** The largest item in bytes, if there is a bound. */
export function itemBound(harness: SessionHarness, session: Session): number | undefined {
  if (harness.limits?.maxItemBytes !== undefined) return harness.limits.maxItemBytes;
  const bound = sessionInternals(session)?.backend.maxRecordBytes;
  return bound !== undefined && Number.isFinite(bound) ? bound : undefined;
}

/** One coded refusal is enough: then all others have to be coded too. */
async function usesSessionErrors(harness: SessionHarness, session: Session): Promise<boolean> {
  const refusals = [
    async () => session.getItems(1.5),
    async () => session.addItems([{ role: 'user', content: 'x', providerData: { bad: 1n } }]),
    async () => (await harness.open('')).getItems(),
    async () => (await harness.open('x'.repeat(600))).getItems(),
  ];
  for (const refusal of refusals) {
    try {
      await refusal();
    } catch (error) {
      if (isSessionError(error)) return true;
    }
  }
  return false;
}

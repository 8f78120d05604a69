import { type MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { Append, Appended } from '@agent-sessions/core/backend';
import type { AgentInputItem, SessionHistoryTransactionArgs } from '@openai/agents';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { type Fault, fault, overBackend, stored } from './fault.ts';

const DELETED = 'a session that was deleted after a run had';

/** What is added is not asked for whom. */
class AddsToAny extends MemoryBackend {
  override append(id: string, { birth: _, ...append }: Append): Promise<Appended | undefined> {
    return super.append(id, append);
  }
}

/** Runs are not told apart. */
class KnowsNoRuns extends StoredSession<MemorySessionStore> {
  override getItems(limit?: number): Promise<AgentInputItem[]> {
    return super.getItems(limit);
  }

  override addItems(items: AgentInputItem[]): Promise<void> {
    return super.addItems(items);
  }

  override popItem(): Promise<AgentInputItem | undefined> {
    return super.popItem();
  }

  override applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    return super.applyHistoryTransaction(args);
  }

  override replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    return super.replaceHistoryWithCompaction(items);
  }
}

/** Only whether there is a session is looked at, not whether it is the one that was seen. */
class AddsToAnew extends MemoryBackend {
  override async append(id: string, append: Append): Promise<Appended | undefined> {
    const { state } = await super.snapshot(id);
    const { birth = state?.birth } = append;
    return super.append(id, { ...append, birth: state === undefined ? birth : state.birth });
  }
}

/** To clear is to delete. */
class ClearDeletes extends MemoryBackend {
  override async clear(id: string): Promise<void> {
    await super.deleteSession(id);
  }
}

/** What was deleted stays so, whoever writes. */
class DeletedForEver extends MemoryBackend {
  readonly #deleted = new Set<string>();

  override async deleteSession(id: string): Promise<boolean> {
    this.#deleted.add(id);
    return super.deleteSession(id);
  }

  override async append(id: string, append: Append): Promise<Appended | undefined> {
    return this.#deleted.has(id) ? undefined : super.append(id, append);
  }
}

export const deletionFaults: readonly Fault[] = [
  fault('what is added is not asked for whom', overBackend(AddsToAny), [
    DELETED,
    'that a run has made itself',
    'is left alone by a run on the deleted one',
    'during a run without streaming',
    'during a streamed run',
  ]),
  fault('runs are not told apart', stored(KnowsNoRuns), [
    DELETED,
    'during a streamed run',
    'waits for approval',
  ]),
  fault(
    'whoever has a birth adds to any',
    overBackend(AddsToAnew),
    'is left alone by a run on the deleted one',
  ),
  fault('clearing is deletion', overBackend(ClearDeletes), 'clearing is not deletion'),
  fault(
    'what was deleted cannot be begun anew',
    overBackend(DeletedForEver),
    'a call without a run on a deleted session',
  ),
];

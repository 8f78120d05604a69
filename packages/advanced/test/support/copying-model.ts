import type { AgentInputItem } from '@openai/agents';

/** An item with an identity, which a branch shares with those made from it, and which changes keep. */
export interface Entry {
  readonly item: AgentInputItem;
  readonly identity: symbol;
}

function newEntry(item: AgentInputItem): Entry {
  return { item, identity: Symbol('entry') };
}

interface ModelBranch {
  entries: Entry[];
  deleted: boolean;
}

/** An operation that was applied, on a branch, with the last entry that it added. */
export interface AppliedOperation {
  readonly id: string;
  readonly branchId: string;
  readonly items: readonly AgentInputItem[];
  readonly last: Entry;
}

/**
 * What a session with branches should do, in the plainest way: a branch is a list of its own, and
 * making one copies the list.
 */
export class CopyingModel {
  readonly branches: Map<string, ModelBranch> = new Map([
    ['main', { entries: [], deleted: false }],
  ]);
  operations: AppliedOperation[] = [];

  entries(branchId: string): Entry[] {
    return this.branch(branchId).entries;
  }

  items(branchId: string): AgentInputItem[] {
    return this.entries(branchId).map(({ item }) => item);
  }

  isDeleted(branchId: string): boolean {
    return this.branch(branchId).deleted;
  }

  living(): string[] {
    return [...this.branches].filter(([, { deleted }]) => !deleted).map(([id]) => id);
  }

  /** Where each turn starts. */
  turnStarts(branchId: string): number[] {
    return this.items(branchId).flatMap((item, index) => (isUser(item) ? [index] : []));
  }

  append(branchId: string, items: readonly AgentInputItem[]): void {
    this.entries(branchId).push(...items.map(newEntry));
  }

  pop(branchId: string): AgentInputItem | undefined {
    return this.entries(branchId).pop()?.item;
  }

  fork(parent: string, turn: number, branchId: string): void {
    const start = this.turnStarts(parent)[turn - 1];
    if (start === undefined || this.branches.has(branchId)) throw new Error('no such fork');
    const entries = this.entries(parent).slice(0, start);
    this.branches.set(branchId, { entries, deleted: false });
  }

  rewind(branchId: string, turn: number): void {
    this.branch(branchId).entries = this.entries(branchId).slice(
      0,
      this.turnStarts(branchId)[turn - 1],
    );
  }

  delete(branchId: string): void {
    this.branches.set(branchId, { entries: [], deleted: true });
  }

  clear(): void {
    this.branches.clear();
    this.branches.set('main', { entries: [], deleted: false });
    this.operations = [];
  }

  replaceAll(branchId: string, items: readonly AgentInputItem[]): void {
    this.branch(branchId).entries = items.map(newEntry);
  }

  replaceSuffix(branchId: string, count: number, items: readonly AgentInputItem[]): void {
    const entries = this.entries(branchId);
    entries.splice(entries.length - count);
    this.append(branchId, items);
  }

  /** Keeps the first call of an id, changed, and drops the others. */
  replaceCall(branchId: string, callId: string, replacement: AgentInputItem): void {
    const first = this.items(branchId).findIndex((item) => isCall(item, callId));
    this.branch(branchId).entries = this.entries(branchId).flatMap((entry, index) => {
      if (!isCall(entry.item, callId)) return [entry];
      return index === first ? [{ ...entry, item: replacement }] : [];
    });
  }

  /** True if a branch knows an operation: applied on it, or shown by it. */
  knows(branchId: string, { id }: AppliedOperation): boolean {
    return this.operations.some(
      (applied) =>
        applied.id === id &&
        (applied.branchId === branchId ||
          this.entries(branchId).some(({ identity }) => identity === applied.last.identity)),
    );
  }

  private branch(branchId: string): ModelBranch {
    const branch = this.branches.get(branchId);
    if (branch === undefined) throw new Error(`the model has no branch ${branchId}`);
    return branch;
  }
}

function isUser(item: AgentInputItem): boolean {
  return 'role' in item && item.role === 'user';
}

function isCall(item: AgentInputItem, callId: string): boolean {
  return item.type === 'function_call' && item.callId === callId;
}

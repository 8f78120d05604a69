import { AdvancedSession, type AdvancedSessionStore } from '@agent-sessions/advanced';
import type { StoredSession } from '@agent-sessions/core';
import { isSessionError } from '@agent-sessions/core';
import { sessionInternals } from '@agent-sessions/core/backend';
import type { AgentInputItem } from '@openai/agents';
import { expect } from 'vitest';
import { CopyingModel } from './copying-model.ts';
import { assistant, call, user } from './items.ts';

/** A small generator with a seed (mulberry32, Tommy Ettinger, public domain). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One of the two session objects, and the branch that the model says it is on. */
interface Handle {
  readonly session: AdvancedSession;
  branchId: string;
}

/** What a sequence runs on: two stores over one database, and a plain session on the same id. */
export interface Bench {
  readonly stores: readonly [AdvancedSessionStore, AdvancedSessionStore];
  readonly sessionId: string;
  plain(): StoredSession;
}

/** Runs random commands on two session objects and on the model, and compares after each. */
export class Sequence {
  readonly log: string[] = [];
  readonly model: CopyingModel = new CopyingModel();
  readonly #random: (below: number) => number;
  readonly #handles: readonly [Handle, Handle];
  readonly #bench: Bench;
  #number = 0;

  constructor(seed: number, bench: Bench) {
    this.#random = generator(seed);
    this.#bench = bench;
    const { stores, sessionId } = bench;
    const logger = { warn: () => {} };
    this.#handles = [
      { session: new AdvancedSession({ store: stores[0], sessionId, logger }), branchId: 'main' },
      {
        session: new AdvancedSession({ store: stores[1], sessionId, logger, branchId: 'main' }),
        branchId: 'main',
      },
    ];
  }

  /** Runs one command. */
  async step(): Promise<void> {
    const handle = this.#handles[this.#random(2)] ?? this.#handles[0];
    if (this.model.isDeleted(handle.branchId)) {
      await this.#onDeleted(handle);
      return;
    }
    const commands = [
      ...Array(6).fill(this.#append),
      ...Array(3).fill(this.#pop),
      ...Array(4).fill(this.#fork),
      ...Array(4).fill(this.#switch),
      ...Array(2).fill(this.#delete),
      ...Array(2).fill(this.#rewind),
      ...Array(3).fill(this.#transact),
      this.#replay,
      this.#mutate,
      this.#compact,
      this.#appendPlainly,
      this.#random(6) === 0 ? this.#clear : this.#append,
    ];
    const command = commands[this.#random(commands.length)];
    await command.call(this, handle);
  }

  /** Compares what both session objects show, and the branches that they list, with the model. */
  async check(): Promise<void> {
    for (const { session, branchId } of this.#handles) {
      if (this.model.isDeleted(branchId)) continue;
      const expected = this.model.items(branchId);
      expect(await session.getItems(), this.#told()).toEqual(expected);
      const limit = 1 + this.#random(5);
      expect(await session.getItems(limit), this.#told()).toEqual(expected.slice(-limit));
      if (this.#random(4) === 0) await this.#checkParts(session);
      const listed = (await session.listBranches()).map((info) => [
        info.branchId,
        info.messageCount,
        info.userTurns,
        info.isCurrent,
      ]);
      const living = this.model
        .living()
        .map((id) => [
          id,
          this.model.items(id).length,
          this.model.turnStarts(id).length,
          id === branchId,
        ]);
      expect(listed.sort(), this.#told()).toEqual(living.sort());
    }
    const { stores, sessionId } = this.#bench;
    const info = await stores[0].getSession(sessionId);
    expect(info?.itemCount ?? 0, this.#told()).toBe(this.model.items('main').length);
  }

  /** Compares what lies between two positions with the same part of all records. */
  async #checkParts(session: AdvancedSession): Promise<void> {
    const internals = sessionInternals(session);
    if (internals === undefined) throw new Error('a session over a store has internals');
    const { backend, key } = internals;
    const whole = await backend.snapshot(key, { positions: true, times: true });
    const { positions = [], times = [] } = whole;
    const end = (whole.state?.revision ?? 0) + 2;
    const [after, before] = [this.#random(end), this.#random(end)];
    const limit = 1 + this.#random(4);
    const part = await backend.snapshot(key, {
      positions: true,
      times: true,
      after,
      before,
      limit,
    });
    const rows = positions.map((position, index) => ({
      position,
      record: whole.records[index],
      time: times[index],
    }));
    const expected = rows
      .filter(({ position }) => position > after && position < before)
      .slice(-limit);
    expect(part.positions, this.#told()).toEqual(expected.map(({ position }) => position));
    expect(part.records, this.#told()).toEqual(expected.map(({ record }) => record));
    expect(part.times, this.#told()).toEqual(expected.map(({ time }) => time));
    expect(part.state, this.#told()).toEqual(whole.state);
  }

  #told(): string {
    return this.log.join('\n');
  }

  async #onDeleted(handle: Handle): Promise<void> {
    this.log.push(`write on deleted ${handle.branchId}, then switch`);
    const error = await handle.session.addItems([user('never')]).catch((reason) => reason);
    expect(isSessionError(error, 'branch_deleted'), this.#told()).toBe(true);
    await handle.session.switchToBranch('main');
    handle.branchId = 'main';
  }

  #items(): AgentInputItem[] {
    return Array.from({ length: 1 + this.#random(3) }, () => {
      this.#number += 1;
      const kind = this.#random(5);
      if (kind < 2) return user(`question ${this.#number}`);
      return kind < 4
        ? assistant(`answer ${this.#number}`)
        : call(`call_${this.#random(3)}`, `{"n":${this.#number}}`);
    });
  }

  async #append({ session, branchId }: Handle): Promise<void> {
    const items = this.#items();
    this.log.push(`append ${items.length} to ${branchId}`);
    await session.addItems(items);
    this.model.append(branchId, items);
  }

  async #pop({ session, branchId }: Handle): Promise<void> {
    this.log.push(`pop from ${branchId}`);
    expect(await session.popItem(), this.#told()).toEqual(this.model.pop(branchId));
  }

  async #fork(handle: Handle): Promise<void> {
    const turns = this.model.turnStarts(handle.branchId).length;
    if (turns === 0) return;
    const turn = 1 + this.#random(turns);
    this.#number += 1;
    const branchId = `branch ${this.#number}`;
    this.log.push(`fork ${handle.branchId} at turn ${turn} as ${branchId}`);
    expect(await handle.session.createBranchFromTurn(turn, branchId)).toBe(branchId);
    this.model.fork(handle.branchId, turn, branchId);
    handle.branchId = branchId;
  }

  async #switch(handle: Handle): Promise<void> {
    const living = this.model.living();
    const branchId = living[this.#random(living.length)] ?? 'main';
    this.log.push(`switch from ${handle.branchId} to ${branchId}`);
    await handle.session.switchToBranch(branchId);
    handle.branchId = branchId;
  }

  async #delete(handle: Handle): Promise<void> {
    const living = this.model.living().filter((id) => id !== 'main');
    const branchId = living[this.#random(living.length)];
    if (branchId === undefined) return;
    this.log.push(`delete ${branchId} from ${handle.branchId}`);
    await handle.session.deleteBranch(branchId, { force: true });
    this.model.delete(branchId);
    if (branchId === handle.branchId) handle.branchId = 'main';
  }

  async #rewind({ session, branchId }: Handle): Promise<void> {
    const turns = this.model.turnStarts(branchId).length;
    if (turns === 0) return;
    const turn = 1 + this.#random(turns);
    this.log.push(`rewind ${branchId} to turn ${turn}`);
    await session.rewindToTurn(turn);
    this.model.rewind(branchId, turn);
  }

  async #transact({ session, branchId }: Handle): Promise<void> {
    this.#number += 1;
    const operationId = `operation ${this.#number}`;
    const items = this.#items();
    const entries = this.model.entries(branchId);
    const count = this.#random(Math.min(entries.length, 4) + 1);
    if (this.#random(2) === 0) {
      this.log.push(`append_items on ${branchId}: ${operationId}`);
      const transaction = { type: 'append_items' as const, items };
      await session.applyHistoryTransaction({ operationId, transaction });
      this.model.append(branchId, items);
      const last = entries.at(-1);
      if (last) this.model.operations.push({ id: operationId, branchId, items, last });
    } else {
      this.log.push(`replace_suffix of ${count} on ${branchId}: ${operationId}`);
      const expectedSuffix = entries.slice(entries.length - count).map(({ item }) => item);
      const transaction = { type: 'replace_suffix' as const, expectedSuffix, replacement: items };
      await session.applyHistoryTransaction({ operationId, transaction });
      this.model.replaceSuffix(branchId, count, items);
    }
  }

  async #replay({ session, branchId }: Handle): Promise<void> {
    const { operations } = this.model;
    const operation = operations[this.#random(operations.length)];
    if (operation === undefined) return;
    const { id: operationId, items } = operation;
    const known = this.model.knows(branchId, operation);
    this.log.push(`${operationId} again on ${branchId}, ${known ? 'known' : 'unknown'} there`);
    const transaction = { type: 'append_items' as const, items: [...items] };
    await session.applyHistoryTransaction({ operationId, transaction });
    if (known) return;
    this.model.append(branchId, items);
    const last = this.model.entries(branchId).at(-1);
    if (last) operations.push({ id: operationId, branchId, items, last });
  }

  async #mutate({ session, branchId }: Handle): Promise<void> {
    this.#number += 1;
    const callId = `call_${this.#random(3)}`;
    const replacement = call(callId, `{"replaced":${this.#number}}`);
    this.log.push(`replace ${callId} on ${branchId}`);
    if (replacement.type !== 'function_call') return;
    await session.applyHistoryMutations({
      mutations: [{ type: 'replace_function_call', callId, replacement }],
    });
    this.model.replaceCall(branchId, callId, replacement);
  }

  async #compact({ session, branchId }: Handle): Promise<void> {
    const items = this.#items();
    this.log.push(`compact ${branchId}`);
    await session.getItems();
    await session.replaceHistoryWithCompaction(items);
    this.model.replaceAll(branchId, items);
  }

  async #appendPlainly(): Promise<void> {
    const items = this.#items();
    this.log.push(`append ${items.length} by a plain session`);
    await this.#bench.plain().addItems(items);
    this.model.append('main', items);
  }

  async #clear(handle: Handle): Promise<void> {
    this.log.push(`clear from ${handle.branchId}`);
    await handle.session.clearSession();
    this.model.clear();
    for (const other of this.#handles) other.branchId = 'main';
  }
}

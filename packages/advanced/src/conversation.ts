import type { AgentInputItem } from '@openai/agents';
import { type Branch, MAIN, rangesOf } from './branches/branch.ts';
import { readSteadily } from './branches/steady.ts';
import type { Cursor, Unit } from './cursor.ts';
import { contentNotFoundError, invalidArgument } from './errors.ts';
import { isToolCall } from './items/outline.ts';
import { matcher, messageText, textOf } from './items/text.ts';
import type { Sql } from './sql.ts';

/** A turn of the current branch. */
export interface ConversationTurn {
  /** Its number, from 1: turn n starts with the n-th user message. */
  readonly turn: number;
  /** The first 100 characters of what the user wrote, and `...` if there is more. */
  readonly content: string;
  /** All that the user wrote. */
  readonly fullContent: string;
  /** When the user's message was stored. */
  readonly timestamp: Date;
  /** Whether a branch can be made from it: always true. */
  readonly canBranch: boolean;
}

/** An item as `getConversationByTurns` tells of it. */
export interface TurnItem {
  /** The role of a message (`user`, `assistant`, `system`), else the item's type. */
  readonly type: string;
  /** The tool that a call or its result is about. */
  readonly toolName?: string;
}

/** How often a tool was called in a turn. */
export interface ToolUsage {
  /** The tool's name. */
  readonly toolName: string;
  /** How many calls there were in the turn. */
  readonly count: number;
  /** The number of the turn; 0 for items before turn 1. */
  readonly turn: number;
}

/** Gives the items of records, in order; `undefined` for what cannot be read. */
export type Decode = (
  records: readonly string[],
) => Promise<readonly (AgentInputItem | undefined)[]>;

const PREVIEW_LENGTH = 100;
/** Records that are decoded, and held in memory, at once. */
const CHUNK = 1000;

interface NodeRow {
  readonly turn: unknown;
  readonly message_type: string;
  readonly tool_name: string | null;
}

interface RecordRow {
  readonly turn: unknown;
  readonly turn_start: unknown;
  readonly data: string;
  readonly created_at: unknown;
}

/** Answers questions about the conversation on the current branch. */
export class Conversation {
  readonly #cursor: Cursor;
  readonly #decode: Decode;

  constructor(cursor: Cursor, decode: Decode) {
    this.#cursor = cursor;
    this.#decode = decode;
  }

  /** The turns, in order. */
  async turns(): Promise<ConversationTurn[]> {
    const read = await readSteadily(this.#cursor, async (sql, branch) => {
      const turns: ConversationTurn[] = [];
      for await (const rows of chunks(sql, branch, 'n.turn_start IS NOT NULL')) {
        const items = await this.#decode(rows.map(({ data }) => data));
        turns.push(...rows.map((row, index) => toTurn(row, items[index])));
      }
      return turns;
    });
    return read?.value ?? [];
  }

  /** The turns in which a text occurs, in order. */
  async find(text: string): Promise<ConversationTurn[]> {
    const found = await readSteadily(this.#cursor, this.#search(text));
    return found?.value ?? [];
  }

  /** The first turn in which a text occurs, and the branch as it was then. */
  async findFirst(text: string): Promise<{ turn: number; branch: Branch }> {
    const found = await readSteadily(this.#cursor, this.#search(text));
    const [first] = found?.value ?? [];
    if (found === undefined || first === undefined) {
      throw contentNotFoundError(found?.branch.branchId ?? MAIN);
    }
    return { turn: first.turn, branch: found.branch };
  }

  /** As {@link findFirst}, inside a transaction that holds the session's lock. */
  async findFirstLocked({ sql, branch }: Unit, text: string): Promise<number> {
    const [first] = await this.#search(text)(sql, branch);
    if (first === undefined) throw contentNotFoundError(branch.branchId);
    return first.turn;
  }

  /** The items of each turn, in order; those before the first turn are turn 0. */
  async byTurns(): Promise<Map<number, TurnItem[]>> {
    const turns = new Map<number, TurnItem[]>();
    for (const { turn, message_type, tool_name } of await this.#nodes()) {
      const items = turns.get(Number(turn)) ?? [];
      items.push({ type: message_type, ...(tool_name !== null && { toolName: tool_name }) });
      turns.set(Number(turn), items);
    }
    return turns;
  }

  /** How often each tool was called in each turn. */
  async toolUsage(): Promise<ToolUsage[]> {
    const counts = new Map<string, ToolUsage>();
    for (const { turn, message_type, tool_name } of await this.#nodes()) {
      if (!isToolCall(message_type) || tool_name === null) continue;
      const key = `${turn} ${tool_name}`;
      const count = (counts.get(key)?.count ?? 0) + 1;
      counts.set(key, { toolName: tool_name, count, turn: Number(turn) });
    }
    return [...counts.values()];
  }

  #search(text: string): (sql: Sql, branch: Branch) => Promise<ConversationTurn[]> {
    if (typeof text !== 'string' || text === '') {
      throw invalidArgument('the text to search for is empty');
    }
    const matches = matcher(text);
    return async (sql, branch) => {
      const starts = new Map<number, ConversationTurn>();
      const found = new Set<number>();
      for await (const rows of chunks(sql, branch, 'n.user_turn_number > 0')) {
        const items = await this.#decode(rows.map(({ data }) => data));
        for (const [index, row] of rows.entries()) {
          const item = items[index];
          const turn = Number(row.turn);
          if (row.turn_start !== null) starts.set(turn, toTurn(row, item));
          if (item !== undefined && !found.has(turn) && matches(textOf(item))) found.add(turn);
        }
      }
      return [...found].flatMap((turn) => starts.get(turn) ?? []);
    };
  }

  #nodes(): Promise<NodeRow[]> {
    return this.#cursor.read<NodeRow[]>([], (sql, branch) =>
      sql.all<NodeRow>(
        `SELECT n.user_turn_number AS turn, n.message_type, n.tool_name ${shown(sql)}
          WHERE r.branch_key = ? ORDER BY n.sequence_number`,
        [branch.key],
      ),
    );
  }
}

/**
 * The rows of a branch that meet a condition, in order, some at a time. Not every database uses bounds
 * that come from a join: then each part would read the branch from its start.
 */
async function* chunks(
  sql: Sql,
  { key }: Branch,
  condition: string,
): AsyncGenerator<RecordRow[], void, undefined> {
  const { nodes, messages } = sql.tables;
  for (const { segment, first, last } of await rangesOf(sql, key)) {
    for (let from = first; from <= last; from += CHUNK) {
      yield await sql.all<RecordRow>(
        `SELECT n.user_turn_number AS turn, n.turn_start, m.message_data AS data, m.created_at
          FROM ${nodes} AS n JOIN ${messages} AS m ON m.id = n.message_id
          WHERE n.segment_id = ? AND n.sequence_number BETWEEN ? AND ? AND ${condition}
          ORDER BY n.sequence_number`,
        [segment, from, Math.min(from + CHUNK - 1, last)],
      );
    }
  }
}

function shown({ tables }: Sql): string {
  return `FROM ${tables.ranges} AS r JOIN ${tables.nodes} AS n ON n.segment_id = r.segment_id
    AND n.sequence_number BETWEEN r.first_seq AND r.last_seq`;
}

function toTurn(row: RecordRow, item: AgentInputItem | undefined): ConversationTurn {
  const fullContent = item === undefined ? '' : messageText(item);
  const isLong = fullContent.length > PREVIEW_LENGTH;
  const preview = isLong ? `${whole(fullContent.slice(0, PREVIEW_LENGTH))}...` : fullContent;
  return {
    turn: Number(row.turn),
    content: preview,
    fullContent,
    timestamp: new Date(Number(row.created_at)),
    canBranch: true,
  };
}

/** Half of a character that takes two code units is none. */
function whole(text: string): string {
  return text.isWellFormed() ? text : text.slice(0, -1);
}

import type { AgentInputItem, Session } from '@openai/agents';

/** What `ListSession` objects of one id share, as rows of a database would be. */
const lists = new Map<string, string[]>();

/** A session as an application may have written it: the five methods, each atomic, and no more. */
export class ListSession implements Session {
  readonly #id: string;
  readonly #rows: string[];

  constructor(id: string) {
    this.#id = id;
    this.#rows = lists.get(id) ?? [];
    lists.set(id, this.#rows);
  }

  /** What is stored, as a thief of the database would see it. */
  get rows(): string[] {
    return this.#rows;
  }

  async getSessionId(): Promise<string> {
    return this.#id;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    const rows = limit === undefined ? this.#rows : this.#rows.slice(-limit);
    return rows.map((row) => JSON.parse(row));
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    this.#rows.push(...items.map((item) => JSON.stringify(item)));
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    const row = this.#rows.pop();
    return row === undefined ? undefined : JSON.parse(row);
  }

  async clearSession(): Promise<void> {
    this.#rows.length = 0;
  }
}

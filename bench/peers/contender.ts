import type { Turn } from './conversations.ts';

/** A way to keep conversations. */
export interface Contender {
  /** The package that does it. */
  readonly packageName: string;
  /** In which way, if there are several. */
  readonly how?: string;
  /** Ours is what the others on the same database are held against. */
  readonly isOurs?: boolean;
  /** Makes a database of its own. */
  open(): Promise<Conversations>;
}

/** Conversations in one database, each under an id, as messages of the contender's own form. */
export interface Conversations extends AsyncDisposable {
  /** The database, and how durable a write to it is, as the database itself tells. */
  readonly place: string;
  /** The messages as which a turn is kept. Gives the same ones each time: making them is not measured. */
  format(turn: Turn): readonly unknown[];
  create(id: string, turns: readonly Turn[]): Promise<unknown>;
  append(id: string, turn: Turn): unknown;
  /** The newest so many messages, oldest first. */
  newest(id: string, count: number): Messages;
  whole(id: string): Messages;
}

type Messages = readonly unknown[] | Promise<readonly unknown[]>;

/** Remembers what was made of each turn. */
export function formatOnce<Message>(
  format: (turn: Turn) => readonly Message[],
): (turn: Turn) => readonly Message[] {
  const made = new WeakMap<Turn, readonly Message[]>();
  return (turn) => {
    const messages = made.get(turn) ?? format(turn);
    made.set(turn, messages);
    return messages;
  };
}

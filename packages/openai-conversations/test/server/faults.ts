/** Something that goes wrong with requests. */
export interface Fault {
  /** Which requests: `POST items`, `GET items`, `DELETE item`, `POST conversation`, … */
  readonly on: string;
  /** Whether the request is carried out all the same. Default: false. */
  readonly applied?: boolean;
  /** The answer; `reset` closes the connection instead, `silence` leaves it open without one. */
  readonly answer: number | 'reset' | 'silence';
  readonly code?: string;
  readonly headers?: Record<string, string>;
  /** The answer's body. Default: an error's. */
  readonly body?: Record<string, unknown>;
  /** How many matching requests pass first. Default: 0. */
  readonly after?: number;
  /** How many requests it hits. Default: 1. */
  readonly times?: number;
  /** Called when it hits, first of all. */
  readonly before?: () => void;
}

/** Faults in the order in which they were asked for. */
export class Faults {
  #pending: { fault: Fault; skip: number; left: number }[] = [];

  add(fault: Fault): void {
    this.#pending.push({ fault, skip: fault.after ?? 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#pending = [];
  }

  /** The fault that hits this request, if any. */
  take(request: string): Fault | undefined {
    const entry = this.#pending.find(({ fault, left }) => fault.on === request && left > 0);
    if (entry === undefined) return undefined;
    if (entry.skip > 0) {
      entry.skip -= 1;
      return undefined;
    }
    entry.left -= 1;
    return entry.fault;
  }
}

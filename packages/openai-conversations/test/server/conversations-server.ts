import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, Faults } from './faults.ts';
import { PublishedSchema } from './published-schema.ts';
import { type Behavior, ConversationsState, Refusal } from './state.ts';

type Body = Record<string, unknown>;

/** A request as it arrived, and the status of the answer (0: the connection was closed). */
export interface Logged {
  /** Method and kind of path: `POST items`. */
  readonly request: string;
  readonly query: URLSearchParams;
  readonly body: Body;
  status: number;
  readonly at: number;
}

/**
 * Plays OpenAI's Conversations API on a local port: keeps real state, enforces the documented rules,
 * and holds every request and every answer against OpenAI's published schema.
 */
export class ConversationsServer implements AsyncDisposable {
  readonly schema: PublishedSchema = PublishedSchema.load();
  readonly state: ConversationsState;
  readonly faults: Faults = new Faults();
  /** Answers that broke the published schema: mistakes of this server. */
  readonly mistakes: string[] = [];
  log: Logged[] = [];
  /** The most requests that were under way at once. */
  peak = 0;
  #underWay = 0;
  #lockedUntil = 0;
  readonly #written = new Set<string>();
  readonly #server: Server;

  readonly #behavior: Behavior;

  private constructor(behavior: Behavior) {
    this.#behavior = behavior;
    this.state = new ConversationsState(this.schema, behavior);
    this.#server = createServer(async (request, response) => {
      this.#underWay += 1;
      this.peak = Math.max(this.peak, this.#underWay);
      await this.#answer(request, response);
      this.#underWay -= 1;
    });
  }

  static async start(behavior: Behavior = {}): Promise<ConversationsServer> {
    const server = new ConversationsServer(behavior);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get baseURL(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Makes something go wrong. */
  fail(fault: Fault): void {
    this.faults.add(fault);
  }

  /** Has others work on all conversations from now on for so long. */
  lock(ms: number): void {
    this.#lockedUntil = performance.now() + ms;
  }

  /** The requests of one kind so far, or of all. */
  requests(kind?: string): Logged[] {
    return this.log.filter(({ request }) => kind === undefined || request === kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, , ...path] = url.pathname.split('/').map(decodeURIComponent);
    const body: Body = JSON.parse((await text(request)) || '{}');
    const kind = `${request.method} ${KINDS[path.length] ?? 'nothing'}`;
    const entry: Logged = {
      request: kind,
      query: url.searchParams,
      body,
      status: 0,
      at: performance.now(),
    };
    this.log.push(entry);
    const { latencyMs = 0 } = this.#behavior;
    if (latencyMs > 0) await delay(latencyMs);
    const fault = this.#standingFault(kind, path[1]) ?? this.faults.take(kind);
    fault?.before?.();
    const [status, answer] =
      fault && !fault.applied ? [200, {}] : this.#carryOut(kind, path, entry);
    if (fault?.answer === 'silence') return;
    if (fault?.answer === 'reset') {
      request.socket.destroy();
      return;
    }
    entry.status = fault?.answer ?? status;
    response.writeHead(entry.status, { 'content-type': 'application/json', ...fault?.headers });
    const failed = fault?.body ?? errorBody(fault?.code ?? 'fault', 'as asked');
    response.end(JSON.stringify(fault === undefined ? answer : failed));
  }

  #standingFault(kind: string, conversationId: string | undefined): Fault | undefined {
    if (conversationId === undefined) return undefined;
    if (performance.now() < this.#lockedUntil) return LOCKED;
    if (!this.#behavior.losesFirstAnswers || kind !== 'POST items') return undefined;
    if (this.#written.has(conversationId)) return undefined;
    this.#written.add(conversationId);
    return LOST;
  }

  #carryOut(kind: string, path: string[], { query, body }: Logged): [number, Body] {
    try {
      const answer = this.#route(kind, path, query, body);
      this.#check(kind, answer);
      return [200, answer];
    } catch (error) {
      if (error instanceof Refusal) {
        const { status, code, message, param } = error;
        return [status, errorBody(code, message, param)];
      }
      return [500, errorBody('server_error', String(error))];
    }
  }

  #route(
    kind: string,
    [, id = '', , itemId = '']: string[],
    query: URLSearchParams,
    body: Body,
  ): Body {
    const include = query.getAll('include[]');
    const unknown = [...query.keys()].find((key) => !(QUERY[kind] ?? []).includes(key));
    if (unknown !== undefined) throw new Refusal(400, 'unknown_parameter', unknown);
    switch (kind) {
      case 'POST conversations':
        return this.state.create(body);
      case 'GET conversation':
        return this.state.retrieve(id);
      case 'POST conversation':
        return this.state.update(id, body);
      case 'DELETE conversation':
        return this.state.delete(id);
      case 'GET items':
        return this.state.listItems(id, query);
      case 'POST items':
        return this.state.addItems(id, body, include);
      case 'GET item':
        return this.state.retrieveItem(id, itemId, include);
      case 'DELETE item':
        return this.state.deleteItem(id, itemId);
      default:
        throw new Refusal(404, 'unknown_url', kind);
    }
  }

  #check(kind: string, answer: Body): void {
    if (this.#behavior.isPermissive || this.#behavior.rewrite) return;
    const items = kind.endsWith(' items') ? (answer.data as Body[]) : [];
    const name = items === answer.data ? 'ConversationItemList' : ANSWERS[kind];
    // The list's items are held against the schema of their type, for the reason in the errata.
    const whole = items === answer.data ? { ...answer, data: [] } : answer;
    const problems = [
      ...(name === undefined ? [] : [this.schema.problem(name, whole)]),
      ...items.map((item) => this.schema.outputProblem(item)),
    ];
    this.mistakes.push(
      ...problems.flatMap((problem) => (problem === undefined ? [] : [`${kind}: ${problem}`])),
    );
  }
}

const LOCKED: Fault = { on: 'anything', answer: 400, code: 'conversation_locked' };
const LOST: Fault = { on: 'anything', applied: true, answer: 'reset' };

const KINDS: Readonly<Record<number, string>> = {
  1: 'conversations',
  2: 'conversation',
  3: 'items',
  4: 'item',
};

const QUERY: Readonly<Record<string, readonly string[]>> = {
  'GET items': ['limit', 'order', 'after', 'include[]'],
  'POST items': ['include[]'],
  'GET item': ['include[]'],
};

const ANSWERS: Readonly<Record<string, string>> = {
  'POST conversations': 'ConversationResource',
  'GET conversation': 'ConversationResource',
  'POST conversation': 'ConversationResource',
  'DELETE conversation': 'DeletedConversationResource',
  'DELETE item': 'ConversationResource',
};

function errorBody(code: string, message: string, param: string | null = null): Body {
  return { error: { code, message, param, type: 'invalid_request_error' } };
}

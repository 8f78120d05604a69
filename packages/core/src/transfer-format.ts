import { TextDecoder } from 'node:util';
import type { AgentInputItem } from '@openai/agents';
import { decodeItem, encodeItem } from './codec.ts';
import { SessionError } from './errors.ts';

/*
 * The format, version 1, one JSON value a line:
 *   {"agentSessions":1,"sessionId":"…"}     first
 *   {"item":{…}}                            each item, bytes as {"$bytes":"<base64>"}
 *   {"items":2}                             last: how many there are
 */
const VERSION = 1;

export function headerLine(sessionId: string): string {
  return `${JSON.stringify({ agentSessions: VERSION, sessionId })}\n`;
}

export function itemLine(item: AgentInputItem, index: number): string {
  return `{"item":${encodeItem(item, `items[${index}]`)}}\n`;
}

export function footerLine(items: number): string {
  return `${JSON.stringify({ items })}\n`;
}

/** Splits text or bytes, cut anywhere, into lines. */
export async function* readLines(
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<string, undefined, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  // Joined only at the end of a line: a long one comes in very many chunks.
  let parts: string[] = [];
  let isStart = true;
  for await (const chunk of source) {
    const decoded = typeof chunk === 'string' ? chunk : decode(decoder, chunk);
    // Editors put it in front, and a decoder of bytes takes it away.
    const text = isStart ? decoded.replace(/^\uFEFF/, '') : decoded;
    isStart &&= decoded === '';
    const [first = '', ...others] = text.split('\n');
    parts.push(first);
    for (const other of others) {
      yield join(parts);
      parts = [other];
    }
  }
  const rest = join([...parts, decode(decoder)]);
  if (rest !== '') yield rest;
}

function join(parts: readonly string[]): string {
  try {
    return parts.join('');
  } catch {
    throw invalid('a line is longer than the longest string of the JavaScript engine');
  }
}

/** Without bytes: the end, where a character may be cut off. */
function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    throw invalid('it is not UTF-8');
  }
}

export async function readHeader(lines: AsyncIterator<string>): Promise<{ sessionId: string }> {
  const header = decodeLine((await lines.next()).value, 1);
  if (header.agentSessions !== VERSION || typeof header.sessionId !== 'string') {
    throw invalid(`line 1 is not the header of an export in version ${VERSION}`);
  }
  return { sessionId: header.sessionId };
}

/** The items behind the header; throws at the end if the closing line is missing or disagrees. */
export async function* readItems(
  lines: AsyncIterable<string>,
): AsyncGenerator<AgentInputItem, void, undefined> {
  let count = 0;
  let announced: unknown;
  for await (const line of lines) {
    if (announced !== undefined && line.trim() === '') continue;
    if (announced !== undefined) throw invalid(`line ${count + 3} follows the closing line`);
    const { item, items } = decodeLine(line, count + 2);
    announced = items;
    if (items !== undefined) continue;
    if (!isItem(item)) throw invalid(`line ${count + 2} has no item`);
    count += 1;
    yield item;
  }
  if (announced !== count) throw invalid(`it is cut off or edited after item ${count}`);
}

function isItem(value: unknown): value is AgentInputItem {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function decodeLine(line: string | undefined, number: number): Record<string, unknown> {
  const value = line === undefined ? undefined : decodeItem(line);
  if (value === undefined) throw invalid(`line ${number} is not a JSON object`);
  return value as unknown as Record<string, unknown>;
}

function invalid(problem: string): SessionError {
  return new SessionError(
    'invalid_transfer',
    `Cannot import: ${problem}. Pass the complete output of exportSession().`,
  );
}

import type { AgentInputItem } from '@openai/agents';
import type { WireItem } from '../wire.ts';
import { readComputerOutput, readUserMessage } from './read.ts';
import { covers, withParts } from './same.ts';
import { sdkToWire, wireToSdk } from './sdk.ts';

/** What the API assigns: a replay need not have it. */
const ASSIGNED = ['id', 'status', 'created_by', 'request_id'];

/** Results of hosted tools that the SDK keeps in its item and sends to no model. */
const NOT_REPLAYED: ReadonlyMap<string, string> = new Map([
  ['mcp_call', 'output'],
  ['image_generation_call', 'result'],
]);

/**
 * Converts one item of the API to one of the SDK. What the SDK would send to a model otherwise than
 * it is stored becomes an `unknown` item with the raw data, which the SDK sends as it is.
 *
 * Outputs are the exception: the SDK drops a call whose output it does not recognize, so an output
 * keeps its type even where the API withheld a part of it, such as the data of an image.
 */
export async function fromWire(wire: WireItem): Promise<AgentInputItem> {
  const item = readUserMessage(wire) ?? readComputerOutput(wire) ?? (await readBySdk(wire));
  if (item !== undefined && replays(item, wire)) return item;
  return { type: 'unknown', id: wire.id, providerData: { ...wire } };
}

async function readBySdk(wire: WireItem): Promise<AgentInputItem | undefined> {
  try {
    const items = await wireToSdk(wire);
    return items.length === 1 ? items[0] : undefined;
  } catch {
    return undefined;
  }
}

function replays(item: AgentInputItem, wire: WireItem): boolean {
  try {
    const sent = sdkToWire(item);
    if (sent === undefined) return false;
    return isOutput(wire) || isSame(toReplay({ type: 'message', ...sent }), toReplay(wire));
  } catch {
    // The SDK reads some items that it refuses to send.
    return false;
  }
}

function toReplay(wire: WireItem): Record<string, unknown> {
  const left = [...ASSIGNED, NOT_REPLAYED.get(wire.type)];
  return Object.fromEntries(Object.entries(withParts(wire)).filter(([key]) => !left.includes(key)));
}

function isSame(a: unknown, b: unknown): boolean {
  return covers(a, b) && covers(b, a);
}

function isOutput({ type }: WireItem): boolean {
  return type.endsWith('_output');
}

import type { AgentInputItem } from '@openai/agents-core';
import { parseWireItem, type WireItem } from '../wire/parse.ts';
import { sameItem } from './canonical.ts';
import { readComputerOutput, readUserMessage } from './read.ts';
import { sdkToWire, wireToSdk } from './sdk.ts';
import { toWire } from './to-wire.ts';

/**
 * Converts one item of the API to one of the SDK. What would replay differently becomes an `unknown`
 * item with the raw data, which the SDK replays as it is.
 *
 * Outputs are the exception: the SDK drops a call whose output it does not recognise, so an output
 * keeps its type even where the API withheld a part of it, such as the data of an image.
 */
export async function fromWire(wire: WireItem): Promise<AgentInputItem> {
  const item = readUserMessage(wire) ?? readComputerOutput(wire) ?? (await readBySdk(wire));
  if (item !== undefined && canReplay(item) && (replaysAs(item, wire) || isOutput(wire)))
    return item;
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

/** The SDK reads some items that it refuses to send. */
function canReplay(item: AgentInputItem): boolean {
  try {
    return sdkToWire(item) !== undefined;
  } catch {
    return false;
  }
}

function replaysAs(item: AgentInputItem, wire: WireItem): boolean {
  try {
    const replayed = toWire(item, 'item')?.wire;
    return replayed !== undefined && sameItem(replayed, wire) && isStorable(wire);
  } catch {
    return false;
  }
}

/** Data that the API's input schema does not know would be compared without what it does not know. */
function isStorable(wire: WireItem): boolean {
  return 'item' in parseWireItem(wire);
}

function isOutput({ type }: WireItem): boolean {
  return type.endsWith('_output');
}

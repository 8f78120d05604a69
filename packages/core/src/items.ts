import { encodeItem } from './codec.ts';
import { SessionError } from './errors.ts';

/**
 * Encodes a batch before anything else happens, so that the caller may change the items afterwards
 * and an invalid one leaves nothing half written.
 */
export function encodeItems(items: unknown): string[] {
  if (!Array.isArray(items)) {
    throw new SessionError('invalid_item', 'Cannot store the items: they are not an array.');
  }
  const texts: string[] = [];
  // Not Array.from(), which costs a third of what encoding costs.
  for (let index = 0; index < items.length; index += 1) {
    texts.push(encodeItem(items[index], `items[${index}]`));
  }
  return texts;
}

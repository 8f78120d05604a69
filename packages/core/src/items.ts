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
  return Array.from(items, (item: unknown, index) => encodeItem(item, `items[${index}]`));
}

import { encodeItem } from './codec.ts';
import { SessionError } from './errors.ts';

/**
 * Encodes a batch before anything else happens, so that the caller may change the items afterwards
 * and an invalid one leaves nothing half written.
 */
export function encodeItems(items: unknown, maxBytes: number = Number.POSITIVE_INFINITY): string[] {
  if (!Array.isArray(items)) {
    throw new SessionError('invalid_item', 'Cannot store the items: they are not an array.');
  }
  return Array.from(items, (item: unknown, index) => {
    const record = encodeItem(item, `items[${index}]`);
    assertFits(record, maxBytes, `items[${index}]`);
    return record;
  });
}

function assertFits(record: string, maxBytes: number, name: string): void {
  // A UTF-16 unit takes at most three bytes of UTF-8, which settles it for almost every record.
  if (record.length * 3 <= maxBytes) return;
  const bytes = Buffer.byteLength(record);
  if (bytes <= maxBytes) return;
  throw new SessionError(
    'item_too_large',
    `${name} is too large: ${bytes} bytes, and the backend takes ${maxBytes}. Nothing was written.`,
  );
}

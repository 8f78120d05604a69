import type { AgentInputItem } from '@openai/agents';

/** Properties that hold what people wrote and read; the rest of an item is for machines. */
const READ_BY_PEOPLE = [
  'content',
  'input',
  'output',
  'outputs',
  'error',
  'action',
  'actions',
  'operation',
  'code',
  'queries',
  'results',
] as const;

/** Within those, what no person reads. */
const FOR_MACHINES: ReadonlySet<string> = new Set([
  'type',
  'id',
  'status',
  'providerData',
  'annotations',
  'logprobs',
  'image',
  'image_url',
  'file',
  'file_data',
  'file_id',
  'file_url',
  'fileUrl',
  'audio',
  'data',
  'detail',
  'mediaType',
  'format',
  'encrypted_content',
  'promptCacheBreakpoint',
  'prompt_cache_breakpoint',
]);

/** All text of an item that people wrote and read: message text, tool arguments and outputs. */
export function textOf(item: AgentInputItem): string {
  if (item.type === 'reasoning' || item.type === 'compaction') return '';
  const own = { ...item } as Record<string, unknown>;
  const { providerData } = own;
  const details = typeof providerData === 'object' && providerData !== null ? providerData : {};
  const wire: Record<string, unknown> = { ...details, ...own };
  const found: string[] = [];
  for (const property of READ_BY_PEOPLE) collect(wire[property], found, 'item');
  // Text, or an object of the tool's own.
  collect(wire.arguments, found, typeof wire.arguments === 'string' ? 'item' : 'data');
  return found.join('\n');
}

/** What a user message says; attachments say nothing. */
export function messageText(item: AgentInputItem): string {
  const found: string[] = [];
  if ('content' in item) collect(item.content, found, 'message');
  return found.join('\n');
}

/**
 * Tells whether texts contain another, whatever the case, in any language: both are folded, which
 * also makes equal what Unicode writes in two ways. `%` and `_` are nothing special.
 */
export function matcher(searched: string): (text: string) => boolean {
  const needle = fold(searched);
  return (text) => fold(text).includes(needle);
}

/**
 * Upper case last: of two lower-case letters with one capital, as σ and ς, it makes one. The dot that
 * the small letter of İ keeps goes, for Turkish has none there.
 */
function fold(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('i\u0307', 'i')
    .toUpperCase()
    .normalize('NFC');
}

/**
 * What a value is: a part of an item, whose texts may be JSON with escapes; what a message says; or
 * data, whose properties are called as somebody else likes.
 */
type Kind = 'item' | 'message' | 'data';

function collect(value: unknown, found: string[], kind: Kind): void {
  if (typeof value === 'string') {
    found.push(value);
    if (kind === 'item' && /^\s*[[{"]/.test(value) && value.includes('\\')) {
      collectJson(value, found);
    }
  } else if (typeof value === 'number' || typeof value === 'boolean') {
    found.push(String(value));
  } else if (Array.isArray(value)) {
    for (const entry of value) collect(entry, found, kind);
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const isFile = 'type' in value && value.type === 'input_file';
    for (const [key, entry] of Object.entries(value)) {
      const isForMachines = FOR_MACHINES.has(key) || (isFile && key === 'filename');
      if (kind === 'data' || !isForMachines) collect(entry, found, kind);
    }
  }
}

function collectJson(text: string, found: string[]): void {
  try {
    collect(JSON.parse(text), found, 'data');
  } catch {
    // Cut-off JSON is searched as the text that it is.
  }
}

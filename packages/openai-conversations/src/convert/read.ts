import type { AgentInputItem, UserMessageItem } from '@openai/agents';
import { isRecord } from '../is-record.ts';
import type { WireItem } from '../wire.ts';

type UserContent = Exclude<UserMessageItem['content'], string>[number];

/** Reads a user's message with everything in it; the SDK's reader forgets details and cache marks. */
export function readUserMessage(wire: WireItem): AgentInputItem | undefined {
  const { type, role, id, content, status: _status, ...more } = wire;
  if (type !== 'message' || role !== 'user' || !Array.isArray(content)) return undefined;
  const parts = content.map(readPart);
  if (!parts.every((part) => part !== undefined)) return undefined;
  return { id, type: 'message', role: 'user', content: parts, ...extra(more) };
}

/** Reads a screenshot, for which the SDK has a type but no reader. */
export function readComputerOutput(wire: WireItem): AgentInputItem | undefined {
  const { type, id, call_id: callId, output, status, acknowledged_safety_checks: checks } = wire;
  if (type !== 'computer_call_output' || typeof callId !== 'string') return undefined;
  if (!isRecord(output) || typeof output.image_url !== 'string') return undefined;
  return {
    type: 'computer_call_result',
    id,
    callId,
    output: { type: 'computer_screenshot', data: output.image_url },
    providerData: {
      ...(typeof status === 'string' && { status }),
      ...(Array.isArray(checks) && { acknowledgedSafetyChecks: checks }),
    },
  };
}

function readPart(part: unknown): UserContent | undefined {
  if (!isRecord(part)) return undefined;
  const { type, prompt_cache_breakpoint: mark, ...fields } = part;
  const cache = isRecord(mark) ? { promptCacheBreakpoint: { mode: 'explicit' as const } } : {};
  switch (type) {
    case 'input_text': {
      const { text, ...more } = fields;
      return { type, text: String(text), ...cache, ...extra(more) };
    }
    case 'input_image':
      return readImage(fields, cache);
    case 'input_file':
      return readFile(fields, cache);
    default:
      return undefined;
  }
}

function readImage(part: Record<string, unknown>, cache: object): UserContent | undefined {
  const { image_url: url, file_id: file, detail, ...more } = part;
  const image = textOf(url) ?? idOf(file);
  if (image === undefined) return undefined;
  const shown = textOf(detail);
  return {
    type: 'input_image',
    image,
    ...(shown !== undefined && { detail: shown }),
    ...cache,
    ...extra(more),
  };
}

function readFile(part: Record<string, unknown>, cache: object): UserContent | undefined {
  const { file_url, file_data, file_id, filename, ...more } = part;
  const url = textOf(file_url);
  const file = textOf(file_data) ?? (url === undefined ? idOf(file_id) : { url });
  if (file === undefined) return undefined;
  const name = textOf(filename);
  return {
    type: 'input_file',
    file,
    ...(name !== undefined && { filename: name }),
    ...cache,
    ...extra(more),
  };
}

/** What the SDK has no name for and sends as it is. */
function extra(fields: Record<string, unknown>): { providerData?: Record<string, unknown> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== null);
  return entries.length === 0 ? {} : { providerData: Object.fromEntries(entries) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function idOf(value: unknown): { id: string } | undefined {
  return typeof value === 'string' && value !== '' ? { id: value } : undefined;
}

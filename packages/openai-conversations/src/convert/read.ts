import type { AgentInputItem, UserMessageItem } from '@openai/agents-core';
import { isRecord } from '../json.ts';
import type { WireItem } from '../wire/parse.ts';

type UserContent = Exclude<UserMessageItem['content'], string>[number];

/** Reads a user's message with everything in it; the SDK's reader forgets details and cache marks. */
export function readUserMessage({ type, role, id, content }: WireItem): AgentInputItem | undefined {
  if (type !== 'message' || role !== 'user' || !Array.isArray(content)) return undefined;
  const parts = content.map(readPart);
  if (!parts.every((part) => part !== undefined)) return undefined;
  return { id, type: 'message', role: 'user', content: parts };
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
  const cache = isRecord(part.prompt_cache_breakpoint)
    ? { promptCacheBreakpoint: { mode: 'explicit' as const } }
    : {};
  switch (part.type) {
    case 'input_text':
      return { type: 'input_text', text: String(part.text), ...cache };
    case 'input_image': {
      const image = textOf(part.image_url) ?? idOf(part.file_id);
      if (image === undefined) return undefined;
      const detail = textOf(part.detail);
      return { type: 'input_image', image, ...(detail !== undefined && { detail }), ...cache };
    }
    case 'input_file':
      return readFile(part, cache);
    default:
      return undefined;
  }
}

function readFile(part: Record<string, unknown>, cache: object): UserContent | undefined {
  const url = textOf(part.file_url);
  const file = textOf(part.file_data) ?? (url === undefined ? idOf(part.file_id) : { url });
  if (file === undefined) return undefined;
  const filename = textOf(part.filename);
  const detail = textOf(part.detail);
  return {
    type: 'input_file',
    file,
    ...(filename !== undefined && { filename }),
    ...(detail !== undefined && { providerData: { detail } }),
    ...cache,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function idOf(value: unknown): { id: string } | undefined {
  return typeof value === 'string' && value !== '' ? { id: value } : undefined;
}

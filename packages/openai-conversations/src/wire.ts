import type OpenAI from 'openai';
import { isRecord } from './is-record.ts';

/** An item as the Conversations API takes and returns it. */
export interface WireItem {
  readonly type: string;
  readonly id?: string;
  readonly [field: string]: unknown;
}

/** Why an item cannot be stored, as the code and the end of an error message. */
export interface Problem {
  readonly problem: string;
  readonly code: 'unsupported' | 'invalid_item' | 'item_too_large';
}

type KnownType = NonNullable<
  OpenAI.Conversations.ConversationItem['type'] | OpenAI.Responses.ResponseInputItem['type']
>;

/**
 * Who assigns the id of an item, or `none` for what tells the model something and is not history.
 * The compiler refuses this table as soon as the installed `openai` package has a type that it lacks.
 */
export const ID_BY_TYPE: Readonly<Record<KnownType, 'caller' | 'server' | 'none'>> = {
  additional_tools: 'server',
  apply_patch_call: 'server',
  apply_patch_call_output: 'server',
  code_interpreter_call: 'caller',
  compaction: 'server',
  compaction_trigger: 'none',
  computer_call: 'caller',
  computer_call_output: 'server',
  configuration_update: 'server',
  custom_tool_call: 'server',
  custom_tool_call_output: 'server',
  file_search_call: 'caller',
  function_call: 'server',
  function_call_output: 'server',
  image_generation_call: 'caller',
  item_reference: 'none',
  local_shell_call: 'caller',
  local_shell_call_output: 'caller',
  mcp_approval_request: 'caller',
  mcp_approval_response: 'server',
  mcp_call: 'caller',
  mcp_list_tools: 'caller',
  message: 'server',
  program: 'caller',
  program_output: 'caller',
  reasoning: 'caller',
  shell_call: 'server',
  shell_call_output: 'server',
  tool_search_call: 'server',
  tool_search_output: 'server',
  web_search_call: 'caller',
};

const MAX_CALL_ID = 64;
const MAX_TEXT = 10_485_760;

/** The API's published limits, in characters. */
const MAX_CHARACTERS: ReadonlyMap<string, number> = new Map([
  ['text', MAX_TEXT],
  ['output', MAX_TEXT],
  ['stdout', MAX_TEXT],
  ['stderr', MAX_TEXT],
  ['diff', MAX_TEXT],
  ['image_url', 20_971_520],
  ['encrypted_content', 20_971_520],
  ['file_data', 73_400_320],
]);

/** Of which one must be there. */
const SOURCES: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['input_image', ['image_url', 'file_id']],
  ['input_file', ['file_id', 'file_data', 'file_url']],
  ['computer_screenshot', ['image_url', 'file_id']],
]);

/** Whether an item keeps its id: that of a type which nobody knows may be required. */
export function keepsId(type: string): boolean {
  return idOf(type) === undefined || idOf(type) === 'caller';
}

/** What the API is known to refuse in an item; it judges all the rest itself. */
export function problemOf(wire: WireItem): Problem | undefined {
  if (!isText(wire.type)) return unsupported('it has no type of the Conversations API');
  if (idOf(wire.type) === 'none') {
    return unsupported('it tells the model something and is not a part of the history');
  }
  if (idOf(wire.type) === 'caller' && !isText(wire.id)) {
    return unsupported('the Conversations API requires an id, and it has none');
  }
  if (typeof wire.call_id === 'string' && wire.call_id.length > MAX_CALL_ID) {
    return unsupported(`its call id is longer than ${MAX_CALL_ID} characters`);
  }
  for (const [place, part] of partsOf(wire)) {
    const problem = problemOfPart(place, part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function idOf(type: string): 'caller' | 'server' | 'none' | undefined {
  const ids: Readonly<Record<string, 'caller' | 'server' | 'none'>> = ID_BY_TYPE;
  return Object.hasOwn(ids, type) ? ids[type] : undefined;
}

function problemOfPart(place: string, part: Record<string, unknown>): Problem | undefined {
  for (const [field, value] of Object.entries(part)) {
    const bound = MAX_CHARACTERS.get(field);
    if (bound === undefined || typeof value !== 'string') continue;
    if (isLonger(value, bound)) {
      const problem = `${place}${field}: is longer than ${bound} characters`;
      return { problem, code: 'item_too_large' };
    }
  }
  if (isText(part.image_url) && !/^[a-z][a-z0-9+.-]*:\S/i.test(part.image_url)) {
    return unsupported(`${place}image_url: is not a URL`);
  }
  const sources = SOURCES.get(part.type);
  if (sources === undefined || sources.some((field) => isText(part[field]))) return undefined;
  return unsupported(`${place.slice(0, -1)}: has none of ${sources.join(', ')}`);
}

/** The item itself, and what it is made of, each with its place. */
function* partsOf(wire: WireItem): Generator<[string, Record<string, unknown>]> {
  yield ['', wire];
  for (const field of ['content', 'output', 'operation']) {
    const value = wire[field];
    if (isRecord(value)) yield [`${field}.`, value];
    if (!Array.isArray(value)) continue;
    for (const [index, part] of value.entries()) {
      if (isRecord(part)) yield [`${field}.${index}.`, part];
    }
  }
}

/** Characters as the API counts them, code points; counted only where the answer can differ. */
function isLonger(value: string, bound: number): boolean {
  if (value.length <= bound) return false;
  if (value.length > 2 * bound) return true;
  let count = 0;
  for (const _ of value) count += 1;
  return count > bound;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function unsupported(problem: string): Problem {
  return { problem, code: 'unsupported' };
}

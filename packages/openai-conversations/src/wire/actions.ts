import { z } from 'zod';
import { byType, nullable, optional, typed } from './combinators.ts';
import { integer, json, string, strings, text, url } from './fields.ts';

const point = { x: integer, y: integer };
const keys = { keys: optional(strings) };

/** What a computer tool does. */
export const computerAction: z.ZodType = byType({
  click: typed('click', {
    button: z.enum(['left', 'right', 'wheel', 'back', 'forward']),
    ...point,
    ...keys,
  }),
  // The schema requires `keys` here, and here alone; the SDK knows no such field.
  double_click: typed('double_click', {
    ...point,
    keys: nullable(strings),
  }),
  drag: typed('drag', { path: z.array(z.object(point)), ...keys }),
  keypress: typed('keypress', { keys: strings }),
  move: typed('move', { ...point, ...keys }),
  screenshot: typed('screenshot'),
  scroll: typed('scroll', { ...point, scroll_x: integer, scroll_y: integer, ...keys }),
  type: typed('type', { text: string }),
  wait: typed('wait'),
});

/** A warning that somebody must acknowledge before a computer tool goes on. */
export const safetyChecks: z.ZodType = z.array(
  z.object({ id: string, code: optional(string), message: optional(string) }),
);

export const webSearchAction: z.ZodType = byType({
  search: typed('search', {
    query: optional(string),
    queries: optional(strings),
    sources: optional(z.array(typed('url', { url }))),
  }),
  open_page: typed('open_page', { url: optional(url) }),
  find_in_page: typed('find_in_page', { url, pattern: string }),
});

export const shellAction: z.ZodType = z.object({
  commands: strings,
  timeout_ms: optional(integer),
  max_output_length: optional(integer),
});

const skill = z.object({ name: string, description: string, path: string });

export const shellEnvironment: z.ZodType = byType({
  local: typed('local', { skills: optional(z.array(skill)) }),
  container_reference: typed('container_reference', { container_id: string }),
});

export const shellOutput: z.ZodType = z.array(
  z.object({
    stdout: text,
    stderr: text,
    outcome: byType({ timeout: typed('timeout'), exit: typed('exit', { exit_code: integer }) }),
  }),
);

export const localShellAction: z.ZodType = typed('exec', {
  command: strings,
  timeout_ms: optional(integer),
  working_directory: optional(string),
  env: z.record(z.string(), z.string()),
  user: optional(string),
});

const path = z.string().min(1);

/** Strict: a move that the schema does not know would change the patch if it were left off. */
export const patchOperation: z.ZodType = byType({
  create_file: z.strictObject({ type: z.literal('create_file'), path, diff: text }),
  update_file: z.strictObject({ type: z.literal('update_file'), path, diff: text }),
  delete_file: z.strictObject({ type: z.literal('delete_file'), path }),
});

export const codeOutputs: z.ZodType = z.array(
  byType({ logs: typed('logs', { logs: string }), image: typed('image', { url }) }),
);

const attribute = z.union([z.string().max(512), z.number(), z.boolean()]);

export const searchResults: z.ZodType = z.array(
  z.object({
    file_id: optional(string),
    text: optional(string),
    filename: optional(string),
    attributes: optional(z.record(z.string(), attribute)),
    score: optional(z.number()),
  }),
);

export const mcpError: z.ZodType = byType({
  mcp_protocol_error: typed('mcp_protocol_error', { code: integer, message: string }),
  mcp_tool_execution_error: typed('mcp_tool_execution_error', { content: json }),
  http_error: typed('http_error', { code: integer, message: string }),
});

import { z } from 'zod';
import { byType, nullable, optional, typed } from './combinators.ts';
import { boolean, json, jsonObject, string } from './fields.ts';

const allowedCallers = optional(z.array(z.enum(['direct', 'programmatic'])).min(1));

const functionTool = typed('function', {
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'is not a function name'),
  description: optional(string),
  parameters: nullable(jsonObject),
  strict: nullable(boolean),
  output_schema: optional(jsonObject),
  defer_loading: optional(boolean),
  allowed_callers: allowedCallers,
});

const customTool = typed('custom', {
  name: string,
  description: optional(string),
  format: optional(
    byType({
      text: typed('text'),
      grammar: typed('grammar', { syntax: z.enum(['lark', 'regex']), definition: string }),
    }),
  ),
  defer_loading: optional(boolean),
  allowed_callers: allowedCallers,
});

/** Tools whose definition nobody writes by hand into an item: kept as they came. */
const hosted = (type: string, required: z.ZodRawShape = {}): z.ZodType =>
  z.looseObject({ type: z.literal(type), ...required });

/** Tool definitions, as tool search finds them. */
export const tools: z.ZodType = z.array(
  byType({
    function: functionTool,
    custom: customTool,
    namespace: typed('namespace', {
      name: z.string().min(1),
      description: string,
      tools: z.array(byType({ function: functionTool, custom: customTool })).min(1),
    }),
    mcp: hosted('mcp', { server_label: string }),
    file_search: hosted('file_search', { vector_store_ids: z.array(z.string()) }),
    code_interpreter: hosted('code_interpreter', { container: json }),
    web_search: hosted('web_search'),
    web_search_2025_08_26: hosted('web_search_2025_08_26'),
    web_search_preview: hosted('web_search_preview'),
    web_search_preview_2025_03_11: hosted('web_search_preview_2025_03_11'),
    image_generation: hosted('image_generation'),
    shell: hosted('shell'),
    local_shell: hosted('local_shell'),
    apply_patch: hosted('apply_patch'),
    computer: hosted('computer'),
    computer_use_preview: hosted('computer_use_preview'),
    programmatic_tool_calling: hosted('programmatic_tool_calling'),
    tool_search: hosted('tool_search'),
  }),
);

/** The tools of an MCP server. */
export const mcpTools: z.ZodType = z.array(
  z.object({
    name: string,
    description: optional(string),
    input_schema: jsonObject,
    annotations: optional(jsonObject),
  }),
);

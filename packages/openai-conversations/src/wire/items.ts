import { z } from 'zod';
import {
  codeOutputs,
  computerAction,
  localShellAction,
  mcpError,
  patchOperation,
  safetyChecks,
  searchResults,
  shellAction,
  shellEnvironment,
  shellOutput,
  webSearchAction,
} from './actions.ts';
import { type Fields, nonEmpty, nullable, oneOf, optional, typed } from './combinators.ts';
import { inputContent, outputContent, screenshot, toolOutput } from './content.ts';
import {
  boolean,
  caller,
  callId,
  encryptedContent,
  integer,
  jsonObject,
  status,
  string,
  strings,
  text,
} from './fields.ts';
import { mcpTools, tools } from './tools.ts';

const call: Fields = { call_id: callId };
const called: Fields = { ...call, caller: optional(caller) };
/**
 * Items whose schema requires an id: without theirs the API refuses them. All others get a new one
 * from the server.
 */
export const ITEMS_WITH_ID: Readonly<Record<string, Fields>> = {
  reasoning: {
    summary: z.array(typed('summary_text', { text: string })),
    content: optional(z.array(typed('reasoning_text', { text: string }))),
    encrypted_content: optional(string),
    status: optional(status),
  },
  program: { ...call, code: text, fingerprint: text },
  program_output: { ...call, result: text, status: oneOf('completed', 'incomplete') },
  file_search_call: {
    status: oneOf('in_progress', 'searching', 'completed', 'incomplete', 'failed'),
    queries: strings,
    results: optional(searchResults),
  },
  web_search_call: {
    status: oneOf('in_progress', 'searching', 'completed', 'failed'),
    action: webSearchAction,
  },
  image_generation_call: {
    status: oneOf('in_progress', 'completed', 'generating', 'failed'),
    result: nullable(string),
  },
  code_interpreter_call: {
    status: oneOf('in_progress', 'completed', 'incomplete', 'interpreting', 'failed'),
    container_id: string,
    code: nullable(string),
    outputs: nullable(codeOutputs),
  },
  computer_call: {
    ...call,
    action: optional(computerAction),
    actions: optional(z.array(computerAction)),
    // The schema requires the field, the API refuses it when it is empty.
    pending_safety_checks: nonEmpty(safetyChecks),
    status,
  },
  local_shell_call: { call_id: string, action: localShellAction, status },
  local_shell_call_output: { call_id: optional(string), output: string, status: optional(status) },
  mcp_list_tools: { server_label: string, tools: mcpTools, error: optional(string) },
  mcp_approval_request: { server_label: string, name: string, arguments: string },
  mcp_call: {
    server_label: string,
    name: string,
    arguments: string,
    output: optional(string),
    error: optional(mcpError),
    status: optional(oneOf('in_progress', 'completed', 'incomplete', 'calling', 'failed')),
    approval_request_id: optional(string),
  },
};

/** Items that are stored without the caller's id, messages apart. */
export const ITEMS_WITHOUT_ID: Readonly<Record<string, Fields>> = {
  function_call: {
    ...called,
    name: string,
    namespace: optional(string),
    arguments: string,
    status: optional(status),
  },
  function_call_output: {
    ...called,
    output: toolOutput,
    name: optional(z.string().min(1).max(128)),
    namespace: optional(z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'is not a namespace')),
    status: optional(status),
  },
  custom_tool_call: {
    call_id: string,
    caller: optional(caller),
    name: string,
    namespace: optional(string),
    input: string,
  },
  custom_tool_call_output: { call_id: string, caller: optional(caller), output: toolOutput },
  computer_call_output: {
    ...call,
    output: screenshot,
    acknowledged_safety_checks: nonEmpty(safetyChecks),
    status: optional(status),
  },
  shell_call: {
    ...called,
    action: shellAction,
    status: optional(status),
    environment: optional(shellEnvironment),
  },
  shell_call_output: {
    ...called,
    output: shellOutput,
    status: optional(status),
    max_output_length: optional(integer),
  },
  apply_patch_call: {
    ...called,
    status: oneOf('in_progress', 'completed'),
    operation: patchOperation,
  },
  apply_patch_call_output: {
    ...called,
    status: oneOf('completed', 'failed'),
    output: optional(text),
  },
  tool_search_call: {
    call_id: optional(callId),
    execution: optional(oneOf('server', 'client')),
    arguments: jsonObject,
    status: optional(status),
  },
  tool_search_output: {
    call_id: optional(callId),
    execution: optional(oneOf('server', 'client')),
    tools,
    status: optional(status),
  },
  additional_tools: { role: z.literal('developer'), tools },
  mcp_approval_response: {
    approval_request_id: string,
    approve: boolean,
    reason: optional(string),
    request_id: optional(string),
  },
  compaction: { encrypted_content: encryptedContent },
};

/** Messages, by role. */
export const MESSAGES: Readonly<Record<string, Fields>> = {
  user: { content: inputContent },
  system: { content: inputContent },
  developer: { content: inputContent },
  assistant: {
    content: outputContent,
    phase: optional(oneOf('commentary', 'final_answer')),
    status: optional(status).transform((value) => value ?? 'completed'),
  },
};

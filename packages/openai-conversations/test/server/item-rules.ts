type Item = Record<string, unknown>;

/** Per item type: the fields that a request may have; `!` after those that it must have. */
const FIELDS: Readonly<Record<string, string>> = {
  message: 'role! content! status phase',
  function_call: 'id call_id! name! arguments! namespace caller status',
  function_call_output: 'id call_id! output! name namespace caller status',
  custom_tool_call: 'id call_id! name! input! namespace caller',
  custom_tool_call_output: 'id call_id! output! caller',
  reasoning: 'id! summary! content encrypted_content status',
  program: 'id! call_id! code! fingerprint!',
  program_output: 'id! call_id! result! status!',
  file_search_call: 'id! status! queries! results',
  web_search_call: 'id! status! action!',
  image_generation_call: 'id! status! result!',
  code_interpreter_call: 'id! status! container_id! code! outputs!',
  computer_call: 'id! call_id! status! action actions pending_safety_checks',
  computer_call_output: 'id call_id! output! status acknowledged_safety_checks',
  shell_call: 'id call_id! action! status environment caller',
  shell_call_output: 'id call_id! output! status max_output_length caller',
  apply_patch_call: 'id call_id! status! operation! caller',
  apply_patch_call_output: 'id call_id! status! output caller',
  local_shell_call: 'id! call_id! action! status!',
  local_shell_call_output: 'id! output! call_id status',
  tool_search_call: 'id call_id execution arguments! status',
  tool_search_output: 'id call_id execution tools! status',
  additional_tools: 'id role! tools!',
  mcp_list_tools: 'id! server_label! tools! error',
  mcp_approval_request: 'id! server_label! name! arguments!',
  mcp_approval_response: 'id approval_request_id! approve! reason request_id',
  mcp_call: 'id! server_label! name! arguments! output error status approval_request_id',
  compaction: 'id encrypted_content!',
};

/** What the documentation forbids about an item of a request; `undefined` if nothing. */
export function itemProblem(item: Item): string | undefined {
  const type = item.type ?? (item.role === undefined ? undefined : 'message');
  const declared = FIELDS[String(type)]?.split(' ');
  if (declared === undefined) return `unknown item type ${String(type)}`;
  const names = new Set(['type', ...declared.map((field) => field.replace('!', ''))]);
  const unknown = Object.keys(item).find((key) => !names.has(key));
  if (unknown !== undefined) return `unknown parameter ${unknown}`;
  const missing = declared.find((field) => field.endsWith('!') && !(field.slice(0, -1) in item));
  if (missing !== undefined) return `missing parameter ${missing.slice(0, -1)}`;
  if (typeof item.call_id === 'string' && item.call_id.length > 64) return 'call_id is too long';
  const checks = item.pending_safety_checks;
  if (Array.isArray(checks) && checks.length === 0) return 'pending_safety_checks is empty';
  return type === 'message' ? messageProblem(item) : undefined;
}

function messageProblem({ role, content }: Item): string | undefined {
  if (!['user', 'assistant', 'system', 'developer'].includes(String(role))) return 'unknown role';
  if (typeof content === 'string') return undefined;
  if (!Array.isArray(content)) return 'content is no list';
  const allowed =
    role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file'];
  const bad = content.find((part: Item) => !allowed.includes(String(part.type)));
  return bad === undefined ? undefined : `unknown content type ${String(bad.type)}`;
}

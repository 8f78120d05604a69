type Item = Record<string, unknown>;

const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
  compaction: 'cmp',
};

/** What the server keeps of an item: an id of its own where none is required, and every default. */
export function toStored(input: Item, number: number, keepsId: boolean): Item {
  const type = String(input.type ?? 'message');
  const id =
    keepsId && input.id !== undefined
      ? input.id
      : `${PREFIXES[type] ?? 'item'}_${String(number).padStart(8, '0')}`;
  return { ...defaults(type, input), ...withoutNull(input), type, id, ...content(type, input) };
}

/** An item as a page shows it: some data only comes if it is asked for. */
export function shown(item: Item, include: ReadonlySet<string>): Item {
  const copy = structuredClone(item);
  const parts = (Array.isArray(copy.content) ? copy.content : []) as Item[];
  if (!include.has('message.input_image.image_url')) {
    for (const part of parts) if (part.type === 'input_image') part.image_url = null;
  }
  if (!include.has('message.output_text.logprobs')) {
    for (const part of parts) if (part.type === 'output_text') part.logprobs = [];
  }
  switch (copy.type) {
    case 'reasoning':
      if (!include.has('reasoning.encrypted_content')) delete copy.encrypted_content;
      break;
    case 'file_search_call':
      if (!include.has('file_search_call.results')) copy.results = null;
      break;
    case 'code_interpreter_call':
      if (!include.has('code_interpreter_call.outputs')) copy.outputs = null;
      break;
    case 'web_search_call':
      if (!include.has('web_search_call.action.sources')) delete (copy.action as Item).sources;
      break;
    case 'computer_call_output':
      if (!include.has('computer_call_output.output.image_url')) {
        delete (copy.output as Item).image_url;
      }
      break;
  }
  return copy;
}

function defaults(type: string, input: Item): Item {
  const status = input.status ?? 'completed';
  switch (type) {
    case 'tool_search_call':
    case 'tool_search_output':
      return { status, call_id: null, execution: 'server' };
    case 'shell_call':
      return { status, environment: null };
    case 'shell_call_output':
      return { status, max_output_length: null };
    case 'message':
    case 'function_call':
    case 'function_call_output':
    case 'computer_call_output':
      return { status };
    case 'image_generation_call':
      return { result: null };
    case 'code_interpreter_call':
      return { code: null, outputs: null };
    default:
      return {};
  }
}

function content(type: string, input: Item): Item {
  if (type === 'message') {
    const role = input.role;
    const part = { type: role === 'assistant' ? 'output_text' : 'input_text', text: input.content };
    const parts = typeof input.content === 'string' ? [part] : (input.content as Item[]);
    return { content: parts.map(storedPart) };
  }
  if (type.endsWith('call_output') && Array.isArray(input.output) && type !== 'shell_call_output') {
    return { output: input.output.map(storedPart) };
  }
  if (type === 'shell_call') {
    return { action: { timeout_ms: null, max_output_length: null, ...(input.action as Item) } };
  }
  return {};
}

function storedPart(part: Item): Item {
  if (part.type === 'output_text') return { annotations: [], logprobs: [], ...part };
  return part.type === 'input_image' ? { detail: 'auto', ...part } : { ...part };
}

function withoutNull(item: Item): Item {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
}

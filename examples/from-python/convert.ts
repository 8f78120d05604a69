import type { AgentInputItem } from '@openai/agents';

/** An item as the Python SDK stores it: an input item of the Responses API. */
export type PythonItem = Readonly<Record<string, unknown>>;

/**
 * Turns a history of the Python SDK into one of the JavaScript SDK. An item that is not converted here
 * becomes `unknown`, which the SDK sends to the Responses API as it is.
 */
export function fromPython(history: readonly PythonItem[]): AgentInputItem[] {
  const calls = history.filter(({ type }) => type === 'function_call');
  const toolNames = new Map(calls.map(({ call_id, name }) => [call_id, name]));
  return history.map((original) => {
    // Python's mark for a message that no server gave an id; a server would refuse it.
    const { id, ...rest } = original;
    const item = typeof id === 'string' && id !== '__fake_id__' ? original : rest;
    const converted = convert(item, toolNames) ?? {
      type: 'unknown',
      id: item.id,
      providerData: 'role' in item ? { type: 'message', ...item } : item,
    };
    return converted as AgentInputItem;
  });
}

function convert(item: PythonItem, toolNames: ReadonlyMap<unknown, unknown>): object | undefined {
  const { type = 'message', ...fields } = item;
  switch (type) {
    case 'message':
      return fields.role === 'assistant' ? assistantMessage(fields) : inputMessage(fields);
    case 'function_call': {
      const { id, call_id: callId, name, namespace, arguments: args, status, ...rest } = fields;
      if ('caller' in rest) return undefined;
      const call = { type, id, callId, name, status: status ?? 'completed', arguments: args };
      return { ...call, ...(namespace ? { namespace } : {}), providerData: rest };
    }
    case 'function_call_output': {
      const { id, call_id: callId, output, status, ...rest } = fields;
      if ('caller' in rest) return undefined;
      const converted = typeof output === 'string' ? output : parts(output);
      const name = toolNames.get(callId) ?? callId;
      return converted === undefined
        ? undefined
        : {
            ...{ type: 'function_call_result', id, callId, name, status: status ?? 'completed' },
            ...{ output: converted, providerData: rest },
          };
    }
    case 'reasoning': {
      const { id, summary, ...providerData } = fields;
      const content = each(summary, ({ type: _, text, ...rest }) => {
        return { type: 'input_text', text, providerData: rest };
      });
      return content && { type, id, content, providerData };
    }
    case 'compaction':
      return item;
    default:
      return undefined;
  }
}

function inputMessage({ id, role, content, ...providerData }: PythonItem): object | undefined {
  if (role !== 'user' && (role !== 'system' || typeof content !== 'string')) return undefined;
  const converted = typeof content === 'string' ? content : parts(content);
  if (converted === undefined) return undefined;
  return { type: 'message', id, role, content: converted, providerData };
}

function assistantMessage({ id, content, status, ...rest }: PythonItem): object | undefined {
  const { role, ...providerData } = rest;
  const list = typeof content === 'string' ? [{ type: 'output_text', text: content }] : content;
  const converted = each(list, ({ type, text, refusal, ...data }) => {
    if (type === 'output_text') return { type, text, providerData: data };
    return type === 'refusal' ? { type, refusal, providerData: data } : undefined;
  });
  const message = { type: 'message', id, role, status: status ?? 'completed' };
  return converted && { ...message, content: converted, providerData };
}

/** Texts, images and files, of a message or of a tool's output. */
function parts(content: unknown): object[] | undefined {
  return each(content, ({ type, ...part }) => {
    const { text, image_url, file_data, file_url, file_id, detail, filename } = part;
    const uploaded = typeof file_id === 'string' ? { id: file_id } : undefined;
    if (type === 'input_text') return { type, text };
    if (type === 'input_image') {
      const image = image_url ?? uploaded;
      return image && { type, image, ...(detail ? { detail } : {}) };
    }
    if (type === 'input_file') {
      const file = file_data ?? (file_url ? { url: file_url } : uploaded);
      return file && { type, file, ...(filename ? { filename } : {}) };
    }
    return undefined;
  });
}

/** Converts a list; nothing, if it is none or one of its entries cannot be converted. */
function each(
  list: unknown,
  convertOne: (entry: PythonItem) => object | undefined,
): object[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const converted = list.map(convertOne);
  return converted.every((entry) => entry !== undefined) ? converted : undefined;
}

import type { AgentInputItem } from '@openai/agents';
import { done, loose, PDF, PIXEL, raw, result, URL_OF_IMAGE } from './make.ts';

export const functions: Record<string, AgentInputItem> = {
  function_call: loose({
    type: 'function_call',
    callId: 'call_1',
    name: 'tool',
    arguments: '{"a":1}',
    ...done,
  }),
  'function_call, with id': loose({
    type: 'function_call',
    id: 'fc_from_the_model',
    callId: 'call_1',
    name: 'tool',
    arguments: '{}',
  }),
  'function_call, namespace': loose({
    type: 'function_call',
    callId: 'call_1',
    name: 'tool',
    namespace: 'crm',
    arguments: '{}',
    ...done,
  }),
  'function_call, direct caller': loose({
    type: 'function_call',
    callId: 'call_1',
    name: 'tool',
    arguments: '{}',
    caller: { type: 'direct' },
  }),
  'function_call, program caller': loose({
    type: 'function_call',
    callId: 'call_1',
    name: 'tool',
    arguments: '{}',
    caller: { type: 'program', callerId: 'call_p' },
  }),
  'function_call, call id over 64 characters': loose({
    type: 'function_call',
    callId: 'c'.repeat(65),
    name: 'tool',
    arguments: '{}',
  }),
  'function_call_result, string': result('done'),
  'function_call_result, empty string': result(''),
  'function_call_result, text': result({ type: 'text', text: 'done' }),
  'function_call_result, namespace': result('done', { namespace: 'crm' }),
  'function_call_result, program caller': result('done', {
    caller: { type: 'program', callerId: 'call_p' },
  }),
  'function_call_result, list of text': result([{ type: 'input_text', text: 'done' }]),
  'function_call_result, empty list': result([]),
  'function_call_result, image as data URL': result([{ type: 'input_image', image: PIXEL }]),
  'function_call_result, image with detail': result([
    { type: 'input_image', image: URL_OF_IMAGE, detail: 'high' },
  ]),
  'function_call_result, image by file id': result([
    { type: 'input_image', image: { id: 'file_1' } },
  ]),
  'function_call_result, file as data URL': result([
    { type: 'input_file', file: PDF, filename: 'a.pdf' },
  ]),
  'function_call_result, file by URL': result([
    { type: 'input_file', file: { url: 'https://example.com/a.pdf' } },
  ]),
  'function_call_result, file by id': result([{ type: 'input_file', file: { id: 'file_1' } }]),
  'function_call_result, image object, bytes': result({
    type: 'image',
    image: { data: new Uint8Array([137, 80, 78, 71]), mediaType: 'image/png' },
  }),
  'function_call_result, image object, base64 without media type': result({
    type: 'image',
    image: { data: 'iVBORw0KGgo=' },
  }),
  'function_call_result, image object, URL': result({
    type: 'image',
    image: { url: URL_OF_IMAGE },
  }),
  'function_call_result, image object, file id': result({
    type: 'image',
    image: { fileId: 'file_1' },
  }),
  'function_call_result, image object without source': result({ type: 'image' }),
  'function_call_result, file object, base64': result({
    type: 'file',
    file: { data: 'JVBERi0xLjQ=', mediaType: 'application/pdf', filename: 'a.pdf' },
  }),
  'function_call_result, file object, URL': result({
    type: 'file',
    file: { url: 'https://example.com/a.pdf', filename: 'a.pdf' },
  }),
  'function_call_result, file object, id': result({ type: 'file', file: { id: 'file_1' } }),
  'function_call_result, audio': result({ type: 'audio', audio: 'UklGRg==' }),
  'custom_tool_call, raw': raw({
    type: 'custom_tool_call',
    id: 'ctc_1',
    call_id: 'call_1',
    name: 'tool',
    input: 'x',
  }),
  'custom_tool_call_output, raw': raw({
    type: 'custom_tool_call_output',
    call_id: 'call_1',
    output: 'done',
  }),
  'custom_tool_call_output, raw, parts': raw({
    type: 'custom_tool_call_output',
    call_id: 'call_1',
    output: [{ type: 'input_text', text: 'done' }],
  }),
  'function_call_output, as the Responses API gives it': loose({
    type: 'function_call_output',
    id: 'fco_1',
    call_id: 'call_1',
    output: 'done',
    ...done,
  }),
};

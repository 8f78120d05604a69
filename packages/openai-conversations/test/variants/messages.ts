import type { AgentInputItem } from '@openai/agents';
import { assistant, loose, PDF, PIXEL, raw, text, URL_OF_IMAGE, user } from './make.ts';

export const messages: Record<string, AgentInputItem> = {
  'user, text': user('Hello'),
  'user, without type': loose({ role: 'user', content: 'Hello' }),
  'user, empty text': user(''),
  'user, special characters': user('a\u0000b 😀 한국어'),
  'user, parts of text': user([
    { type: 'input_text', text: 'a' },
    { type: 'input_text', text: 'b' },
  ]),
  'user, empty list': user([]),
  'user, image as data URL': user([{ type: 'input_image', image: PIXEL }]),
  'user, image by URL': user([{ type: 'input_image', image: URL_OF_IMAGE, detail: 'high' }]),
  'user, image by file id': user([{ type: 'input_image', image: { id: 'file_1' }, detail: 'low' }]),
  'user, image as bare base64': user([{ type: 'input_image', image: 'iVBORw0KGgo=' }]),
  'user, image without source': user([{ type: 'input_image' }]),
  'user, file as data URL': user([{ type: 'input_file', file: PDF, filename: 'a.pdf' }]),
  'user, file as base64': user([{ type: 'input_file', file: 'JVBERi0xLjQ=', filename: 'a.pdf' }]),
  'user, file by URL': user([{ type: 'input_file', file: { url: 'https://example.com/a.pdf' } }]),
  'user, file by id': user([{ type: 'input_file', file: { id: 'file_1' } }]),
  'user, text and image': user([
    { type: 'input_text', text: 'What is this?' },
    { type: 'input_image', image: PIXEL },
  ]),
  'user, cache breakpoint': user([
    { type: 'input_text', text: 'a', promptCacheBreakpoint: { mode: 'explicit' } },
  ]),
  'user, audio': user([{ type: 'audio', audio: 'UklGRg==', format: 'wav' }]),
  'system, text': loose({ type: 'message', role: 'system', content: 'Be brief.' }),
  'system, raw, two parts': raw({
    type: 'message',
    role: 'system',
    content: [
      { type: 'input_text', text: 'a' },
      { type: 'input_text', text: 'b' },
    ],
  }),
  'developer, raw': raw({ type: 'message', role: 'developer', content: 'Be brief.' }),
  'assistant, text': assistant([text('Hi')]),
  'assistant, with id': assistant([text('Hi')], { id: 'msg_from_the_model' }),
  'assistant, incomplete': assistant([text('Hi')], { status: 'incomplete' }),
  'assistant, empty list': assistant([]),
  'assistant, phase': assistant([text('Hi')], { phase: 'commentary' }),
  'assistant, phase in provider data': assistant([text('Hi')], {
    providerData: { phase: 'final_answer' },
  }),
  'assistant, URL citation': assistant([
    {
      ...text('Hi'),
      providerData: {
        annotations: [
          { type: 'url_citation', url: URL_OF_IMAGE, title: 'a', start_index: 0, end_index: 2 },
        ],
      },
    },
  ]),
  'assistant, file citation': assistant([
    {
      ...text('Hi'),
      providerData: {
        annotations: [{ type: 'file_citation', file_id: 'file_1', index: 0, filename: 'a' }],
      },
    },
  ]),
  'assistant, logprobs': assistant([
    {
      ...text('Hi'),
      providerData: {
        annotations: [],
        logprobs: [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] }],
      },
    },
  ]),
  'assistant, refusal': assistant([{ type: 'refusal', refusal: 'No.' }]),
  'assistant, text and refusal': assistant([text('Hi'), { type: 'refusal', refusal: 'No.' }]),
  'assistant, audio': assistant([{ type: 'audio', audio: 'UklGRg==' }]),
  'assistant, image': assistant([{ type: 'image', image: 'iVBORw0KGgo=' }]),
  "assistant, another provider's metadata": assistant([text('Hi')], {
    providerData: { vendor: { trace: 'abc' } },
  }),
  'tool role': loose({ type: 'message', role: 'tool', content: 'done' }),
};

import { z } from 'zod';
import { byType, decoration, type Fields, oneOf, optional, typed, withAny } from './combinators.ts';
import { fileData, imageUrl, integer, string, text, url } from './fields.ts';

const cacheBreakpoint = {
  prompt_cache_breakpoint: optional(z.object({ mode: z.literal('explicit') })),
};

const imageSource: Fields = { image_url: optional(imageUrl), file_id: optional(string) };
const fileSource: Fields = {
  file_id: optional(string),
  file_data: optional(fileData),
  file_url: optional(url),
};

const image = withAny(
  typed('input_image', {
    ...imageSource,
    detail: optional(oneOf('auto', 'low', 'high', 'original')).transform(
      (value) => value ?? 'auto',
    ),
    ...cacheBreakpoint,
  }),
  ...Object.keys(imageSource),
);

const file = withAny(
  typed('input_file', {
    ...fileSource,
    filename: optional(string),
    detail: optional(oneOf('auto', 'low', 'high')),
    ...cacheBreakpoint,
  }),
  ...Object.keys(fileSource),
);

/** What users, and tools, may say. */
export const inputContent: z.ZodType = z.array(
  byType({
    input_text: typed('input_text', { text, ...cacheBreakpoint }),
    input_image: image,
    input_file: file,
  }),
);

const span = { start_index: integer, end_index: integer };
const annotation = z.union([
  typed('file_citation', { file_id: string, index: integer, filename: string }),
  typed('url_citation', { url, title: string, ...span }),
  typed('container_file_citation', {
    container_id: string,
    file_id: string,
    filename: string,
    ...span,
  }),
  typed('file_path', { file_id: string, index: integer }),
]);

const logprobFields = { token: string, logprob: z.number(), bytes: z.array(z.int()) };
const logprob = z.object({ ...logprobFields, top_logprobs: z.array(z.object(logprobFields)) });

/** What an assistant says. */
export const outputContent: z.ZodType = z.array(
  byType({
    output_text: typed('output_text', {
      text,
      annotations: decoration(annotation),
      logprobs: decoration(logprob),
    }),
    refusal: typed('refusal', { refusal: text }),
  }),
);

/** What a tool answers. */
export const toolOutput: z.ZodType = z.union([text, inputContent]);

/** A screenshot, by URL or by the id of an uploaded file. */
export const screenshot: z.ZodType = withAny(
  typed('computer_screenshot', imageSource),
  ...Object.keys(imageSource),
);

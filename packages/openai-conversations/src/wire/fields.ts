import { z } from 'zod';
import { oneOf, typed } from './combinators.ts';

/** The API's published limits, in characters. */
const MAX_TEXT = 10_485_760;
const MAX_IMAGE_URL = 20_971_520;
const MAX_FILE_DATA = 73_400_320;
const MAX_ENCRYPTED_CONTENT = 20_971_520;
const MAX_CALL_ID = 64;

/** Marks an issue that is about size, so that the error gets the code for it. */
export const TOO_LARGE = 'too_large';

export const string: z.ZodType = z.string();
export const strings: z.ZodType = z.array(z.string());
export const integer: z.ZodType = z.int();
export const boolean: z.ZodType = z.boolean();

/** Any JSON value; what JSON cannot hold is found when the item is copied. */
export const json: z.ZodType = z.unknown();
export const jsonObject: z.ZodType = z.record(z.string(), json);

export const text: z.ZodType = atMost(MAX_TEXT);
export const fileData: z.ZodType = atMost(MAX_FILE_DATA);
export const encryptedContent: z.ZodType = atMost(MAX_ENCRYPTED_CONTENT);
export const url: z.ZodType = z.string().regex(/^[a-z][a-z0-9+.-]*:\S+$/i, 'is not a URL');
export const imageUrl: z.ZodType = atMost(MAX_IMAGE_URL).and(url);

export const callId: z.ZodType = z.string().min(1).max(MAX_CALL_ID);
export const status: z.ZodType = oneOf('in_progress', 'completed', 'incomplete');

/** Who made a tool call: the model itself, or a program that it wrote. */
export const caller: z.ZodType = z.union([
  typed('direct'),
  typed('program', { caller_id: callId }),
]);

function atMost(characters: number): z.ZodType {
  return z.string().refine((value) => countUpTo(value, characters) <= characters, {
    message: `is longer than ${characters} characters`,
    params: { [TOO_LARGE]: true },
  });
}

/** Characters as the API counts them, code points; counted only where the answer can differ. */
function countUpTo(value: string, bound: number): number {
  if (value.length <= bound || value.length > 2 * bound) return value.length;
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

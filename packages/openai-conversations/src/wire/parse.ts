import { z } from 'zod';
import { copyJson, NotJsonError } from '../json.ts';
import { TOO_LARGE } from './fields.ts';
import { ITEMS_WITH_ID, ITEMS_WITHOUT_ID, MESSAGES } from './items.ts';

/** An item as the Conversations API takes and gives it. */
export interface WireItem {
  readonly type: string;
  readonly id?: string;
  readonly [field: string]: unknown;
}

/** What became of an item that was held against the API's schema. */
export type Parsed = { readonly item: WireItem } | Problem;

/** Why an item cannot be stored, as the code and the end of an error message. */
export interface Problem {
  readonly problem: string;
  readonly code: 'unsupported' | 'invalid_item' | 'item_too_large';
}

/** How refusals of a whole kind of item end. */
export const NOT_STORABLE = 'the Conversations API cannot store it';

const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map([
  ...Object.entries(ITEMS_WITH_ID).map(
    ([type, fields]) => [type, item(type, { id: z.string().min(1), ...fields })] as const,
  ),
  ...Object.entries(ITEMS_WITHOUT_ID).map(([type, fields]) => [type, item(type, fields)] as const),
  ...Object.entries(MESSAGES).map(
    ([role, fields]) =>
      [messageKey(role), item('message', { role: z.literal(role), ...fields })] as const,
  ),
]);

/** True for the types whose ids the API requires. */
export function requiresId(type: string): boolean {
  return Object.hasOwn(ITEMS_WITH_ID, type);
}

/** True for what the API stores, be it called so by the SDK or not. */
export function isWireType(type: unknown): type is string {
  return (
    type === 'message' ||
    (typeof type === 'string' && (requiresId(type) || Object.hasOwn(ITEMS_WITHOUT_ID, type)))
  );
}

/**
 * Holds an item against the API's published input schema. Fields that it does not declare are left
 * off, so what comes back is what the API takes.
 */
export function parseWireItem(value: Readonly<Record<string, unknown>>): Parsed {
  const { type, role, content } = value;
  const schema = SCHEMAS.get(type === 'message' ? messageKey(role) : String(type));
  if (schema === undefined) {
    return { problem: NOT_STORABLE, code: 'unsupported' };
  }
  const listed = type === 'message' && typeof content === 'string' ? asParts(value) : value;
  const parsed = schema.safeParse(listed);
  if (parsed.success) return copy(parsed.data as WireItem);
  return describe(parsed.error.issues);
}

function copy(item: WireItem): Parsed {
  try {
    return { item: copyJson(item) };
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    return { problem: `it ${error.message}`, code: 'invalid_item' };
  }
}

function item(type: string, fields: z.ZodRawShape): z.ZodType {
  return z.object({ type: z.literal(type), ...fields });
}

function messageKey(role: unknown): string {
  return `message ${String(role)}`;
}

/** A message's string is short for one part of text. */
function asParts(message: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const type = message.role === 'assistant' ? 'output_text' : 'input_text';
  return { ...message, content: [{ type, text: message.content }] };
}

function describe(issues: readonly z.core.$ZodIssue[]): Problem {
  const issue = issues.map(innermost).sort((a, b) => b.path.length - a.path.length)[0];
  const tooLarge = issue?.code === 'custom' && issue.params?.[TOO_LARGE] === true;
  const where = (issue?.path ?? []).map(String).join('.') || 'it';
  return {
    problem: `${where}: ${issue?.message ?? 'is malformed'}`,
    code: tooLarge ? 'item_too_large' : 'unsupported',
  };
}

/** A union reports one list of issues for each variant; the deepest says most. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
  return inner === undefined
    ? issue
    : innermost({ ...inner, path: [...issue.path, ...inner.path] });
}

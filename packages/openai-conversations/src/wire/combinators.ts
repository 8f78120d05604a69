import { z } from 'zod';

/** The fields of an item or of a part of one. */
export type Fields = z.ZodRawShape;

/** A field that may be missing; the SDK and the API also write `null` for that. */
export function optional(field: z.ZodType): z.ZodType {
  return field.nullish().transform((value) => value ?? undefined);
}

/** A field that the API requires, if only as `null`. */
export function nullable(field: z.ZodType): z.ZodType {
  return field.nullish().transform((value) => value ?? null);
}

/** A list that may be missing, and is when it is empty. */
export function nonEmpty(field: z.ZodType): z.ZodType {
  return optional(field).transform((value) =>
    Array.isArray(value) && value.length === 0 ? undefined : value,
  );
}

export function oneOf(...values: [string, ...string[]]): z.ZodType {
  return z.enum(values);
}

/** An object with a literal `type`. Fields that are not listed are left off. */
export function typed(type: string, fields: Fields = {}): z.ZodType {
  return z.object({ type: z.literal(type), ...fields });
}

/** One of several objects, told apart by `type`, so that an error is about the one that was meant. */
export function byType(variants: Readonly<Record<string, z.ZodType>>): z.ZodType {
  return z.looseObject({ type: z.string() }).transform((value, context) => {
    const variant = Object.hasOwn(variants, value.type) ? variants[value.type] : undefined;
    if (variant === undefined) {
      context.addIssue({ code: 'custom', path: ['type'], message: 'is not a type the API stores' });
      return z.NEVER;
    }
    const parsed = variant.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  });
}

/** A list whose malformed entries are left off: decoration, never worth failing a run. */
export function decoration(entry: z.ZodType): z.ZodType {
  return z
    .array(z.unknown())
    .catch([])
    .transform((entries) =>
      entries.flatMap((value) => {
        const parsed = entry.safeParse(value);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}

/** An object in which at least one of these strings is present. */
export function withAny(object: z.ZodType, ...keys: string[]): z.ZodType {
  return object.refine(
    (value) => keys.some((key) => typeof Object(value)[key] === 'string'),
    `has none of ${keys.join(', ')}`,
  );
}

type Schema = Record<string, unknown>;

/** Deep enough for the items; the schemas of tools in them go on for ever. */
const MAX_DEPTH = 12;

/** Values that a schema allows: one for each alternative of a union, value of an enum, optional field. */
export function samplesOf(
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  depth = 0,
): unknown[] {
  if (depth > MAX_DEPTH) return [];
  const inner = (other: unknown): unknown[] => samplesOf(other as Schema, schemas, depth + 1);
  const { $ref, oneOf, anyOf, allOf, enum: values, type } = schema;
  if (typeof $ref === 'string') {
    return inner(
      schemas[
        $ref
          .split('/')
          .at(-1)
          ?.replace(/Closed$/, '') ?? ''
      ],
    );
  }
  for (const union of [oneOf, anyOf]) if (Array.isArray(union)) return union.flatMap(inner);
  if (Array.isArray(allOf)) return inner(merged(allOf as Schema[], schemas));
  if (Array.isArray(values)) return values;
  switch (type) {
    case 'object':
      return objects(schema, inner);
    case 'array':
      return inner(schema.items ?? {}).map((entry) => [entry]);
    case 'string':
      return [schema.format === 'uri' ? 'https://example.com/a.png' : 'text'];
    case 'integer':
    case 'number':
      return [1];
    case 'boolean':
      return [true, false];
    default:
      return [null];
  }
}

/** The first value of each property, then each other value of each. */
function objects(schema: Schema, inner: (schema: unknown) => unknown[]): unknown[] {
  const required = (schema.required ?? []) as string[];
  const properties = Object.entries((schema.properties ?? {}) as Schema).map(
    ([name, property]) => [name, inner(property)] as const,
  );
  const first = Object.fromEntries(properties.map(([name, [value]]) => [name, value]));
  const others = properties.flatMap(([name, [, ...values]]) =>
    values.map((value) => ({ ...first, [name]: value })),
  );
  const without = properties
    .filter(([name]) => !required.includes(name))
    .map(([name]) => Object.fromEntries(Object.entries(first).filter(([key]) => key !== name)));
  return [first, ...others, ...without];
}

function merged(parts: readonly Schema[], schemas: Readonly<Record<string, Schema>>): Schema {
  const all = parts.map((part) =>
    typeof part.$ref === 'string' ? (schemas[part.$ref.split('/').at(-1) ?? ''] ?? {}) : part,
  );
  return {
    type: 'object',
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required }) => (required ?? []) as string[]),
  };
}

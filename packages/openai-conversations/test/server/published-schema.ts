import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

type Schema = Record<string, unknown>;

const FILE = resolve(
  import.meta.dirname,
  '../../../../../shared/data/openai-conversations-openapi.json',
);

/**
 * Where the published schema contradicts itself or the API, and what is done about it. Everything
 * else in it holds as it is, and unknown properties are refused besides.
 */
export const ERRATA: readonly string[] = [
  '`InputItem` is a `oneOf` that refuses a message with `type` and a list of contents, for it is two of its variants: items are held against the variant of their `type` (and `role`).',
  '`OutputMessage` requires an `id`, which the API assigns.',
  '`mcp_approval_response` requires `request_id`, which it does not declare.',
  '`local_shell_call_output` requires `call_id`, which it does not declare.',
  '`computer_call` requires `pending_safety_checks`, which the API refuses when it is empty.',
];

/** OpenAI's published schema, if it is there; what it says about requests and answers. */
export class PublishedSchema {
  readonly #ajv: Ajv2020;
  readonly #schemas: Record<string, Schema>;
  readonly #validators = new Map<string, ValidateFunction>();

  private constructor(schemas: Record<string, Schema>) {
    this.#schemas = schemas;
    this.#ajv = new Ajv2020({ strict: false, validateFormats: true });
    formats.default(this.#ajv, ['uri']);
    this.#ajv.addFormat('unixtime', { type: 'number', validate: Number.isInteger });
    this.#ajv.addFormat('float', { type: 'number', validate: Number.isFinite });
    this.#ajv.addSchema({ $id: 'api', components: { schemas } });
  }

  static load(): PublishedSchema | undefined {
    if (!existsSync(FILE)) return undefined;
    const { components } = JSON.parse(readFileSync(FILE, 'utf8'));
    const schemas: Record<string, Schema> = components.schemas;
    for (const schema of Object.values(schemas)) close(schema);
    applyErrata(schemas);
    return new PublishedSchema(schemas);
  }

  /** What is wrong with an item of a request; `undefined` if nothing is. */
  inputProblem(item: Schema): string | undefined {
    const names = ['EasyInputMessage', ...this.#variants('Item'), ...this.#variants('InputItem')];
    return this.#problem(item, names, (name) => name !== 'Item' && fitsRole(name, item));
  }

  /** What is wrong with an item of an answer. */
  outputProblem(item: Schema): string | undefined {
    return this.#problem(item, this.#variants('ConversationItem'), () => true);
  }

  /** What is wrong with a whole answer, its items apart. */
  problem(name: string, value: unknown): string | undefined {
    const validate = this.#validator(name);
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  /** The names of the fields of an item type in requests. */
  inputFields(type: string): string[] {
    const variants = [...this.#variants('Item'), ...this.#variants('InputItem')];
    const name = variants.find((variant) => typeOf(this.#schemas[variant]) === type);
    return Object.keys((this.#schemas[name ?? '']?.properties ?? {}) as Schema);
  }

  /** All types that items of requests, and of answers, may have. */
  get types(): { input: Set<unknown>; output: Set<unknown> } {
    const of = (name: string): Set<unknown> =>
      new Set(this.#variants(name).map((variant) => typeOf(this.#schemas[variant])));
    return { input: new Set([...of('Item'), ...of('InputItem')]), output: of('ConversationItem') };
  }

  #problem(
    item: Schema,
    names: readonly string[],
    fits: (name: string) => boolean,
  ): string | undefined {
    const candidates = names.filter(
      (name) => typeOf(this.#schemas[name]) === (item.type ?? 'message') && fits(name),
    );
    const problems = candidates.map((name) => this.problem(name, item));
    if (candidates.length === 0) return `unknown item type ${String(item.type)}`;
    return problems.includes(undefined) ? undefined : problems.join('; ');
  }

  #variants(name: string): string[] {
    const { oneOf } = this.#schemas[name] as { oneOf: { $ref: string }[] };
    return oneOf.map(({ $ref }) => $ref.split('/').at(-1) ?? '');
  }

  #validator(name: string): ValidateFunction {
    let validate = this.#validators.get(name);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: `api#/components/schemas/${name}` });
      this.#validators.set(name, validate);
    }
    return validate;
  }
}

function fitsRole(name: string, { role, content }: Schema): boolean {
  if (name === 'OutputMessage') return role === 'assistant' && Array.isArray(content);
  return name === 'EasyInputMessage' ? typeof content === 'string' : true;
}

function typeOf(schema: Schema | undefined): unknown {
  const own = schema?.properties as
    | Record<string, { enum?: unknown[]; anyOf?: { enum?: unknown[] }[] }>
    | undefined;
  const all = (schema?.allOf ?? []) as { $ref?: string }[];
  if (own?.type === undefined && all[0]?.$ref !== undefined) {
    return RESOURCE_TYPES[all[0].$ref.split('/').at(-1) ?? ''];
  }
  return own?.type?.enum?.[0] ?? own?.type?.anyOf?.[0]?.enum?.[0];
}

const RESOURCE_TYPES: Record<string, string> = {
  FunctionToolCall: 'function_call',
  FunctionToolCallOutput: 'function_call_output',
  ComputerToolCallOutput: 'computer_call_output',
};

/** Refuses properties that are not declared, at every level. */
function close(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const child of Object.values(schema)) close(child);
  const object = schema as Schema;
  const { properties, allOf, additionalProperties } = object;
  if (Array.isArray(allOf)) {
    object.unevaluatedProperties = false;
  } else if (isFilled(properties) && additionalProperties === undefined) {
    object.unevaluatedProperties = false;
  }
}

function isFilled(properties: unknown): boolean {
  return (
    typeof properties === 'object' && properties !== null && Object.keys(properties).length > 0
  );
}

function applyErrata(schemas: Record<string, Schema>): void {
  const edit = (name: string): { required: string[]; properties: Schema } =>
    schemas[name] as { required: string[]; properties: Schema };
  const optional = (name: string, field: string): void => {
    edit(name).required = edit(name).required.filter((key) => key !== field);
  };
  optional('OutputMessage', 'id');
  for (const name of ['MCPApprovalResponse', 'MCPApprovalResponseResource']) {
    optional(name, 'request_id');
    edit(name).properties.request_id = { type: 'string' };
  }
  optional('LocalShellToolCallOutput', 'call_id');
  edit('LocalShellToolCallOutput').properties.call_id = { type: 'string' };
  optional('ComputerToolCall', 'pending_safety_checks');
  Object.assign(edit('ComputerToolCall').properties.pending_safety_checks as Schema, {
    minItems: 1,
  });
  // A base that others extend must leave the refusing to them.
  for (const name of Object.keys(RESOURCE_TYPES)) {
    schemas[`${name}Closed`] = { ...schemas[name] };
    delete schemas[name]?.unevaluatedProperties;
  }
  for (const schema of Object.values(schemas)) {
    for (const part of (schema.allOf ?? []) as Schema[]) delete part.unevaluatedProperties;
  }
  const { oneOf } = schemas.Item as { oneOf: { $ref: string }[] };
  for (const variant of oneOf) {
    const name = variant.$ref.split('/').at(-1) ?? '';
    if (name in RESOURCE_TYPES) variant.$ref = `${variant.$ref}Closed`;
  }
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { samplesOf } from './samples.ts';

type Schema = Record<string, unknown>;

const FILE = resolve(import.meta.dirname, 'published-schema.json');

/** Why an item is refused. */
export interface ItemProblem {
  readonly message: string;
  /** The path of a property that is not declared, if that is why. */
  readonly unknown: string | undefined;
}

/**
 * Where the published schema contradicts itself or the API, and what is done about it. Everything
 * else in it holds as it is, and unknown properties are refused besides.
 */
export const ERRATA: readonly string[] = [
  '`InputItem` is a `oneOf` that refuses a message with `type` and a list of contents, for it is two of its variants: items are held against the variant of their `type` (and `role`).',
  '`OutputMessage` requires an `id`, which the API assigns.',
  '`mcp_approval_response` requires `request_id`, which it does not declare.',
  '`local_shell_call_output` requires `call_id`, which it does not declare.',
  '`output_text` requires `logprobs`, which no client sends that did not ask for them.',
  '`computer_call` requires `pending_safety_checks`, which the API refuses when it is empty.',
];

/** What OpenAI's published schema says about requests and answers. */
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

  static load(): PublishedSchema {
    loaded ??= PublishedSchema.#read();
    return loaded;
  }

  static #read(): PublishedSchema {
    const { schemas }: { schemas: Record<string, Schema> } = JSON.parse(readFileSync(FILE, 'utf8'));
    for (const schema of Object.values(schemas)) close(schema);
    applyErrata(schemas);
    return new PublishedSchema(schemas);
  }

  /** What is wrong with an item of a request; `undefined` if nothing is. */
  inputProblem(item: Schema): ItemProblem | undefined {
    const names = ['EasyInputMessage', ...this.#variants('Item'), ...this.#variants('InputItem')];
    return this.#problem(item, names, (name) => name !== 'Item' && fitsRole(name, item));
  }

  /** What is wrong with an item of an answer. */
  outputProblem(item: Schema): string | undefined {
    return this.#problem(item, this.#variants('ConversationItem'), () => true)?.message;
  }

  /** What is wrong with a whole answer, its items apart. */
  problem(name: string, value: unknown): string | undefined {
    const validate = this.#validator(name);
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  /** The types of items in requests, messages apart, each with whether its id is required. */
  inputTypes(): Map<string, boolean> {
    const types = new Map<string, boolean>();
    for (const name of [...this.#variants('Item'), ...this.#variants('InputItem')]) {
      const schema = this.#schemas[name];
      const required = (schema?.required ?? []) as string[];
      const type = typeOf(schema);
      if (typeof type === 'string' && type !== 'message') types.set(type, required.includes('id'));
    }
    return types;
  }

  /** Values of a schema: one for each alternative that it has. */
  samples(name: string): unknown[] {
    return samplesOf({ $ref: name }, this.#schemas);
  }

  #problem(
    item: Schema,
    names: readonly string[],
    fits: (name: string) => boolean,
  ): ItemProblem | undefined {
    const candidates = names.filter(
      (name) => typeOf(this.#schemas[name]) === (item.type ?? 'message') && fits(name),
    );
    if (candidates.length === 0) {
      return { message: `unknown item type ${String(item.type)}`, unknown: undefined };
    }
    const errors: ErrorObject[] = [];
    for (const name of candidates) {
      const validate = this.#validator(name);
      if (validate(item)) return undefined;
      errors.push(...(validate.errors ?? []));
    }
    return { message: this.#ajv.errorsText(errors), unknown: undeclared(errors) };
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

let loaded: PublishedSchema | undefined;

/** The path of the property that most variants do not declare, as `content[0].trace`. */
function undeclared(errors: readonly ErrorObject[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== 'unevaluatedProperties') continue;
    const path = `${instancePath}/${params.unevaluatedProperty}`;
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0]
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
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
  optional('OutputTextContent', 'logprobs');
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

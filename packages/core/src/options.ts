import { SessionError } from './errors.ts';
import { suggestionFor } from './option-names.ts';

/** Says what is wrong with a value, as the rest of a sentence that begins with the option's name. */
export type OptionCheck = (value: unknown) => string | undefined;

type KeysOf<Options> = Options extends unknown ? keyof Options : never;

/**
 * A check for every option of a constructor or method, by name. It is the one list of the names:
 * the compiler holds it against the type of the options.
 */
export type OptionChecks<Options> = { readonly [Name in KeysOf<Options>]-?: OptionCheck };

/** Whose options are checked. */
export interface OptionsOf<Options> {
  /** The class or method, as errors call it. */
  readonly of: string;
  /** What its options look like, for errors. */
  readonly example: string;
  /** A check for each option that there is. */
  readonly checks: OptionChecks<Options>;
}

/**
 * Throws unless `options` is a plain object that holds only known names with right values. An option
 * that is there is checked even if it is `undefined`: one that decides which data is meant must not
 * become the default because a variable was not set. An instance of a class, such as a store, a URL or
 * a promise, shows no options of its own, and would stand for none.
 *
 * @throws SessionError `invalid_options`
 *
 * @example
 * ```ts
 * import { assertOptions, expecting, optional } from '@agent-sessions/core/backend';
 *
 * interface FolderStoreOptions {
 *   readonly folder: string;
 *   readonly sync?: boolean;
 * }
 *
 * const checks = {
 *   folder: expecting('the path of a folder', (value) => typeof value === 'string'),
 *   sync: optional(expecting('true or false', (value) => typeof value === 'boolean')),
 * };
 *
 * export function open(options: FolderStoreOptions): void {
 *   assertOptions<FolderStoreOptions>(options, { of: 'FolderStore', example: '{ folder }', checks });
 * }
 * ```
 */
export function assertOptions<Options extends object>(
  options: unknown,
  { of, example, checks }: OptionsOf<Options>,
): asserts options is Options {
  if (!isPlainObject(options)) {
    throw invalidOptions(of, `expected an object such as ${example}, not ${describe(options)}`);
  }
  const known = new Map<string, OptionCheck>(Object.entries<OptionCheck>(checks));
  for (const [name, value] of Object.entries(options)) {
    const check = known.get(name);
    if (check === undefined) throw unknownOption(of, name, [...known.keys()]);
    const problem = check(value);
    if (problem !== undefined) throw invalidOptions(of, `\`${name}\` ${problem}`);
  }
}

/** The error for options that a class or method cannot take. Pass no full stop. */
export function invalidOptions(of: string, problem: string, cause?: unknown): SessionError {
  return new SessionError('invalid_options', `Invalid options of ${of}: ${problem}.`, { cause });
}

/**
 * A check whose message says what was expected, and what kind of value came instead.
 *
 * @param expected - Such as `true or false`.
 */
export function expecting(expected: string, accepts: (value: unknown) => boolean): OptionCheck {
  return (value) => (accepts(value) ? undefined : `must be ${expected}, not ${describe(value)}`);
}

/** Takes `undefined` for an option that was left out. Only for those whose default surprises nobody. */
export function optional(check: OptionCheck): OptionCheck {
  return (value) => (value === undefined ? undefined : check(value));
}

/** True or false. */
export const isBoolean: OptionCheck = expecting(
  'true or false',
  (value) => typeof value === 'boolean',
);

/** Where warnings go. */
export const isLogger: OptionCheck = expecting(
  'a logger: { warn(message) }',
  (value) => typeof Object(value).warn === 'function',
);

/** The path of an SQLite file: what it would take for something else is refused. */
export const isDatabasePath: OptionCheck = (value) => {
  if (typeof value !== 'string') {
    return `must be the path of a file, not ${describe(value)}. Leave it out for a database in memory`;
  }
  if (value.trim() === '') return 'is empty. Leave it out for a database in memory';
  if (value.includes('\0')) return 'contains a NUL character, at which SQLite would end it';
  if (/^(?:file|sqlite):/i.test(value)) return `is a URI. Pass the bare path: ${barePath(value)}`;
  // It may hold a password, so it is not repeated.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return 'is a URL. Pass the path of a file';
  if (value.includes('?')) {
    return `has parameters, which SQLite would take for a part of the name. Pass the bare path: ${barePath(value)}`;
  }
  return undefined;
};

/** The path that a URI or a path with parameters means, quoted; its host and parameters are left out. */
function barePath(uri: string): string {
  const [, scheme, rest = ''] = /^(file:|sqlite:)?(.*?)(?:\?.*)?$/is.exec(uri) ?? [];
  if (scheme === undefined) return JSON.stringify(rest);
  return JSON.stringify(decode(rest.replace(/^\/\/[^/]*(?=\/)/, '').replace(/^\/\//, '')));
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of plain objects has none itself, in whichever realm they were made.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What kind of value this is, for errors: never the text of a string, which may be a secret. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object';
}

function unknownOption(of: string, name: string, known: readonly string[]): SessionError {
  const suggestion = suggestionFor(name, known);
  const names = known.map((one) => `\`${one}\``).join(', ') || 'none';
  const advice =
    suggestion === undefined ? `It takes ${names}.` : `Did you mean \`${suggestion}\`?`;
  return new SessionError(
    'invalid_options',
    `Invalid options of ${of}: there is no option \`${shorten(name)}\`. ${advice}`,
  );
}

function shorten(name: string): string {
  return name.length > 50 ? `${name.slice(0, 50)}…` : name;
}

/**
 * Writes `published-schema.json`, what the local server needs of OpenAI's API description (MIT,
 * https://github.com/openai/openai-openapi): `pnpm write:schema <openapi.json>`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

type Json = Record<string, unknown>;

const ROOTS = [
  'EasyInputMessage',
  'Item',
  'InputItem',
  'ConversationItem',
  'ConversationItemList',
  'ConversationResource',
  'DeletedConversationResource',
];

/** What says nothing about which values are valid. */
const PROSE = new Set(['description', 'title', 'example', 'examples', 'default', 'deprecated']);

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('Pass the path of the API description, as JSON.');
const { info, components } = JSON.parse(readFileSync(source, 'utf8'));
const kept: Record<string, unknown> = {};
const wanted = [...ROOTS];
for (const name of wanted) {
  kept[name] = shrink(components.schemas[name], false);
  for (const [, other = ''] of JSON.stringify(kept[name]).matchAll(/schemas\/([^"]+)"/g)) {
    if (!wanted.includes(other)) wanted.push(other);
  }
}
const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
const origin = `https://github.com/openai/openai-openapi, version ${info.version}, MIT; made by shrink-schema.ts`;
const lines = Object.entries(sorted).map(
  ([name, schema]) => `    ${JSON.stringify(name)}: ${JSON.stringify(schema)}`,
);
writeFileSync(
  resolve(import.meta.dirname, 'published-schema.json'),
  `{\n  "origin": ${JSON.stringify(origin)},\n  "schemas": {\n${lines.join(',\n')}\n  }\n}\n`,
);

/** @param isNames - Whether the keys are names of properties, not words of the schema language. */
function shrink(value: unknown, isNames: boolean): unknown {
  if (Array.isArray(value)) return value.map((entry) => shrink(entry, false));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Json).filter(
    ([key]) => isNames || !(PROSE.has(key) || key.startsWith('x-')),
  );
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, shrink(inner, !isNames && key === 'properties')]),
  );
}

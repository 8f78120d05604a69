import { ERRATA } from '../server/published-schema.ts';
import type { ForeignResult } from './foreign.ts';
import { OUTCOMES, type Result } from './kinds.ts';

/** What the page is made of. */
export interface Measured {
  readonly kinds: { readonly ours: readonly Result[]; readonly sdks: readonly Result[] };
  readonly foreign: { readonly ours: ForeignResult; readonly sdks: ForeignResult };
}

/** The document `docs/conversation-items.md`. */
export function pageOf({ kinds, foreign }: Measured): string {
  return `# Items in OpenAI's Conversations API

<!-- Made by packages/openai-conversations/test/items-page.test.ts (UPDATE_DOCS=1 writes it): do not edit. -->

What becomes of each kind of item in an \`OpenAIConversationsSession\`: of
[\`@agent-sessions/openai-conversations\`](../packages/openai-conversations/README.md), and of the SDK. Each was
stored on a local server that enforces OpenAI's published schema, read back, and given to the model: \`equal for
the model\` means that the model gets what it would get with \`MemorySession\`. What the API itself refuses is
taken back whole, and may be accepted by a newer API.

## Items of a run

${totals(kinds)}

| item | this package | read back as | the SDK's class |
| --- | --- | --- | --- |
${kinds.ours.map((result, index) => row(result, kinds.sdks[index])).join('\n')}

## Items of other programs

One item for each alternative that the schema and the types of \`openai\` 7.57.0 have, put into a conversation by
another program:

| | this package | the SDK's class |
| --- | --- | --- |
| reach the model as they are | ${foreign.ours.same} | ${foreign.sdks.same} |
| reach it altered | ${foreign.ours.altered} | ${foreign.sdks.altered} |
| make the read fail | ${foreign.ours.fails} | ${foreign.sdks.fails} |

Altered by this package: ${typesOf(foreign.ours)}. The SDK sends no results of MCP calls and of image generations
to a model, and one source of each image and file.

## Errata

Places where OpenAI's published schema contradicts itself or the API:

${ERRATA.map((erratum) => `- ${erratum}`).join('\n')}
`;
}

function totals({ ours, sdks }: Measured['kinds']): string {
  const count = (results: readonly Result[], outcome: string): number =>
    results.filter((result) => result.outcome === outcome).length;
  const lines = OUTCOMES.map(
    (outcome) => `| ${outcome} | ${count(ours, outcome)} | ${count(sdks, outcome)} |`,
  );
  return `| ${ours.length} kinds | this package | the SDK's class |\n| --- | --- | --- |\n${lines.join('\n')}`;
}

function row({ name, outcome, readAs }: Result, sdks: Result | undefined): string {
  return `| ${name} | ${outcome} | ${readAs ?? ''} | ${sdks?.outcome ?? ''} |`;
}

function typesOf({ types }: ForeignResult): string {
  return [...types].map(([type, count]) => `${count} \`${type}\``).join(', ');
}

import type { Capability } from '../../packages/core/src/conformance/capabilities.ts';
import { type Block, toTable } from './blocks.ts';
import { hasCapability, problemOf, type Suite } from './capabilities.ts';

/** What people say about an adapter, and which conformance suites speak about it. */
export interface Adapter {
  readonly package: string;
  readonly keeps: string;
  readonly bestFor: string;
  readonly install: string;
  readonly durability: string;
  readonly scalesTo: string;
  /** Backends that its tests run on; `A|B` is whichever of them is there. */
  readonly suites: readonly string[];
  /** Those with an `EncryptedSession` over it. */
  readonly encrypted: readonly string[];
  /** Those of an `AdvancedSession` on its database. */
  readonly advanced: readonly string[];
}

/** The columns that the suites of a backend tell. */
const columns: readonly (readonly [string, Capability])[] = [
  ['items come back verbatim', 'verbatim'],
  ['ids of your choice', 'callerIds'],
  ['history transactions', 'transactions'],
  ['mutations', 'mutations'],
  ['compaction in one step', 'compaction'],
  ['list of sessions', 'directory'],
];

/** A table to choose by, and one of what each adapter can do, as a run of the tests has found. */
export function adapterTables(
  adapters: readonly Adapter[],
  suites: ReadonlyMap<string, Suite>,
): Block {
  const find = (names: string): [string, Suite | undefined] => {
    const name = names.split('|').find((candidate) => suites.has(candidate)) ?? names;
    return [name, suites.get(name)];
  };
  const wanted = adapters.flatMap(({ suites: own, encrypted, advanced }) => [
    ...own,
    ...encrypted,
    ...advanced,
  ]);
  const problems = [...new Set(wanted)]
    .map((names) => problemOf(...find(names)))
    .filter((problem) => problem !== undefined);
  if (problems.length > 0) {
    const more = problems.length > 3 ? [`and ${problems.length - 3} more`] : [];
    return { unknown: [...problems.slice(0, 3), ...more].join('; ') };
  }

  const link = ({ package: name }: Adapter): string =>
    `[\`${name}\`](${name.replace('@agent-sessions', 'packages')}/README.md)`;
  const choice = adapters.map((adapter) => [
    link(adapter),
    adapter.keeps,
    adapter.bestFor,
    adapter.durability,
    adapter.scalesTo,
    `\`${adapter.install}\``,
  ]);
  const abilities = adapters.map((adapter) => [
    link(adapter),
    ...columns.map(([, capability]) =>
      yes(adapter.suites.every((names) => hasCapability(find(names)[1] ?? new Map(), capability))),
    ),
    yes(adapter.encrypted.length > 0),
    yes(adapter.advanced.length > 0),
  ]);
  const content = [
    toTable([
      [
        'package',
        'keeps conversations in',
        'best for',
        'an acknowledged write survives',
        'scales to',
        'install',
      ],
      ...choice,
    ]),
    'Capabilities, as verified by the conformance suite on every backend:',
    toTable([
      ['package', ...columns.map(([title]) => title), 'encryption', 'branches and usage'],
      ...abilities,
    ]),
  ];
  return { content: content.join('\n\n') };
}

function yes(has: boolean): string {
  return has ? 'yes' : 'no';
}

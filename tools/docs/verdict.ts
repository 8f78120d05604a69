import { type Block, readBlocks } from './blocks.ts';

/** What the check of the generated blocks found. */
export interface Verdict {
  readonly failures: readonly string[];
  /** What could not be checked, where that is no failure. */
  readonly unchecked: readonly string[];
}

/**
 * Holds documents, by path, against the blocks that would be generated. Where everything must be
 * covered, a block that cannot be known fails like one that is wrong.
 */
export function verdictOn(
  documents: ReadonlyMap<string, string>,
  blocks: ReadonlyMap<string, Block>,
  mustCoverAll: boolean,
): Verdict {
  const failures: string[] = [];
  const unchecked: string[] = [];
  const found = new Set<string>();
  for (const [path, markdown] of documents) {
    for (const [name, content] of readBlocks(markdown)) {
      found.add(name);
      const block = blocks.get(name);
      if (block === undefined) failures.push(`${path}: nothing generates the block ${name}`);
      else if ('unknown' in block) {
        const what = `${path}: the block ${name} cannot be known: ${block.unknown}`;
        (mustCoverAll ? failures : unchecked).push(what);
      } else if (block.content !== content) {
        failures.push(`${path}: the block ${name} is out of date: run \`pnpm docs:generate\``);
      }
    }
  }
  for (const name of blocks.keys()) {
    if (!found.has(name)) failures.push(`no document has the block ${name}`);
  }
  return { failures, unchecked };
}

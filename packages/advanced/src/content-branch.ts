import type { BranchManager } from './branch-manager.ts';
import { isSameState } from './branches/branch.ts';
import { inTheEndLocked } from './branches/steady.ts';
import type { Conversation } from './conversation.ts';
import type { Unit } from './cursor.ts';

/**
 * Makes a branch from the first turn in which a text occurs. The search holds no lock, so it is
 * repeated if the branch is another one by the time of the fork: the turn may have become another.
 */
export function createFromContent(
  branches: BranchManager,
  conversation: Conversation,
  text: string,
  branchName: string | undefined,
): Promise<string> {
  return inTheEndLocked(
    async () => {
      const { turn, branch: seen } = await conversation.findFirst(text);
      return branches.createFrom(async ({ branch }) => {
        return isSameState(branch, seen) ? turn : undefined;
      }, branchName);
    },
    async () => {
      const turnOf = (unit: Unit) => conversation.findFirstLocked(unit, text);
      const created = await branches.createFrom(turnOf, branchName);
      if (created === undefined) throw new Error('a fork has a result');
      return created;
    },
  );
}

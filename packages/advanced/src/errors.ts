import { SessionError } from '@agent-sessions/core';

/** The error for a branch that was deleted, by this session or another process. */
export function branchDeletedError(branchId: string): SessionError {
  return new SessionError(
    'branch_deleted',
    `Branch ${JSON.stringify(branchId)} was deleted; nothing was written. Switch to another branch: await session.switchToBranch('main').`,
  );
}

/** The error for a branch that never was. */
export function branchNotFoundError(branchId: string): SessionError {
  return new SessionError(
    'branch_not_found',
    `Branch ${JSON.stringify(branchId)} does not exist. listBranches() has the ones that do.`,
  );
}

/** The error for a name that a branch of this session has, or had. */
export function branchExistsError(branchId: string): SessionError {
  return new SessionError(
    'branch_exists',
    `The branch id ${JSON.stringify(branchId)} was used before in this session. Choose another; ids of deleted branches stay taken.`,
  );
}

/** The error for a turn that the current branch does not have. */
export function turnNotFoundError(turn: unknown, branchId: string, turns: number): SessionError {
  const have = turns === 0 ? 'has no turns' : `has the turns 1 to ${turns}`;
  return new SessionError(
    'turn_not_found',
    `Turn ${String(turn)} does not exist: branch ${JSON.stringify(branchId)} ${have}. getConversationTurns() lists them.`,
  );
}

/** The error for a text that no turn of the current branch contains. */
export function contentNotFoundError(branchId: string): SessionError {
  return new SessionError(
    'turn_not_found',
    `No turn of branch ${JSON.stringify(branchId)} contains that text. findTurnsByContent() tells which do.`,
  );
}

/** The error for an argument that can never be right. */
export function invalidArgument(problem: string): SessionError {
  return new SessionError('invalid_options', `Invalid argument: ${problem}.`);
}

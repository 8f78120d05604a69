import { describe } from '@agent-sessions/core/backend';
import { invalidArgument } from './errors.ts';

/** In UTF-16 units: what a column of every database holds. */
const LONGEST_ID = 200;

/** Says what is wrong with the id of a branch, as the rest of a sentence that begins with its name. */
export function branchIdProblem(branchId: unknown): string | undefined {
  const isValid =
    typeof branchId === 'string' &&
    branchId !== '' &&
    branchId.length <= LONGEST_ID &&
    branchId.isWellFormed() &&
    branchId.trim() === branchId &&
    !branchId.includes('\0');
  if (isValid) return undefined;
  const found = typeof branchId === 'string' ? '' : `, not ${describe(branchId)}`;
  return `must be a well-formed string of 1 to ${LONGEST_ID} characters, without NUL and without white space at its ends${found}`;
}

/** @throws SessionError `invalid_options` for a string that cannot be the id of a branch */
export function assertBranchId(branchId: unknown): asserts branchId is string {
  const problem = branchIdProblem(branchId);
  if (problem !== undefined) throw invalidArgument(`the id of a branch ${problem}`);
}

import type { State } from '@agent-sessions/core/backend';

/** A state as scripts return it: at the start of what they return. */
export function toState([revision, birth, token, edition, view]: readonly unknown[]): State {
  return {
    birth: String(birth),
    revision: Number(revision),
    edition: Number(edition ?? 0),
    view: Number(view ?? 0),
    token: String(token),
  };
}

/** A state as scripts compare it. */
export function stateText(state: State | undefined): string {
  return state === undefined ? '' : `${state.birth} ${state.revision} ${state.token}`;
}

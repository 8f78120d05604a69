import { SessionError } from '@agent-sessions/core';

/**
 * Refuses a session with members of its own, for encryption works below its methods and would pass them over.
 *
 * @param view - The same session as its package makes it.
 * @throws SessionError `unsupported`
 */
export function refuseOverrides(session: object, view: object): void {
  for (let owner = session; owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const name of Reflect.ownKeys(owner)) {
      if (name !== 'constructor' && !isSame(memberOf(session, name), memberOf(view, name))) {
        throw passedOver(session, name);
      }
    }
  }
}

/** Methods and accessors have to be the very same; of other values it is enough that they are there. */
function isSame(
  theirs: PropertyDescriptor | undefined,
  ours: PropertyDescriptor | undefined,
): boolean {
  if (theirs === undefined || ours === undefined) return false;
  const isCode = [theirs, ours].some(({ value, get }) => get ?? typeof value === 'function');
  return !isCode || (theirs.value === ours.value && theirs.get === ours.get);
}

function memberOf(owner: object, name: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = owner; at !== null; at = Object.getPrototypeOf(at)) {
    const member = Object.getOwnPropertyDescriptor(at, name);
    if (member !== undefined) return member;
  }
  return undefined;
}

function passedOver(session: object, name: PropertyKey): SessionError {
  return new SessionError(
    'unsupported',
    `${session.constructor.name} has ${JSON.stringify(String(name))} of its own, which the encryption would pass over, as it works below the methods of a session. Encrypt the session that the class extends, and put what the class adds around the encrypted session.`,
  );
}

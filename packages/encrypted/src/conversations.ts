import { SessionError } from '@agent-sessions/core';
import type { Session } from '@openai/agents';

/** The SDK's brand of sessions on an OpenAI API. It is not exported, and each copy has its own. */
const BRAND = 'OPENAI_SESSION_API';

/** @throws SessionError `unsupported` for a session on the Conversations API, which takes no envelopes */
export function refuseConversations(session: Session): void {
  const brand = symbolsOf(session).find(({ description }) => description === BRAND);
  if (brand === undefined || Reflect.get(session, brand) !== 'conversations') return;
  throw new SessionError(
    'unsupported',
    "A session on OpenAI's Conversations API cannot be encrypted: the API takes only items that it understands. Use a session that keeps items in a database.",
  );
}

function symbolsOf(session: Session): symbol[] {
  const symbols: symbol[] = [];
  for (let owner: object | null = session; owner !== null; owner = Object.getPrototypeOf(owner)) {
    symbols.push(...Object.getOwnPropertySymbols(owner));
  }
  return symbols;
}

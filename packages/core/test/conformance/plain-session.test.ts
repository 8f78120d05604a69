import { sessionConformance } from '@agent-sessions/core/conformance';
import { describe, it } from 'vitest';
import { LedgerSession } from './ledger-session.ts';
import { type Histories, PlainSession } from './plain-session.ts';

for (const [name, Correct] of [
  ['five methods in memory', PlainSession],
  ['five methods, transactions and mutations in memory', LedgerSession],
] as const) {
  const histories: Histories = new Map();
  sessionConformance(
    { describe, it },
    { name, open: (sessionId) => new Correct(histories, sessionId) },
  );
}

import { sessionConformance } from '@agent-sessions/core/conformance';
import { describe, it } from 'vitest';
import { type Histories, PlainSession } from './plain-session.ts';

const histories: Histories = new Map();

sessionConformance(
  { describe, it },
  { name: 'five methods in memory', open: (sessionId) => new PlainSession(histories, sessionId) },
);

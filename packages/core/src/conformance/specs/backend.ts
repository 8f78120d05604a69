import type { BackendConcern } from '../backend-rule.ts';
import { backendBirths } from './backend-births.ts';
import { backendGuards } from './backend-guards.ts';
import { backendLedger } from './backend-ledger.ts';
import { backendPositions } from './backend-positions.ts';
import { backendReads } from './backend-reads.ts';
import { backendRecords } from './backend-records.ts';
import { backendTokens } from './backend-tokens.ts';
import { backendTurns } from './backend-turns.ts';

/** Every rule about backends, in the order in which a backend is written. */
export const backendRules: readonly BackendConcern[] = [
  backendReads,
  backendRecords,
  backendBirths,
  backendTokens,
  backendGuards,
  backendPositions,
  backendLedger,
  backendTurns,
];

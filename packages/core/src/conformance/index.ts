/**
 * The tests that every session of this project passes, for any other one.
 *
 * @module
 */
export type { BackendHarness } from './backend-harness.ts';
export { backendConformance } from './backend-suite.ts';
export type { SessionHarness, SessionLimits, TestFunctions } from './harness.ts';
export type {
  CapabilityOutcome,
  ConformanceReport,
  TestOutcome,
} from './report.ts';
export { type RunConformanceOptions, runConformance } from './run.ts';
export { type ConformanceRun, sessionConformance } from './suite.ts';

import { sessionConformance, type TestFunctions } from '@agent-sessions/core/conformance';
import { harness } from './harness.ts';

// In a variable, as Bun's types are not installed.
const runner: string = 'bun:test';
const { describe, it, afterAll }: TestFunctions = await import(runner);

sessionConformance({ describe, it, ...(afterAll && { afterAll }) }, harness);

import { sessionConformance, type TestFunctions } from '@agent-sessions/core/conformance';
import { harness } from './harness.ts';

// Jest and Mocha have their test functions as globals.
const { describe, it } = globalThis as unknown as TestFunctions;

sessionConformance({ describe, it }, harness);

import type { TestFunctions } from '@agent-sessions/core/conformance';
import { register } from './harness.ts';

// Jest and Mocha have their test functions as globals.
const { describe, it } = globalThis as unknown as TestFunctions;

register({ describe, it });

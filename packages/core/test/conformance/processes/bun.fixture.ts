import type { TestFunctions } from '@agent-sessions/core/conformance';
import { register } from './harness.ts';

// In a variable, as Bun's types are not installed.
const runner: string = 'bun:test';
const { describe, it, afterAll }: TestFunctions = await import(runner);

register({ describe, it, ...(afterAll && { afterAll }) });

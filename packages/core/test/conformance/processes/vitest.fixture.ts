import { sessionConformance } from '@agent-sessions/core/conformance';
import { describe, it } from 'vitest';
import { harness } from './harness.ts';

sessionConformance({ describe, it }, harness);

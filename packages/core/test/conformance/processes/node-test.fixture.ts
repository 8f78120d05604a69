import { describe, it } from 'node:test';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { harness } from './harness.ts';

sessionConformance({ describe, it }, harness);

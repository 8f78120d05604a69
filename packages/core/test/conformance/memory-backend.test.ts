import { backendConformance } from '@agent-sessions/core/conformance';
import { describe, it } from 'vitest';
import { MemoryBackend } from '../../src/memory-backend.ts';

const backend = new MemoryBackend();
backendConformance({ describe, it }, { name: 'in memory', open: () => backend });

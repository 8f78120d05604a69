import { describe, it } from 'vitest';
import { register } from './harness.ts';

register({ describe, it });

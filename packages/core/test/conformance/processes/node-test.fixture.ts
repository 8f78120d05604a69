import { describe, it } from 'node:test';
import { register } from './harness.ts';

register({ describe, it });

import { postgres, sqlite } from '../../kysely/test/support/backends.ts';
import { conformanceOf, onPlain } from './support/conformance.ts';

await conformanceOf(onPlain, [postgres, sqlite]);

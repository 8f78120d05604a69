import { conformanceOf, onMain } from './support/conformance.ts';

await conformanceOf(onMain);

import { conformanceOf, onBranchOfBranch } from './support/conformance.ts';

await conformanceOf(onBranchOfBranch);

import { describeInstalls } from './describe-installs.ts';

describeInstalls('pnpm');

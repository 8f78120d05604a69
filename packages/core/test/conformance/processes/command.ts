import { main } from '../../../src/conformance/cli.ts';

await main(process.argv.slice(2));

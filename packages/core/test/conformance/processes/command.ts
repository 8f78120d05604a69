import { main } from '../../../src/conformance/cli.ts';

process.exitCode = await main(process.argv.slice(2));

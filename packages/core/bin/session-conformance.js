#!/usr/bin/env node
import { main } from '../dist/conformance/cli.js';

await main(process.argv.slice(2));

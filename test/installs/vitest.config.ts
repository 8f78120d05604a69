import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The tests of the packages as they are published: `pnpm check:installs`. */
const config: ViteUserConfig = defineConfig({
  test: {
    name: 'installs',
    root: import.meta.dirname,
    include: ['*.installs.ts'],
    globalSetup: 'global-setup.ts',
    // Long enough for a first install, when everything is downloaded.
    testTimeout: 300_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default', ['json', { outputFile: '../../.reports/installs.json' }]],
  },
});

export default config;

import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { BackendTableReporter } from './tools/backend-table-reporter.ts';

const root = import.meta.dirname;

// Tests run on the sources, with no build. Setting the list replaces Vite's own, so that follows.
const conditions = ['@agent-sessions/source', 'module', 'node', 'development|production'];

const packages = readdirSync(resolve(root, 'packages')).map((name) => `packages/${name}`);

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    // Only to end what hangs: a machine whose two cores others use as well is slow at times.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Tests wait for servers more than they compute, so a machine of one core gets two workers too.
    maxWorkers: 2,
    // A worker keeps what it has imported; files have no state in modules that others could meet.
    isolate: false,
    reporters: [
      'default',
      ['json', { outputFile: '.reports/vitest.json' }],
      new BackendTableReporter(),
    ],
    projects: ['.', 'examples', 'bench', ...packages].map((folder) => ({
      extends: true,
      root: resolve(root, folder),
      test: { name: folder === '.' ? 'workspace' : folder.replace('packages/', '') },
    })),
  },
});

export default config;

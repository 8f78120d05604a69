import { defineConfig, type ViteUserConfig } from 'vitest/config';

const conditions = ['@agent-sessions/source', 'module', 'node', 'development|production'];

const config: ViteUserConfig = defineConfig({
  root: import.meta.dirname,
  ssr: { resolve: { conditions } },
  test: { include: ['vitest.fixture.ts'], cache: false },
});

export default config;

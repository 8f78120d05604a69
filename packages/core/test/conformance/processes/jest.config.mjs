import base from './jest.base.mjs';

export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/globals.fixture.ts'],
  testEnvironmentOptions: { customExportConditions: ['@agent-sessions/source', 'node'] },
};

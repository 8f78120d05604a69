export default {
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/globals.fixture.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/strip-types.mjs' },
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json'],
  testEnvironmentOptions: { customExportConditions: ['@agent-sessions/source', 'node'] },
};

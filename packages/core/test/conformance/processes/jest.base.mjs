export default {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/strip-types.mjs' },
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json'],
};

// Four projects: `unit` needs no root and ends in seconds; `kernel`, `e2e` and `leaks` run as root, in private hosts of their own.
// Node 20 runs neither TypeScript nor ESM in Jest by itself, hence swc and --experimental-vm-modules (see test/run).

const typescript = {jsc: {parser: {syntax: 'typescript'}, target: 'es2023'}, sourceMaps: 'inline', swcrc: false};

const project = (name, testMatch, seconds) => ({
  displayName: name,
  testMatch,
  testTimeout: seconds * 1000,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {'\\.ts$': ['@swc/jest', typescript]},
  roots: ['<rootDir>/test'],
});

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/test/reporter.js'],
  projects: [
    project(
      'unit',
      ['unit', 'plans', 'plugins']
        .map(room => `<rootDir>/test/${room}/**/*.test.ts`)
        .concat('<rootDir>/test/*.test.ts'),
      10,
    ),
    project('kernel', ['<rootDir>/test/kernel/**/*.test.ts'], 60),
    project('conformance', ['<rootDir>/test/conformance/**/*.test.ts'], 60),
    project('differential', ['<rootDir>/test/differential/**/*.test.ts'], 60),
    project('chains', ['<rootDir>/test/runtime-chains/**/*.test.ts'], 120),
    project('e2e', ['<rootDir>/test/e2e/**/*.test.ts'], 300),
    project('front', ['<rootDir>/test/front/**/*.test.ts'], 300),
    project('leaks', ['<rootDir>/test/leaks/**/*.test.ts'], 600),
  ],
};

// Projects: `unit` needs no root and ends in seconds; all others run as root, in private hosts of their own.
// Node 20 runs neither TypeScript nor ESM in Jest by itself, hence swc and --experimental-vm-modules (see test/run).

const typescript = {jsc: {parser: {syntax: 'typescript'}, target: 'es2023'}, sourceMaps: 'inline', swcrc: false};

const project = (name, ...places) => ({
  displayName: name,
  testMatch: places.map(place => `<rootDir>/test/${place}`),
  extensionsToTreatAsEsm: ['.ts'],
  transform: {'\\.ts$': ['@swc/jest', typescript]},
  roots: ['<rootDir>/test'],
  setupFiles: ['<rootDir>/test/properties.js'],
});

/** The rooms of test/ that are a project each. */
const rooms = [
  'kernel',
  'conformance',
  'differential',
  'runtime-chains',
  'cost',
  'e2e',
  'front',
  'operator',
  'leaks',
  'engine',
];

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  // Jest takes this for all projects or not at all. It is for a test that hangs: no test judges by the clock.
  testTimeout: 600_000,
  reporters: ['default', '<rootDir>/test/reporter.js'],
  projects: [
    project('unit', 'unit/**/*.test.ts', 'plans/**/*.test.ts', 'plugins/**/*.test.ts', '*.test.ts'),
    ...rooms.map(room => project(room, `${room}/**/*.test.ts`)),
  ],
};

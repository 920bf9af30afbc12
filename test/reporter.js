// The last line of a test run, in plain words and without colours: CI systems count tests by it.
// A test file that could not even be loaded has no tests to count, so it counts as one that failed.

export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // Jest prints its own summary behind every reporter that is configured, so the last word has to wait for the end.
    process.once('exit', () => {
      process.stdout.write(`tests: ${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
}

// The last line of a test run, in plain words and without colours: CI systems count tests by it.
// A test file that could not even be loaded has no tests to count, so it counts as one that failed.
// The files with failures go into the file that FAILED_FILES names, a line each, for test/run.
import {writeFileSync} from 'node:fs';

export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const isBad = file => file.numFailingTests > 0 || file.testExecError;
    const files = results.testResults.filter(isBad).map(file => `${file.testFilePath}\n`);
    if (process.env.FAILED_FILES) writeFileSync(process.env.FAILED_FILES, files.join(''));
    // Jest prints its own summary behind every reporter that is configured, so the last word has to wait for the end.
    process.once('exit', () => {
      process.stdout.write(`tests: ${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
}

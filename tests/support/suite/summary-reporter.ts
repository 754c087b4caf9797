import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Of what an error says, as many lines are shown at once; the summary at the end has all of it. */
const MOST_LINES = 40;

/** Says what has failed as soon as it has, and at the very end, in one line that scripts can read, how many tests passed, failed and were skipped. */
export default class SummaryReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { state, errors = [] } = test.result();
    if (state !== "failed") return;
    const texts = errors.flatMap(({ name, message, diff, stack }) => [`${name}: ${message}`, diff ?? stack ?? ""]);
    const lines = texts.join("\n").split("\n").slice(0, MOST_LINES);
    process.stdout.write(`\nFailed: ${test.module.relativeModuleId} > ${test.fullName}\n${lines.join("\n")}\n\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that does not load has no tests to count.
      if (module.errors().length > 0) count.failed++;
    }
    const failed = count.failed + count.pending + unhandled.length;
    // The default reporter writes its own summary first.
    setImmediate(() => {
      process.stdout.write(`\nTests: ${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`);
    });
  }
}

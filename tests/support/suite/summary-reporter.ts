import type { Reporter, TestModule } from "vitest/node";

/** Says at the very end, in one line that scripts can read, how many tests passed, failed and were skipped. */
export default class SummaryReporter implements Reporter {
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

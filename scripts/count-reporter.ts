// Ends the tests' output with one line, `N passed, N failed, N skipped`, counted by the runner itself, and before it
// the reason of each skipped test: which component is missing, and how to get it.

import type { Reporter, TestModule } from "vitest/node";

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      // A file that fails to load has no failed test of its own.
      if (module.state() === "failed" && !tests.some((test) => test.result().state === "failed")) count.failed++;
      for (const test of tests) {
        const result = test.result();
        if (result.state === "passed") count.passed++;
        else if (result.state === "failed") count.failed++;
        else {
          count.skipped++;
          const reason = (result.state === "skipped" ? result.note : undefined) ?? "no reason given";
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      }
    }
    for (const [reason, tests] of reasons) console.log(`skipped ${tests}: ${reason}`);
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

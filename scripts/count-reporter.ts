// Ends the tests' output with one line, `N passed, N failed, N skipped`, counted by the runner itself, and before it
// the reason of each skipped test: which component is missing, and how to get it.

import type { Reporter, TestModule } from "vitest/node";

/** How each component that tests may miss is had. */
const remedies: Record<string, string> = {
  bubblewrap: "install bubblewrap (Debian: apt-get install bubblewrap)",
  python3: "install Python 3 (Debian: apt-get install python3)",
  root: "run the tests as root",
  docker: "start a Docker engine (Debian, as root: scripts/docker-engine.sh)",
  chromium: "install Chromium (Debian: apt-get install chromium)",
  "openenv-python": "make the Python environments (scripts/python-openenv.sh)",
  linux: "run the tests on Linux",
};

/** Suites that cannot run here say so in their name: `(missing here: bubblewrap, python3)`. */
function missingFor(fullName: string): string[] {
  const [, names] = /\(missing here: ([^)]*)\)/.exec(fullName) ?? [];
  if (names === undefined) return ["no reason given"];
  return names.split(", ").map((name) => `${name} is missing; ${remedies[name] ?? "see CONTRIBUTING.md"}`);
}

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
          for (const reason of missingFor(test.fullName)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      }
    }
    for (const [reason, tests] of reasons) console.log(`${tests} tests were skipped: ${reason}`);
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

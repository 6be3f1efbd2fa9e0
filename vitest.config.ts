import { globSync } from "node:fs";
import { dirname } from "node:path";
import { defineConfig } from "vitest/config";

// Tests run against sources, without a build. Project objects with `extends: true`, because projects given
// as strings do not inherit `resolve.conditions`.
const conditions = ["source", "module", "node", "development|production"];
const roots = globSync("{packages,envs}/*/package.json").map((file) => dirname(file));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Much of the time goes into waiting for processes: one worker more than there are cores on a small machine.
    maxWorkers: 3,
    globalSetup: "./test/leave-nothing.ts",
    reporters: ["default", "./scripts/count-reporter.ts"],
    projects: [".", ...roots].map((root) => ({
      extends: true as const,
      test: { name: root, root, include: ["test/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 30_000 },
    })),
  },
});

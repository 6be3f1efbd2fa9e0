import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { loadEnvironment } from "../src/load-environment.ts";
import { UsageError } from "../src/usage-error.ts";
import { fixture, temporaryFolder } from "./folders.ts";

test.each([
  ["the folder of a package with exports", "counting", "counting"],
  ["the folder of a package with a main module", "legacy", "generous"],
  ["the folder of a package that only imports", "imports-only", "generous"],
  ["a module file", "generous.ts", "generous"],
])("an environment is loaded from %s", async (_, where, name) => {
  await expect(loadEnvironment(fixture(where))).resolves.toMatchObject({ name });
});

test("a relative path is seen from where the command runs", async () => {
  await expect(loadEnvironment(relative(process.cwd(), fixture("generous.ts")))).resolves.toMatchObject({
    name: "generous",
  });
});

test("an environment is loaded by the name of a package that is installed where the command runs", async () => {
  const folder = temporaryFolder();
  const installed = join(folder, "node_modules", "@someone", "env-plain");
  mkdirSync(installed, { recursive: true });
  const exports = { ".": { import: { default: "./entry.js" } } };
  writeFileSync(
    join(installed, "package.json"),
    JSON.stringify({ name: "@someone/env-plain", type: "module", exports }),
  );
  writeFileSync(join(installed, "entry.js"), 'export default { name: "plain", description: "", tools: {} };');
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
  onTestFinished(() => cwd.mockRestore());
  await expect(loadEnvironment("@someone/env-plain")).resolves.toMatchObject({ name: "plain" });
});

test.each([
  ["nothing", "nowhere", /cannot find an environment at ".*nowhere"/],
  ["a folder without a package", "policies", /the folder has no package\.json/],
  [
    "a module that exports something else",
    "not-an-environment.ts",
    /must default-export what defineEnvironment returned/,
  ],
  ["a module that throws", "throws.ts", /cannot load the environment ".*": the module failed$/],
])("%s is refused with what to do, in one line", async (_, where, message) => {
  const reason: unknown = await loadEnvironment(fixture(where)).catch((error: unknown) => error);
  expect(reason).toBeInstanceOf(UsageError);
  expect(reason).toMatchObject({ message: expect.stringMatching(message), advice: expect.stringMatching(/\w+/) });
});

test("a folder whose package has no name is refused", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), "{}");
  await expect(loadEnvironment(folder)).rejects.toThrow(/package\.json has no name/);
});

test("a package that is not installed is refused by its name", async () => {
  await expect(loadEnvironment("@someone/env-missing")).rejects.toThrow(/"@someone\/env-missing"/);
});

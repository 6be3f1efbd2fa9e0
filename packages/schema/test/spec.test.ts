import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../scripts/spec.ts", import.meta.url));

function generate(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, ["--conditions=source", script, ...args], {
    encoding: "utf8",
  });
  return { status, stderr };
}

test("the generated files in spec/ are those of the sources", () => {
  expect(generate("--check")).toEqual({ status: 0, stderr: "" });
});

test("a stale file, one too many and a missing folder fail the check and are named; writing again mends it", () => {
  const folder = mkdtempSync(join(tmpdir(), "openenv-spec-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(generate(folder, "--check")).toMatchObject({ status: 1, stderr: expect.stringContaining("openapi.json") });
  expect(generate(folder)).toEqual({ status: 0, stderr: "" });
  writeFileSync(join(folder, "schema", "StepMessage.json"), "{}");
  writeFileSync(join(folder, "schema", "Unknown.json"), "{}");
  const names = /StepMessage\.json, .*Unknown\.json\nrun: pnpm spec/;
  expect(generate(folder, "--check")).toMatchObject({ status: 1, stderr: expect.stringMatching(names) });
  generate(folder);
  expect(generate(folder, "--check")).toEqual({ status: 0, stderr: "" });
});

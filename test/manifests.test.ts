import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { compileValidator, Manifest } from "../packages/schema/src/index.ts";

const manifest = compileValidator<Manifest>(Manifest);
const read = (file: string): unknown => parse(readFileSync(file, "utf8"));

test("every environment has a manifest", () => {
  expect(globSync("envs/*/openenv.yaml")).toHaveLength(globSync("envs/*/package.json").length);
});

// manifest.schema
test.each(globSync("envs/*/openenv.yaml").sort())("%s matches the schema of manifests", (file) => {
  expect(manifest.findings(read(file))).toEqual([]);
});

test("the example in spec/manifest.md matches the schema of manifests", () => {
  const [, block = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(readFileSync("spec/manifest.md", "utf8")) ?? [];
  expect(manifest.findings(parse(block))).toEqual([]);
});

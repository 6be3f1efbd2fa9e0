import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { mismatch } from "../src/specification.ts";

const folder = fileURLToPath(new URL("../../../spec/examples", import.meta.url));
const examples = globSync(`${folder}/*/*.json`).map((file) => ({
  type: basename(dirname(file)),
  name: basename(file, ".json"),
  example: JSON.parse(readFileSync(file, "utf8")),
}));

test.each(examples)("the suite's own validator agrees with the example $type/$name", ({ type, example }) => {
  expect(mismatch(type, example.data) === undefined).toBe(example.valid);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { loadTasks } from "../src/task.ts";
import { fixtureTasks } from "./session.ts";

const folder = mkdtempSync(join(tmpdir(), "openenv-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(...lines: string[]): URL {
  const path = join(folder, "tasks.jsonl");
  writeFileSync(path, lines.join("\n"));
  return pathToFileURL(path);
}

const [good = ""] = readFileSync(fixtureTasks, "utf8").split("\n");
const changed = (change: object) => JSON.stringify({ ...JSON.parse(good), ...change });

test("the tasks that come with the package are well formed", () => {
  const tasks = loadTasks(new URL("../tasks/tasks.jsonl", import.meta.url));
  expect(tasks.size).toBeGreaterThan(0);
});

test.each([
  ["{", "line 2: not JSON"],
  [changed({ id: "other", prompt: "" }), 'line 2: field "prompt"'],
  [changed({ id: "other", tests: [] }), 'line 2: field "tests"'],
  [changed({ id: "other", entry_point: { python: "1x", javascript: "x" } }), 'line 2: field "entry_point/python"'],
  [changed({ id: "other", difficulty: "trivial" }), 'line 2: field "difficulty"'],
  [changed({ id: "other", solutions: { python: "x" } }), 'line 2: field "solutions'],
  [changed({ id: "other", examples: [{ args: [], expects: 1 }] }), 'line 2: field "examples/0'],
  [changed({ id: "other", tests: [{ args: [1] }] }), 'line 2: field "tests/0'],
  [changed({ id: "other", tests: [{ language: "ruby", code: "x" }] }), 'line 2: field "tests/0'],
  [good, 'line 2: id "guess" is taken'],
])("a bad row is refused by line and field: %.60s", (line, complaint) => {
  expect(() => loadTasks(fileOf(good, line))).toThrow(complaint);
});

test("an empty file is refused", () => {
  expect(() => loadTasks(fileOf("", ""))).toThrow("no task");
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTasks } from "../src/tasks.ts";
import { UsageError } from "../src/usage-error.ts";
import { temporaryFolder } from "./folders.ts";

function fileOf(text: string): string {
  const file = join(temporaryFolder(), "tasks.jsonl");
  writeFileSync(file, text);
  return file;
}

test("a file of tasks is read line by line, and blank lines are skipped", () => {
  const file = fileOf('{"id":"a"}\r\n\n  \n{"id":"b","reset":{"seed":1},"oracle":[{"add":1}]}');
  expect(readTasks(file)).toEqual([
    { id: "a", reset: {} },
    { id: "b", reset: { seed: 1 }, oracle: [{ add: 1 }] },
  ]);
});

test.each([
  ["no JSON", '{"id":"a"}\n\n{"id":', /tasks\.jsonl:3: not JSON/],
  ["no object", "7", /tasks\.jsonl:1: .*object/],
  ["no id", '{"reset":{}}', /tasks\.jsonl:1: id is required/],
  ["an empty id", '{"id":""}', /tasks\.jsonl:1: id /],
  ["a wrong reset", '{"id":"a","reset":[]}', /tasks\.jsonl:1: reset .*object/],
  ["a wrong action", '{"id":"a","oracle":[{},"x"]}', /tasks\.jsonl:1: oracle\.1 .*object/],
  ["an unknown key", '{"id":"a","orcale":[]}', /tasks\.jsonl:1: orcale is not a known key/],
  ["an id twice", '{"id":"a"}\n{"id":"b"}\n{"id":"a"}', /tasks\.jsonl:3: id "a" is also that of line 1/],
  ["no task", "\n \n", /tasks\.jsonl holds no task/],
])("a file with %s is refused, naming the line and the field", (_, text, message) => {
  const read = (): unknown => readTasks(fileOf(text));
  expect(read).toThrow(message);
  expect(read).toThrow(UsageError);
});

test("a file that is not there is refused with what to do", () => {
  expect(() => readTasks(join(temporaryFolder(), "none.jsonl"))).toThrow(
    expect.objectContaining({ message: expect.stringContaining("cannot read the tasks"), advice: expect.any(String) }),
  );
});

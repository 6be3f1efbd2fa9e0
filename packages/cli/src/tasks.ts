import { readFileSync } from "node:fs";
import { compileValidator, messageOf } from "@openenv/schema";
import type { Task } from "@openenv/server";
import { UsageError } from "./usage-error.ts";

const taskValidator = compileValidator<Task>({
  type: "object",
  required: ["id"],
  properties: {
    id: { type: "string", minLength: 1 },
    reset: { type: "object" },
    oracle: { type: "array", items: { type: "object" } },
  },
  additionalProperties: false,
});

/**
 * Reads a file of tasks: one JSON object per line, `{id, reset?, oracle?}`; blank lines are skipped.
 *
 * @throws {UsageError} naming the line and the field.
 */
export function readTasks(file: string): Task[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (reason) {
    throw new UsageError(`cannot read the tasks: ${messageOf(reason)}`, "Give a file with one JSON object per line.");
  }
  return text
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [readTask(line, `${file}:${index + 1}`)]));
}

function readTask(line: string, at: string): Task {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (reason) {
    throw new UsageError(`${at}: not JSON: ${messageOf(reason)}`, "A task is one JSON object on one line.");
  }
  if (!taskValidator.check(value)) {
    const [finding] = taskValidator.findings(value);
    throw new UsageError(
      `${at}: ${finding?.loc.join(".") || "the task"} ${finding?.msg}`,
      'A task is {"id": "...", "reset": {...}, "oracle": [actions]}; only id is required.',
    );
  }
  return { ...value, reset: value.reset ?? {} };
}

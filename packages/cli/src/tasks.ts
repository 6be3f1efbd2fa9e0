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
 * @throws {UsageError} naming the line and the field; for a file without tasks, and for an id that occurs twice.
 */
export function readTasks(file: string): Task[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (reason) {
    throw new UsageError(`cannot read the tasks: ${messageOf(reason)}`, "Give a file with one JSON object per line.");
  }
  const lines = new Map<string, number>();
  const tasks = text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const task = readTask(line, `${file}:${index + 1}`);
    const earlier = lines.get(task.id);
    if (earlier !== undefined) {
      throw new UsageError(
        `${file}:${index + 1}: id "${task.id}" is also that of line ${earlier}`,
        "Give each task an id of its own.",
      );
    }
    lines.set(task.id, index + 1);
    return [task];
  });
  if (tasks.length === 0) throw new UsageError(`${file} holds no task`, taskAdvice);
  return tasks;
}

const taskAdvice = 'A task is one line, {"id": "...", "reset": {...}, "oracle": [actions]}; only id is required.';

function readTask(line: string, at: string): Task {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (reason) {
    throw new UsageError(`${at}: not JSON: ${messageOf(reason)}`, taskAdvice);
  }
  if (!taskValidator.check(value)) {
    const [finding] = taskValidator.findings(value);
    throw new UsageError(`${at}: ${finding?.loc.join(".") || "the task"} ${finding?.msg}`, taskAdvice);
  }
  return { ...value, reset: value.reset ?? {} };
}

import { readFileSync } from "node:fs";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";

export const Language = Type.Union([Type.Literal("python"), Type.Literal("javascript")]);
export type Language = Static<typeof Language>;

/** One call and what it returns, in the runners' JSON form (see runner/values.py). */
export const Example = Type.Object({ args: Type.Array(Type.Unknown()), expected: Type.Unknown() });
export type Example = Static<typeof Example>;

const ExampleTest = Type.Object(
  { args: Type.Array(Type.Unknown()), expected: Type.Unknown() },
  { additionalProperties: false },
);
const CodeTest = Type.Object(
  { language: Language, code: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
);

/** A test that is code: it defines `check(candidate)` and fails by raising. */
export type CodeTest = Static<typeof CodeTest>;
export type Test = Static<typeof ExampleTest> | CodeTest;

const identifier = "^[A-Za-z_][A-Za-z0-9_]*$";

/** One row of the tasks file. `tests` and `solutions` never leave the server. */
const Task = Type.Object(
  {
    id: Type.String({ pattern: "^[a-z0-9][a-z0-9_/.-]*$" }),
    title: Type.String({ minLength: 1 }),
    prompt: Type.String({ minLength: 1 }),
    entry_point: Type.Object({
      python: Type.String({ pattern: identifier }),
      javascript: Type.String({ pattern: identifier }),
    }),
    difficulty: Type.Union([Type.Literal("easy"), Type.Literal("medium"), Type.Literal("hard")]),
    tags: Type.Array(Type.String()),
    examples: Type.Array(Example),
    tests: Type.Array(Type.Union([ExampleTest, CodeTest]), { minItems: 1 }),
    tolerance: Type.Optional(Type.Number({ minimum: 0 })),
    solutions: Type.Object({ python: Type.String({ minLength: 1 }), javascript: Type.String({ minLength: 1 }) }),
  },
  { additionalProperties: false },
);
export type Task = Static<typeof Task>;

const row = Compile(Task);

/**
 * Reads a file of one task per line; blank lines are skipped.
 *
 * @throws {SyntaxError} naming the line, and the field, of the first row that is no task or repeats an id.
 */
export function loadTasks(file: URL): ReadonlyMap<string, Task> {
  const tasks = new Map<string, Task>();
  for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
    if (line.trim() === "") continue;
    const task = parseRow(line, `tasks file, line ${index + 1}`);
    if (tasks.has(task.id)) throw new SyntaxError(`tasks file, line ${index + 1}: id "${task.id}" is taken`);
    tasks.set(task.id, task);
  }
  if (tasks.size === 0) throw new SyntaxError("tasks file: it has no task");
  return tasks;
}

function parseRow(line: string, where: string): Task {
  const value = parseJson(line, where);
  if (row.Check(value)) return value;
  // The deepest complaint is about the field; those above it say only that a branch of a union did not match.
  const [error] = row.Errors(value).sort((a, b) => b.instancePath.length - a.instancePath.length);
  throw new SyntaxError(`${where}: field "${error?.instancePath.slice(1)}" ${error?.message}`);
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new SyntaxError(`${where}: not JSON`, { cause: error });
  }
}

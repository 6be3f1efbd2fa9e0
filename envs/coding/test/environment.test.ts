import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "../../../test/required.ts";
import coding, { defineCoding } from "../src/index.ts";
import type { Shared } from "../src/session.ts";
import { fixtureTasks, openSession, startShared } from "./session.ts";

let shared: Shared;
let warnings: string[];

beforeAll(async () => {
  ({ shared, warnings } = await startShared("none"));
});
afterAll(() => shared.sandbox.close());

describe("a reset", () => {
  test("tells the task, and nothing of its tests", async () => {
    const session = await openSession(shared, { task: "same", language: "javascript", max_steps: 3 });
    expect(session.first.observation).toEqual({
      stdout: "",
      stderr: "",
      exit_code: 0,
      limit: null,
      language: "javascript",
      steps_left: 3,
      task_id: "same",
      prompt: "Write same.",
      entry_point: "same",
      examples: [{ args: [1], expected: 1 }],
    });
    expect(session.state()).toEqual({ task_id: "same", language: "javascript", steps_left: 3 });
    await session.close();
  });

  test("without a task draws one", async () => {
    const { first } = await openSession(shared, {}, {});
    expect(first.observation.task_id).toBe("guess");
  });

  test("with an unknown task is refused, and some ids are told", async () => {
    await expect(openSession(shared, { task: "gues" })).rejects.toThrow(
      'no task has the id "gues"; there are 3, for example guess',
    );
  });

  test("with a language that is not there is refused", async () => {
    const { javascript } = shared.runtimes;
    const withoutPython = { ...shared, runtimes: javascript === undefined ? {} : { javascript } };
    await expect(openSession(withoutPython, { language: "python" })).rejects.toThrow("python3 is not installed");
    const { first } = await openSession(withoutPython);
    expect(first.observation.language).toBe("javascript");
  });
});

describe("an episode", () => {
  const right = "function guess(n) { return { 17: 928374, 42: 171717, 5: -606060 }[n] }";

  test("is scored by its last step", async () => {
    const session = await openSession(shared, { language: "javascript", max_steps: 2 });
    expect(await session.step("1")).toMatchObject({ reward: null, done: false, observation: { steps_left: 1 } });
    expect(await session.step(right)).toMatchObject({ reward: 1, done: true, observation: { steps_left: 0 } });
    await expect(session.step(right)).rejects.toThrow("reset first");
    await session.close();
  });

  test("with a blank submission is scored by the last code that was not blank", async () => {
    const session = await openSession(shared, { language: "javascript" });
    await session.step(right);
    await session.step("   ");
    expect(await session.step("\n", { submit: true })).toMatchObject({ reward: 1, done: true });
    await session.close();
  });

  test("is scored in a fresh process: what earlier steps defined is not there", async () => {
    const session = await openSession(shared, { language: "javascript" });
    await session.step(right);
    const { observation, reward } = await session.step("const other = 1", { submit: true });
    expect({ reward, passed: observation.tests?.passed }).toEqual({ reward: 0, passed: 0 });
    await session.close();
  });

  test("with code that does not load earns nothing, and says why", async () => {
    const session = await openSession(shared, { language: "javascript" });
    const { observation, reward } = await session.step(`${right}\nthrow new RangeError("far")`, { submit: true });
    expect(reward).toBe(0);
    expect(observation).toMatchObject({ exit_code: 1, stderr: expect.stringContaining("RangeError: far") });
    await session.close();
  });

  test("starts anew with a reset", async () => {
    const session = await openSession(shared, { language: "javascript" });
    await session.step(right, { submit: true });
    const again = await openSession(shared, { language: "javascript" });
    expect(await again.step("typeof guess")).toMatchObject({ observation: { stdout: "'undefined'\n" } });
    await Promise.all([session.close(), again.close()]);
  });
});

test.each(["same", "third"])("values of the task %s arrive and return as they are, in JavaScript", async (task) => {
  const session = await openSession(shared, { task, language: "javascript" });
  const solution = shared.tasks.get(task)?.solutions.javascript ?? "";
  expect(await session.step(solution, { submit: true })).toMatchObject({ reward: 1 });
  await session.close();
});

describeWith(["python3"], "Python", () => {
  test.each(["same", "third"])("values of the task %s arrive and return as they are", async (task) => {
    const session = await openSession(shared, { task, language: "python" });
    const solution = shared.tasks.get(task)?.solutions.python ?? "";
    expect(await session.step(solution, { submit: true })).toMatchObject({ reward: 1 });
    await session.close();
  });

  test("the language can change from step to step, and each keeps its own variables", async () => {
    const session = await openSession(shared, { language: "python" });
    await session.step("x = 'snake'");
    await session.step("const x = 'cup'", { language: "javascript" });
    expect((await session.step("x")).observation).toMatchObject({ stdout: "'snake'\n", language: "python" });
    expect((await session.step("x", { language: "javascript" })).observation).toMatchObject({
      stdout: "'cup'\n",
      language: "javascript",
    });
    await session.close();
  });

  test("a name of a subclass cannot change what a value is", async () => {
    const session = await openSession(shared, { task: "same", language: "python" });
    const code =
      "class N(int):\n  __repr__ = lambda s: '5'\nclass L(list):\n  __iter__ = lambda s: iter([9])\ndef same(v):\n  return N(v) if type(v) is int else L(v) if type(v) is list else v";
    expect(await session.step(code, { submit: true })).toMatchObject({ reward: 1 });
    await session.close();
  });
});

test("sessions do not see one another", async () => {
  const sessions = await Promise.all([1, 2, 3].map(() => openSession(shared, { language: "javascript" })));
  await Promise.all(
    sessions.map((session, index) => session.step(`const mine = ${index}; require("fs").writeFileSync("mine", "")`)),
  );
  const seen = await Promise.all(
    sessions.map((session) => session.step("[mine, require('fs').readdirSync('.').length]")),
  );
  expect(seen.map(({ observation }) => observation.stdout)).toEqual(["[ 0, 1 ]\n", "[ 1, 1 ]\n", "[ 2, 1 ]\n"]);
  await Promise.all(sessions.map((session) => session.close()));
});

describe("the environment", () => {
  test("warns that nothing is confined", () => {
    expect(warnings).toContainEqual(expect.stringContaining("unconfined"));
  });

  test("tells its tier, its guarantees and its languages", () => {
    expect(coding.metadata?.(shared)).toMatchObject({
      sandbox: { tier: "none", guarantees: { network_denied: false } },
      languages: expect.arrayContaining(["javascript"]),
    });
  });

  test("refuses a sandbox it does not know", async () => {
    await expect(startShared("podman")).rejects.toThrow("no sandbox is named");
  });

  test("refuses a tasks file that is not there", async () => {
    await expect(startShared("none", { tasks: new URL("missing.jsonl", fixtureTasks) })).rejects.toThrow("ENOENT");
  });

  test("offers each task with an action that solves it", async () => {
    const tasks = (await defineCoding({ tasks: fixtureTasks }).tasks?.()) ?? [];
    expect(tasks.map(({ id }) => id)).toEqual(["guess", "same", "third"]);
    expect(tasks[0]?.oracle).toEqual([
      { code: expect.stringContaining("928374"), language: expect.any(String), submit: true },
    ]);
  });
});

describeWith(["bubblewrap"], "the tasks that come with the package", () => {
  test.each(["python", "javascript"] as const)(
    "are solved by their solutions in %s",
    async (language) => {
      const { shared: own } = await startShared("auto", {
        tasks: new URL("../tasks/tasks.jsonl", import.meta.url),
        testTimeoutMs: 20_000,
      });
      const served = own.runtimes[language] === undefined ? [] : [...own.tasks.values()];
      const rewards: Record<string, unknown> = {};
      for (const { id, solutions } of served) {
        const session = await openSession(own, { task: id, language });
        const { reward } = await session.step(solutions[language], { submit: true });
        await session.close();
        rewards[id] = reward;
      }
      expect(Object.entries(rewards).filter(([, reward]) => reward !== 1)).toEqual([]);
      await own.sandbox.close();
    },
    180_000,
  );
});

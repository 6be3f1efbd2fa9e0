import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWith } from "../../../test/required.ts";
import type { Shared } from "../src/session.ts";
import { openSession, startShared } from "./session.ts";

type Session = Awaited<ReturnType<typeof openSession>>;

// Limits are about the runners, not about the tier: what is said here holds in each.
for (const [tier, components] of [
  ["none", []],
  ["bubblewrap", ["bubblewrap"]],
] as const) {
  let shared: Shared;
  let session: Session;

  const lifetime = (language: "python" | "javascript") => {
    beforeAll(async () => {
      ({ shared } = await startShared(tier, { stepTimeoutMs: 3_000 }));
    });
    afterAll(() => shared.sandbox.close());
    beforeEach(async () => {
      session = await openSession(shared, { language });
    });
    afterEach(() => session.close());
  };

  describeWith([...components, "python3"], `Python steps, sandbox ${tier}`, () => {
    lifetime("python");

    test("variables last, and a last expression is shown", async () => {
      await session.step("x = 20\ndef twice(n):\n    return 2 * n");
      const { observation, reward, done } = await session.step("print('so')\ntwice(x) + 2");
      expect({ observation, reward, done }).toEqual({
        observation: { stdout: "so\n42\n", stderr: "", exit_code: 0, limit: null, language: "python", steps_left: 98 },
        reward: null,
        done: false,
      });
    });

    test.each([
      ["1 / 0", "ZeroDivisionError: division by zero"],
      ["def f():\n    return g()\nf()", "NameError: name 'g' is not defined"],
      ["def (", "SyntaxError"],
      ["raise SystemExit('stopped')", "stopped"],
      ["def f(): return f()\nf()", "RecursionError"],
      ["class E(Exception):\n  def __str__(self): raise ValueError\nraise E", "E"],
    ])("what goes wrong is told without frames of the runner: %j", async (code, complaint) => {
      const { observation } = await session.step(code);
      expect(observation.stderr).toContain(complaint);
      expect(observation.stderr).not.toContain("interpreter.py");
      expect(observation.exit_code).toBe(1);
    });

    test("an exit is told by its code, and the next step starts afresh", async () => {
      await session.step("x = 1");
      const { observation } = await session.step("import sys; print('bye'); sys.exit(7)");
      expect(observation).toMatchObject({
        stdout: "bye\n",
        exit_code: 7,
        stderr: expect.stringContaining("starts a new one"),
      });
      expect((await session.step("'x' in globals()")).observation.stdout).toBe("False\n");
    });

    test.each([
      ["time", "print('begun')\nwhile True: pass", 124],
      ["memory", "print('begun')\nx = bytearray(1 << 31)", 1],
      ["output", "print('begun')\nprint('x' * 100_000)", 0],
    ])("the limit %s is told", async (limit, code, exitCode) => {
      const { observation } = await session.step(code);
      expect(observation).toMatchObject({ limit });
      expect(observation.exit_code).toBe(exitCode);
      expect(observation.stdout).toMatch(/^begun\n/);
      expect(observation.stdout.length).toBeLessThanOrEqual(64 * 1024);
      expect((await session.step("1 + 1")).observation.stdout).toBe("2\n");
    });

    test("input is empty, not awaited", async () => {
      expect((await session.step("input()")).observation.stderr).toContain("EOFError");
    });

    test.each([
      ["a closed channel", "import os; os.close(3); os.close(4)"],
      ["a channel led elsewhere", "import os; os.dup2(1, 4)"],
      ["the end of the process", "import os; os._exit(9)"],
      ["noise on the channel", "import os; os.write(4, b'{\"id\":1}\\n[]\\nnull\\n{{{\\n' * 500)"],
      ["closed outputs", "import os, sys; sys.stdout.close(); os.close(1); os.close(2)"],
    ])("the session outlives %s", async (_what, code) => {
      await session.step(code);
      await session.step("pass");
      await session.step("import sys; sys.exit()");
      expect((await session.step("1 + 1")).observation.stdout).toBe("2\n");
    });
  });

  describeWith([...components], `JavaScript steps, sandbox ${tier}`, () => {
    lifetime("javascript");

    test("const, let and functions last, await works at top level, and names can be declared again", async () => {
      await session.step("const a = 1; let b = await Promise.resolve(2); function sum() { return a + b }; class C {}");
      expect((await session.step("a + 1")).observation.stdout).toBe("2\n");
      expect((await session.step("const a = 10; sum()")).observation.stdout).toBe("12\n");
      const { observation } = await session.step("console.log('so'); ({ c: new C(), os: typeof require('os').cpus })");
      expect(observation).toEqual({
        stdout: "so\n{ c: C {}, os: 'function' }\n",
        stderr: "",
        exit_code: 0,
        limit: null,
        language: "javascript",
        steps_left: 96,
      });
    });

    test.each([
      ["null.x", "TypeError"],
      ["function f() { throw new RangeError('far') }\nf()", "RangeError: far"],
      ["let = =", "SyntaxError"],
      ["await Promise.reject(new Error('later'))", "Error: later"],
      ["throw 5", "5"],
      ["throw null", "null"],
      ["throw { get stack() { throw 1 } }", ""],
    ])("what goes wrong is told without frames of the runner: %j", async (code, complaint) => {
      const { observation } = await session.step(code);
      expect(observation.stderr).toContain(complaint);
      expect(observation.stderr).not.toContain("interpreter.mjs");
      expect(observation.exit_code).toBe(1);
    });

    test("an exit is told by its code, and the next step starts afresh", async () => {
      await session.step("let x = 1");
      const { observation } = await session.step("console.log('bye'); process.exit(7)");
      expect(observation).toMatchObject({
        stdout: "bye\n",
        exit_code: 7,
        stderr: expect.stringContaining("starts a new one"),
      });
      expect((await session.step("typeof x")).observation.stdout).toBe("'undefined'\n");
    });

    test.each([
      ["time", "console.log('begun'); for (;;);"],
      ["time", "console.log('begun'); await new Promise(() => {})"],
      ["memory", "console.log('begun'); const held = []; for (;;) held.push(Buffer.alloc(1 << 24, 1))"],
      ["output", "console.log('begun'); console.log('x'.repeat(100_000))"],
      ["output", "console.log('begun'); const x = 'x'.repeat(1 << 20); for (;;) console.log(x)"],
    ])("the limit %s is told", async (limit, code) => {
      const { observation } = await session.step(code);
      expect(observation).toMatchObject({ limit, stdout: expect.stringMatching(/^begun\n/) });
      expect(observation.stdout.length).toBeLessThanOrEqual(64 * 1024);
      expect((await session.step("1 + 1")).observation.stdout).toBe("2\n");
    });

    test("a step that is given up ends, and the session goes on", async () => {
      const abort = new AbortController();
      const step = session.step("for (;;);", {}, abort.signal);
      abort.abort(new RangeError("given up"));
      await expect(step).rejects.toThrow("given up");
      expect((await session.step("1 + 1")).observation.stdout).toBe("2\n");
    });

    test("closing the session ends a step that hangs", async () => {
      await session.step("1");
      const step = session.step("for (;;);");
      await session.close();
      expect((await step).observation.exit_code).toBe(137);
      await expect(session.step("1")).rejects.toThrow();
    });
  });
}

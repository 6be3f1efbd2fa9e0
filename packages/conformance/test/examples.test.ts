import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { describeWith } from "../../../test/required.ts";
import { runServerChecks, type Script } from "../src/index.ts";

const root = new URL("../../../", import.meta.url);
// Any of the environments that the interop tests use has the package `websockets`.
const python = fileURLToPath(new URL(".cache/python/0.10.0/bin/python", root));
const example = fileURLToPath(new URL("packages/conformance/examples/python_server.py", root));

/** The environment of the stories, as far as its schema does not tell it. */
const script: Script = {
  valid: [{ guess: 25 }, { guess: 75 }],
  raises: { guess: 13 },
  raisesText: "13 is unlucky",
  invalidOption: { target: 101 },
  finishes: { guess: 50 },
  loopback: true,
};

interface Example extends AsyncDisposable {
  readonly url: string;
  /** Asks it to end; its exit code. */
  stop(): Promise<unknown>;
}

async function startExample(): Promise<Example> {
  const child = spawn(python, [example, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const dispose = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    return {
      url: await announced(child),
      async stop() {
        child.kill("SIGTERM");
        const [code] = await ended;
        return code;
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function announced({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the example has no output");
  for await (const line of createInterface(stdout)) return line.replace("listening on ", "");
  throw new Error("the example ended before it listened");
}

describeWith(["openenv-python"], "the server in Python", () => {
  test("conforms to the core, and ends when it is asked to", { timeout: 120_000 }, async () => {
    await using server = await startExample();
    const { findings, sessions } = await runServerChecks({ url: server.url, profiles: ["core"], script });

    const faults = findings.filter(({ status }) => status === "fail" || status === "warn");
    expect(faults.map(({ id, message }) => `${id}: ${message}`)).toEqual([]);
    // Were it taken for a server in production, nothing of its episodes would have been looked at.
    const passed = findings.filter(({ status }) => status === "pass").map(({ id }) => id);
    expect(passed).toContain("episode.step-count-failed");
    expect(sessions).toEqual({ before: 0, after: 0 });
    expect(await server.stop()).toBe(0);
  });
});

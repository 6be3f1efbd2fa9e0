// Before all tests: names the run, and starts what removes all that it makes in the Docker engine, also if the run is
// interrupted or killed, when no test's own cleaning up takes place.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { engineAnswers } from "./engine.ts";

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const run = randomUUID();
  project.provide("testRun", run);
  if (!(await engineAnswers())) return undefined;
  const sweeper = fileURLToPath(new URL("sweeper.ts", import.meta.url));
  // In a session of its own: Ctrl-C is not for it.
  const child = spawn(process.execPath, [sweeper, run], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const exit = once(child, "exit");
  child.unref();
  return async () => {
    child.ref();
    child.stdin.end("done");
    const [code] = await exit;
    if (code !== 0) throw new Error(`the tests have left containers or images with the label org.openenv.test=${run}`);
  };
}

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe } from "vitest";
import interop from "../packages/conformance/interop/fixtures.json" with { type: "json" };
import { openSandbox } from "../packages/sandbox/src/index.ts";
import { engineAnswers } from "./engine.ts";

/** Parts of a machine that some tests need. `OPENENV_REQUIRE` names those whose absence is a failure, not a skip. */
export type Component = "bubblewrap" | "chromium" | "openenv-python" | "python3" | "root" | "linux" | "docker";

const required = (process.env.OPENENV_REQUIRE ?? "").split(",");
const present: Record<Component, boolean> = {
  bubblewrap: await bubblewrapWorks(),
  chromium: existsSync("/usr/bin/chromium"),
  "openenv-python": pythonOpenenvInstalled(),
  python3: pythonRuns(),
  root: process.getuid?.() === 0,
  linux: process.platform === "linux",
  docker: await engineAnswers(),
};

/** A `describe` that is skipped, and says why, where a component is missing. */
export function describeWith(components: readonly Component[], name: string, tests: () => void): void {
  const missing = components.filter((component) => !present[component] && !required.includes(component));
  if (missing.length === 0) describe(name, tests);
  else describe.skip(`${name} (missing here: ${missing.join(", ")})`, tests);
}

async function bubblewrapWorks(): Promise<boolean> {
  try {
    const sandbox = await openSandbox("bubblewrap");
    await sandbox.close();
    return true;
  } catch {
    return false;
  }
}

function pythonRuns(): boolean {
  try {
    execFileSync("python3", ["-c", ""]);
    return true;
  } catch {
    return false;
  }
}

/** Whether `scripts/python-openenv.sh` has made an environment for each of the versions. */
function pythonOpenenvInstalled(): boolean {
  const root = new URL("..", import.meta.url);
  return interop.versions.every((version) => existsSync(new URL(`.cache/python/${version}/complete`, root)));
}

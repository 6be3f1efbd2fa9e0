import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the bench as `pnpm bench` does. */
export function startBench(args: readonly string[]): { process: ChildProcess; ended: Promise<Ended> } {
  const process_ = spawn(process.execPath, ["--conditions=source", bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  process_.stdout.on("data", (chunk) => {
    text.stdout += chunk;
  });
  process_.stderr.on("data", (chunk) => {
    text.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => process_.on("close", (code) => resolve({ code, ...text })));
  return { process: process_, ended };
}

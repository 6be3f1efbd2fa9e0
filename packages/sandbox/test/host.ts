import { readdirSync, readFileSync } from "node:fs";
import type { RunningProgram } from "../src/index.ts";

/** Everything a program wrote, and its exit code. */
export async function outcome(program: RunningProgram): Promise<{ stdout: string; stderr: string; code: number }> {
  program.stdin.end();
  const [stdout, stderr, code] = await Promise.all([text(program.stdout), text(program.stderr), program.exited]);
  return { stdout, stderr, code };
}

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += String(chunk);
  return all;
}

/** The first line a program writes. */
export async function firstLine(stream: AsyncIterable<unknown>): Promise<string> {
  let all = "";
  for await (const chunk of stream) {
    all += String(chunk);
    if (all.includes("\n")) break;
  }
  return all.slice(0, all.indexOf("\n"));
}

/** The living processes of a user, as the host sees them. */
export function processesOf(uid: number): number[] {
  return processesWhere((pid) => new RegExp(`^Uid:\\s+${uid}\\s`, "m").test(read(pid, "status")));
}

/** The living processes whose command line holds `text`. */
export function processesWith(text: string): number[] {
  return processesWhere((pid) => pid !== process.pid && read(pid, "cmdline").includes(text));
}

function processesWhere(matches: (pid: number) => boolean): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => !/^State:\s+[ZX]/m.test(read(pid, "status")) && matches(pid));
}

export function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

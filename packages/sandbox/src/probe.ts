import { readFileSync } from "node:fs";
import { SandboxError } from "./error.ts";
import type { RunningProgram } from "./program.ts";
import type { Sandbox } from "./sandbox.ts";

// What the program sees of its surroundings, told as JSON. It waits for the end of its input, so that the host
// can look at it while it runs.
const script = `
const fs = require("node:fs");
const tried = (work) => { try { work(); return true; } catch { return false; } };
const interfaces = Object.values(require("node:os").networkInterfaces()).flat();
process.stdout.write(JSON.stringify({
  pid: process.pid,
  networks: interfaces.filter((one) => !one.internal).length,
  hostFiles: ["/etc/passwd", "/etc/hosts", "/sys/kernel", "/boot"].filter((path) => fs.existsSync(path)).length,
  writesRoot: process.argv[1] === "confined" && tried(() => fs.mkdirSync("/probe")),
  writesWork: tried(() => fs.writeFileSync("probe", "")),
}));
process.stdin.resume();
`;

/** Reserved by Node at start, and little of it used. */
const addressSpaceBytes = 8 * 1024 * 1024 * 1024;

/** Runs a program and looks whether the tier keeps its word. @throws {SandboxError} `unavailable` if it does not. */
export async function probeTier(sandbox: Sandbox): Promise<void> {
  const node = await sandbox.prepare(process.execPath);
  const cell = await sandbox.createCell();
  try {
    const limits = { memoryBytes: 1024 * 1024 * 1024, addressSpaceBytes };
    const program = await cell.start(node, {
      args: ["-e", script, sandbox.tier === "none" ? "open" : "confined"],
      limits,
    });
    const seen = await firstOutput(program);
    if (sandbox.tier === "none") return;
    check(/"pid":1,/.test(seen), "programs share the host's process ids");
    check(/"networks":0,/.test(seen), "programs have a network");
    check(/"hostFiles":0,/.test(seen), "programs see the host's files");
    check(/"writesRoot":false,/.test(seen), "programs can write to the root folder");
    check(/"writesWork":true/.test(seen), "programs cannot write to their work folder");
    check(hasUnprivilegedUser(program.pid), "programs run as root of the host");
  } finally {
    await cell.dispose();
  }
}

function check(holds: boolean, complaint: string): void {
  if (!holds) throw new SandboxError("unavailable", complaint);
}

async function firstOutput(program: RunningProgram): Promise<string> {
  for await (const chunk of program.stdout) return String(chunk);
  const reason = await text(program.stderr);
  throw new SandboxError("unavailable", `a program started in it ends with ${await program.exited}: ${reason}`);
}

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += String(chunk);
  return all.trim();
}

function hasUnprivilegedUser(pid: number): boolean {
  const ids = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return ids !== null && !ids.slice(1).includes("0");
}

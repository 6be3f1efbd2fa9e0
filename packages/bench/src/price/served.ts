import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Usage } from "../protocol.ts";

/** A server of the game, wherever it runs. Disposing it ends it. */
export interface Served extends AsyncDisposable {
  /** What our client connects to. */
  address: string;
  usage(): Usage;
  /** From the command that starts it until it answers, in milliseconds. */
  startMs: number;
}

/** Starts a process that prints its address as its first line. @throws {Error} if it ends before that. */
export async function startServed(
  command: readonly string[],
  core: number | undefined,
  signal: AbortSignal,
): Promise<Served> {
  const [file = "", ...args] = core === undefined ? command : ["taskset", "--cpu-list", String(core), ...command];
  const begunMs = performance.now();
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], signal, killSignal: "SIGKILL" });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.once("error", () => undefined); // tells of the abort, and of a file that cannot be run: both end it
  const address = await firstLine(child);
  const { pid } = child;
  return {
    address,
    startMs: performance.now() - begunMs,
    usage: () => usageOf(pid ?? 0),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no output");
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, "line"),
    once(child, "close").then(() => {
      throw new Error(`the server ended before it told its address (exit code ${child.exitCode})`);
    }),
  ]);
  return String(line);
}

/** Microseconds of one tick of the kernel's accounting. */
const tickUs = 10_000;

/** What a process of this machine has used, as the kernel accounts it. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { cpuUs: (user + system) * tickUs, rssBytes: Number(rss) * 1024 };
}

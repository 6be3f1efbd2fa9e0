import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { constants } from "node:os";
import { SandboxError } from "./error.ts";
import type { Limits } from "./limits.ts";

/** A program made ready by `Sandbox.prepare`: its command, and all that it may read. */
export interface PreparedProgram {
  readonly command: string;
  /** Files and folders of the host, at their own paths: the command, what was asked for, and shared libraries. */
  readonly readOnly: readonly string[];
}

export interface StartOptions {
  args?: readonly string[];
  limits?: Limits;
  /** The whole environment; of the server's own nothing is passed on. `HOME` and `TMPDIR` are set where left out. */
  env?: Readonly<Record<string, string>>;
  /** Sockets opened for the program as fd 3, 4 ... @default 0 */
  extraPipes?: number;
}

/** A program that runs. Data written to it after its end is dropped without an error. */
export interface RunningProgram {
  /** Its process id as the host sees it. */
  readonly pid: number;
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** fd 3, 4 ... of the program, readable and writable. */
  readonly pipes: readonly Socket[];
  /** The exit code, or 128 + n where signal n ended it; then nothing that it started runs any more. */
  readonly exited: Promise<number>;
  /** Ends the program and everything it started. Resolves when all of it is gone. */
  kill(): Promise<void>;
}

export interface SpawnedProgram {
  child: ChildProcess;
  sockets: Socket[];
  exitCode: Promise<number>;
}

/** Spawns `command` with a socket for each of the first fds. @throws {SandboxError} `start_failed` */
export async function spawnProgram(
  command: readonly string[],
  stdio: ReadonlyArray<"pipe" | "ignore" | number>,
  options: { env: Record<string, string>; cwd: string; detached: boolean },
): Promise<SpawnedProgram> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { ...options, stdio: [...stdio] });
  const exitCode = once(child, "exit").then(([code, signal]) => toExitCode(code, signal));
  try {
    await once(child, "spawn");
  } catch (error) {
    // No exit event follows an error of spawn, but its listener rejects with the same error.
    exitCode.catch(() => undefined);
    throw new SandboxError("start_failed", `${file} does not start`, { cause: error });
  }
  const sockets = child.stdio.filter((stream) => stream instanceof Socket);
  // A write to a program that has just ended fails; the caller learns of the end from `exited`.
  for (const socket of sockets) socket.on("error", () => undefined);
  return { child, sockets, exitCode };
}

function toExitCode(code: unknown, signal: unknown): number {
  if (typeof code === "number") return code;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0;
  return 128 + number;
}

/** Deals out the sockets: standard streams first, then the program's extra ones. */
export function standardStreams(sockets: readonly Socket[]): { stdin: Socket; stdout: Socket; stderr: Socket } {
  const [stdin, stdout, stderr] = sockets;
  if (stdin === undefined || stdout === undefined || stderr === undefined) {
    throw new SandboxError("start_failed", "the standard streams are not sockets on this system");
  }
  return { stdin, stdout, stderr };
}

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { excerpt, isObject, parseJson } from "../json.ts";
import type { TraceChannel } from "../trace.ts";
import { UnableError } from "../unable.ts";
import { Violation } from "../verdict.ts";
import { type Command, type CommandName, type Result, readResult } from "./command.ts";

/** Longest line of a result, in bytes: one observation of 100 MiB, as JSON within JSON, fits. */
const longestLine = 512 * 2 ** 20;
const longestStderr = 4096;
/** How long a program may take to start, in milliseconds: some load a machine-learning library first. */
const startMs = 60_000;
/** How long it may take to end once its standard input has. */
const endMs = 1000;

export interface ProgramOptions {
  /** A text as `sh -c` runs it, or a program and its arguments. */
  command: string | readonly string[];
  /** Ends the program when aborted; what waits for a result rejects with its reason. */
  signal?: AbortSignal | undefined;
}

/** A client under test: a process that reads commands and writes results. */
export interface Program {
  /**
   * Gives a command and waits for its result. Throws a `Violation` if the program dies, says nothing within `deadlineMs`, or writes
   * what is no result.
   */
  give(command: Command, deadlineMs: number, trace: TraceChannel): Promise<Result>;
  /** Whether it can be given further commands: it lives, is not busy, and has written nothing but results. */
  sound(): boolean;
  /** Ends it and everything that it has started. Never fails. */
  end(): Promise<void>;
}

interface Pending {
  name: CommandName;
  settle: (result: Result, line: string) => void;
  fail: (error: unknown) => void;
}

/** Starts a program. @throws {UnableError} if it does not answer a first command, `close`. */
export async function startProgram({ command, signal }: ProgramOptions): Promise<Program> {
  signal?.throwIfAborted();
  const program = run(command, signal);
  try {
    await program.give({ command: "close" }, startMs, { sent: () => undefined, received: () => undefined });
    return program;
  } catch (cause) {
    await program.end();
    signal?.throwIfAborted();
    if (cause instanceof Violation)
      throw new UnableError(`the client could not be started: ${cause.message}`, { cause });
    throw cause;
  }
}

function run(command: string | readonly string[], signal: AbortSignal | undefined): Program {
  const [file = "", ...args] = typeof command === "string" ? ["sh", "-c", command] : command;
  // A group of its own, so that what the program starts ends with it.
  const child = spawn(file, args, { detached: true, stdio: "pipe" });
  const pending = new Map<number, Pending>();
  const exited = Promise.withResolvers<void>();
  let stderr = "";
  let ids = 0;
  let broken: unknown;

  /** From here on the program is of no use: what waits fails, what is asked next fails. */
  function fail(error: unknown): void {
    broken ??= error;
    for (const waiting of pending.values()) waiting.fail(broken);
    pending.clear();
  }
  const violate = (why: string): void => fail(new Violation(why + lastWords(stderr)));
  const onAbort = (): void => {
    fail(signal?.reason);
    killGroup(child);
  };

  function onLine(line: string): void {
    const value = parseJson(line);
    const id = isObject(value) ? value.id : undefined;
    const waiting = typeof id === "number" ? pending.get(id) : undefined;
    if (typeof id !== "number" || waiting === undefined) {
      const why = isObject(value) ? "which answers no command" : "which is no result; logs belong on standard error";
      violate(`the client wrote ${excerpt(line, 200)}, ${why}`);
      return;
    }
    const result = readResult(waiting.name, value);
    if (typeof result === "string") {
      violate(`the client's result of ${waiting.name} is malformed: ${result}`);
      return;
    }
    pending.delete(id);
    waiting.settle(result, line);
  }

  child.stdout.on(
    "data",
    splitLines(onLine, () => violate(`the client wrote a line above ${longestLine} bytes`)),
  );
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-longestStderr);
  });
  // Writing to a program that has gone is told by its exit.
  child.stdin.on("error", () => undefined);
  child.on("error", (error) => {
    violate(`the client could not be run: ${error.message}`);
    exited.resolve();
  });
  // `close` and not `exit`: what the program wrote last has been read by then.
  child.on("close", (code, name) => {
    violate(`the client ended ${name === null ? `with exit code ${code}` : `by ${name}`}`);
    exited.resolve();
  });
  signal?.addEventListener("abort", onAbort, { once: true });

  return {
    sound: () => broken === undefined && pending.size === 0,
    async give(given, deadlineMs, trace) {
      if (broken !== undefined) throw broken;
      ids += 1;
      const id = ids;
      const line = JSON.stringify({ id, ...given });
      trace.sent(line);
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const settle = (result: Result, written: string): void => {
        trace.received(excerpt(written));
        resolve(result);
      };
      const timer = setTimeout(() => {
        // A result that comes after this would be taken for one that answers nothing.
        violate(`the client gave no result of ${given.command} within ${deadlineMs / 1000} seconds`);
      }, deadlineMs);
      pending.set(id, { name: given.command, settle, fail: reject });
      child.stdin.write(`${line}\n`);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
      }
    },
    async end() {
      signal?.removeEventListener("abort", onAbort);
      child.stdin.end();
      const timer = setTimeout(() => {
        killGroup(child);
        // Something that left the group may still hold the other ends.
        child.stdout.destroy();
        child.stderr.destroy();
      }, endMs);
      await exited.promise;
      clearTimeout(timer);
      // The program has ended; what it left behind in its group has not.
      killGroup(child);
    },
  };
}

function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
}

function lastWords(stderr: string): string {
  const text = stderr.trim();
  return text === "" ? "" : `; the end of its standard error: ${text.slice(-1000)}`;
}

/** Cuts a stream into lines; empty ones are left out. Joining only whole lines keeps a line of 100 MB linear in its size. */
function splitLines(onLine: (line: string) => void, tooLong: () => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)])
        .toString("utf8")
        .trim();
      if (line !== "") onLine(line);
      parts = [];
      held = 0;
      rest = rest.subarray(end + 1);
    }
    held += rest.length;
    if (held > longestLine) {
      tooLong();
      parts = [];
      held = 0;
    } else if (rest.length > 0) parts.push(rest);
  };
}

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Outcome } from "@openenv/client";
import { isJsonObject, type JsonObject } from "@openenv/schema";
import type { Agent } from "./agent.ts";

/** Longest wait for one action, in milliseconds. */
const replyTimeoutMs = 300_000;
/** Longest wait for the program to end once its input has ended, in milliseconds. */
const exitTimeoutMs = 2_000;

/**
 * Any program as a policy, one process per episode. It is written one JSON line per observation (`observation`, `reward`,
 * `done`, `metadata`, `step`; on the first line also `task` and `action_schema`) and answers each with one JSON line, the action.
 * The last line has `done: true`, or the input just ends; nothing is read after it. Its standard error is passed on.
 */
export function commandAgent(command: string): Agent {
  return {
    name: "command",
    begin({ task, actionSchema, signal }) {
      const child = spawn(command, {
        shell: true,
        stdio: ["pipe", "pipe", "inherit"],
        detached: process.platform !== "win32",
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const exited = new Promise<string>((resolve) => {
        child.once("error", (error) => resolve(error.message));
        child.once("exit", (code, by) => resolve(`it exited with ${by ?? `code ${code}`}`));
      });
      child.stdin.on("error", () => undefined); // the exit is told where an action is awaited
      const stop = (): void => killGroup(child.pid);
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      let step = 0;

      function tell(outcome: Outcome): void {
        const first = step === 0 ? { task: task?.id ?? null, action_schema: actionSchema } : {};
        child.stdin.write(`${JSON.stringify({ ...outcome, step, ...first })}\n`);
        step++;
      }

      return {
        async act(outcome) {
          tell(outcome);
          return parseAction(await nextLine(lines, exited));
        },
        async end(outcome) {
          if (outcome?.done === true) tell(outcome);
          child.stdin.end();
          await inTime(exited, exitTimeoutMs);
          stop();
          signal.removeEventListener("abort", stop);
        },
      };
    },
  };
}

async function nextLine(lines: AsyncIterator<string>, exited: Promise<string>): Promise<string> {
  const line = await inTime(lines.next(), replyTimeoutMs);
  if (line === undefined) throw new Error(`the agent's program wrote no action within ${replyTimeoutMs / 1000} s`);
  if (line.done === true) throw new Error(`the agent's program wrote no action: ${await exited}`);
  return line.value;
}

function parseAction(line: string): JsonObject {
  let action: unknown;
  try {
    action = JSON.parse(line);
  } catch {
    throw new Error(`the agent's program wrote a line that is not JSON: ${line.slice(0, 200)}`);
  }
  if (!isJsonObject(action))
    throw new Error(`the agent's program wrote an action that is no object: ${line.slice(0, 200)}`);
  return action;
}

/** The value, or undefined once the time has passed. */
async function inTime<T>(value: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([value, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // already gone
  }
}

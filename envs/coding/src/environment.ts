import { openSandbox, type Sandbox } from "@openenv/sandbox";
import { defineEnvironment, type Logger, type Task as ServedTask } from "@openenv/server";
import { findRuntimes, hasPython } from "./language.ts";
import { Action, Observation, ResetOptions, State } from "./messages.ts";
import { createSession, type Shared } from "./session.ts";
import { loadTasks, type Task } from "./task.ts";

export interface CodingOptions {
  /** A file of one task per line. @default the tasks that come with the package */
  tasks?: URL;
  /** Longest run of one step's code, in milliseconds. @default 10_000 */
  stepTimeoutMs?: number;
  /** Longest run of one hidden test, in milliseconds. @default 5_000 */
  testTimeoutMs?: number;
}

const defaults = {
  tasks: new URL("../tasks/tasks.jsonl", import.meta.url),
  stepTimeoutMs: 10_000,
  testTimeoutMs: 5_000,
};

/** Makes the environment over a tasks file of your own. Nothing is read or run until it is served. */
export function defineCoding(options: CodingOptions = {}) {
  const { tasks, ...timeouts } = { ...defaults, ...options };
  return defineEnvironment({
    name: "coding",
    description: "Write code, run it in a sandbox, and submit a solution that hidden unit tests score.",
    version: "0.1.0",
    action: Action,
    observation: Observation,
    state: State,
    resetOptions: ResetOptions,
    tasks: () => serveTasks(loadTasks(tasks)),
    async start({ sandbox: requested, logger }): Promise<Shared> {
      const rows = loadTasks(tasks);
      const sandbox = await openSandbox(requested);
      try {
        return { sandbox, runtimes: await openRuntimes(sandbox, logger), tasks: rows, ...timeouts };
      } catch (error) {
        await sandbox.close();
        throw error;
      }
    },
    metadata: ({ sandbox: { tier, guarantees }, runtimes }) => ({
      sandbox: { tier, guarantees },
      languages: Object.keys(runtimes),
    }),
    stop: ({ sandbox }) => sandbox.close(),
    create: createSession,
  });
}

async function openRuntimes(sandbox: Sandbox, logger: Logger) {
  if (sandbox.tier === "none") logger.warn("sandbox none: submitted code runs unconfined, with the server's rights");
  const runtimes = await findRuntimes(sandbox);
  if (runtimes.python === undefined) {
    logger.warn("python3 is missing: only JavaScript is served, and tests written in Python are left out");
  }
  return runtimes;
}

async function serveTasks(tasks: ReadonlyMap<string, Task>): Promise<ServedTask[]> {
  const language = (await hasPython()) ? "python" : "javascript";
  return [...tasks.values()].map(({ id, solutions }) => ({
    id,
    reset: { task: id, language },
    oracle: [{ code: solutions[language], language, submit: true }],
  }));
}
